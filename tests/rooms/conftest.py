"""A broker in process, and logins in its rooms."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from support.browser import Browser, Page
from support.sp import Landed, ServiceProvider
from support.walk import landed, walk


@dataclass
class Rooms:
    """``tag`` is sent in the header; without it the browser is in no room, unless its cookie says so."""

    bench: Any

    @property
    def parts(self) -> Any:
        return self.bench.application.parts

    def api(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        xml = body if isinstance(body, bytes) else None
        kind = "application/xml" if xml is not None else "application/json"
        answer = self.bench.application.wsgi.test_client().open(
            f"/api/v1/{path}",
            method=method,
            data=xml if xml is not None else None if body is None else json.dumps(body),
            headers={} if body is None else {"Content-Type": kind},
            base_url=self.bench.base_url,
        )
        said = answer.get_json(silent=True, force=True)
        assert answer.status_code == status if status else answer.status_code < 300, said
        return said

    def trust(self, sp: ServiceProvider, tag: str) -> Any:
        return self.api("PUT", f"service-providers/{quote(sp.entity_id, safe='')}?tag={tag}", sp.metadata)

    def ask(
        self, tag: str = "", sp: ServiceProvider | None = None, browser: Browser | None = None, **how: Any
    ) -> tuple[Browser, Page]:
        sp, browser = sp or self.bench.sp, browser or self.bench.browser()
        message = sp.signed(sp.request(self.bench.sso, **how))
        headers = {"Mock_Eherkenning_Tag": tag} if tag else {}
        return browser, browser.post("/sso/1.13", sp.form(message), **headers)

    def login(
        self, tag: str = "", person: str = "m.devries", sp: ServiceProvider | None = None, **how: Any
    ) -> Landed:
        steps = {name: how.pop(name) for name in ("password", "mandate") if name in how}
        browser, page = self.ask(tag, sp, **how)
        return landed(walk(browser, page, person, **steps))

    def resolve(self, artifact: str, sp: ServiceProvider | None = None) -> str:
        """What the provider gets for an artifact, over a back channel that knows of no room."""
        sp = sp or self.bench.sp
        answer = self.bench.application.wsgi.test_client().post(
            "/ars/1.13",
            data=sp.resolve_message(artifact),
            headers={"Content-Type": "text/xml"},
            base_url=self.bench.base_url,
        )
        return str(answer.get_data(as_text=True))

    def exchange(self, tag: str = "") -> Any:
        return self.api("GET", f"exchanges?limit=1&full=true&tag={tag}")["exchanges"][0]


@pytest.fixture
def rooms(bench: Any) -> Rooms:
    return Rooms(bench)


@pytest.fixture
def tag() -> str:
    return f"t-{uuid.uuid4().hex[:8]}"
