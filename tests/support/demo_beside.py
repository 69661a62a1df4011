"""MijnHelpdeskPO in this process beside a broker on a port: its visitor's browser, which lets the API log in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from argon2 import PasswordHasher
from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from helpdeskpo.app import create_app
from helpdeskpo.secret import Passwords
from helpdeskpo.settings import Settings
from helpdeskpo.transport import Transport
from support.demo import ACCOUNT

BASE = "http://localhost:8081"
_CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def demo(state: Path, broker: str, transport: Transport | None = None) -> Flask:
    """It knows the broker at this address; its mail is in ``state``/mail."""
    return create_app(
        Settings(idp_metadata=f"{broker}/metadata", state=state, base_url=BASE), transport, _CHEAP
    )


class Visitor:
    """Somebody's browser at the demo. At the broker the API takes the steps, as ``person``."""

    def __init__(self, app: Flask, broker: str, state: Path, person: str = "m.devries") -> None:
        self.app = app
        self.person = person
        self._broker = broker
        self._state = state
        self._client = app.test_client()
        self._api = requests.Session()
        self._api.trust_env = False

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        return self._api.request(method, f"{self._broker}/api/v1/{path}", json=body, timeout=20)

    def get(self, path: str) -> TestResponse:
        return self.follow(self._client.get(path, base_url=BASE))

    def post(self, page: TestResponse, **fields: str) -> TestResponse:
        """The form of a page that posts to the page itself."""
        token = html.fromstring(page.data).xpath("string(//input[@name='csrf_token']/@value)")
        return self.follow(
            self._client.post(page.request.path, data={"csrf_token": token, **fields}, base_url=BASE)
        )

    def follow(self, answer: TestResponse) -> TestResponse:
        while answer.status_code in (302, 303):
            parts = urlsplit(answer.location)
            assert not parts.netloc or f"{parts.scheme}://{parts.netloc}" == BASE, answer.location
            answer = self._client.get(f"{parts.path}?{parts.query}", base_url=BASE)
        return answer

    def ask(self, by: str = "post") -> tuple[int, dict[str, Any]]:
        """Press the button at the demo, and bring its request to the broker: the call's status and answer."""
        page = html.fromstring(self._client.get(f"/login?response={by}", base_url=BASE).data)
        (form,) = page.xpath("//form[.//input[@name='SAMLRequest']]")
        got = self.api(
            "POST",
            "logins",
            {"method": "POST", "url": form.get("action"), "fields": dict(form.form_values())},
        )
        return got.status_code, got.json()

    def complete(self, login: str, **said: Any) -> dict[str, Any]:
        """To the answer, as the browser would carry it; or to the problem that says where the road stops."""
        steps = {"person": self.person, "supplier": "reconi", **said}
        return dict(self.api("POST", f"logins/{login}/complete", steps).json())

    def carry(self, answer: Mapping[str, Any]) -> TestResponse:
        """The answer to where the broker sends it: by POST from another site it comes without cookies."""
        parts = urlsplit(answer["url"])
        if answer["method"] == "GET":
            return self.get(f"{parts.path}?{parts.query}")
        sent = self.app.test_client().post(parts.path, data=answer["fields"], base_url=BASE)
        return self.follow(sent)

    def log_in(self, by: str = "post", **said: Any) -> TestResponse:
        status, begun = self.ask(by)
        return self.carry(begun if status == 200 else self.complete(begun["id"], **said))

    def link(self, page: TestResponse) -> TestResponse:
        """From the link page to the one that says that it is linked."""
        page = self.post(page, **ACCOUNT)
        newest = max((self._state / "mail").glob("*.eml"))
        pin = re.search(
            r"\b\d{6}\b", message_from_bytes(newest.read_bytes(), policy=policy.default).as_string()
        )
        assert pin
        return self.post(page, pin=pin[0])


def shown(page: TestResponse, name: str) -> str:
    """The text of the element with this test id; empty when it is not there."""
    found = html.fromstring(page.data).xpath("//*[@data-testid=$name]", name=name)
    return " ".join(found[0].text_content().split()) if found else ""
