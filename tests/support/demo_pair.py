"""A broker as users run it, MijnHelpdeskPO in this process with a clock that can be put ahead, and a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

from broker.serving.server import Server
from helpdeskpo.app import create_app
from helpdeskpo.settings import Settings, now
from journeys.hands import Hands
from journeys.look import Look
from sps.running import free_port
from support.demo import ACCOUNT
from support.running import RunningBroker, until
from support.walk import PASSWORD


class Pair:
    """The demo mails through the SMTP door of the broker's inbox, as ``make run`` has it. ``ahead``: of its clock."""

    def __init__(self, folder: Path) -> None:
        door = free_port()
        self.broker = RunningBroker(folder / "home", "--smtp-door", str(door), store="memory")
        self.ahead = timedelta()
        self._server = Server("127.0.0.1", 0)
        self._settings = Settings(
            idp_metadata="",
            state=folder / "demo",
            base_url=f"http://localhost:{self._server.port}",
            smtp=f"smtp://127.0.0.1:{door}",
            clock=lambda: now() + self.ahead,
        )
        self.base_url = self._settings.base_url

    def start(self) -> None:
        self.broker.__enter__()
        app = create_app(replace(self._settings, idp_metadata=self.broker.metadata_url))
        self.broker.trust(app.test_client().get("/metadata", base_url=self.base_url).data, "helpdeskpo")
        self._server.serve_beside(app)

    def stop(self) -> None:
        self._server.close()
        self.broker.__exit__(None, None, None)

    @contextmanager
    def later(self, minutes: float) -> Iterator[None]:
        """At the demo it is so many minutes later for a while."""
        self.ahead += timedelta(minutes=minutes)
        try:
            yield
        finally:
            self.ahead -= timedelta(minutes=minutes)

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.broker.base_url}/api/v1/{path}", json=body, timeout=20)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def mails(self, to: str) -> list[dict[str, Any]]:
        """To this address, in the broker's inbox, newest first."""
        return [one for one in self.api("GET", "inbox?limit=500")["messages"] if one["to"] == to]

    def mail(self, to: str, after: int = 0) -> dict[str, Any]:
        """The newest, where there are more than ``after``: some of it is sent behind the page's back."""
        until(lambda: len(self.mails(to)) > after, f"there is a new mail to {to} in the inbox")
        return self.mails(to)[0]


class Someone:
    """A person at a page, with the hands that they have. Each page that they come to is looked at."""

    def __init__(self, pair: Pair, page: Page, hands: Hands, look: Look) -> None:
        self.pair = pair
        self.page = page
        self._hands = hands
        self._look = look

    def at(self, name: str) -> Locator:
        return self.page.get_by_test_id(name).first

    def look(self) -> None:
        """axe-core is a script itself: who runs none cannot look with it."""
        if self._hands.javascript:
            self._look.at(self.page)

    def open(self, path: str) -> None:
        self.page.goto(self.pair.base_url + path)
        self.look()

    def press(self, name: str) -> None:
        target = self.at(name)
        if target.evaluate("element => element.tagName") == "SUMMARY":
            self._hands.press(target)
        else:
            with self.page.expect_navigation():
                self._hands.press(target)
        self.look()

    def leave(self, name: str) -> None:
        """Press what leads to the broker: by a page that goes on by itself, where there are scripts."""
        self._hands.press(self.at(name))
        if not self._hands.javascript:
            self.press("send-request")
        self.page.wait_for_url(f"{self.pair.broker.base_url}/**")
        self.page.wait_for_load_state()

    def fill(self, button: str, **fields: str) -> None:
        """Fields by test id, where a blank is written as an underscore, and then the button."""
        for name, text in fields.items():
            self._hands.write(self.at(name.replace("_", "-")), text)
        self.press(button)

    def tick(self, name: str) -> None:
        self._hands.tick(self.at(name))

    def reads(self, name: str, text: str | re.Pattern[str]) -> None:
        expect(self.at(name)).to_contain_text(text)

    def sees(self, name: str) -> None:
        expect(self.at(name)).to_be_visible()

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def goes_to_the_broker(self) -> str:
        """The start page, its button, and the id of the login that the broker's page belongs to."""
        self.page.goto(self.pair.base_url)
        self.leave("login-eherkenning")
        self.sees("supplier")
        return self.page.url.rpartition("/login/")[2].partition("?")[0]

    def logs_in(self, person: str, supplier: str = "reconi", **said: Any) -> None:
        """To the broker by the browser; there the API takes the steps, and the browser takes the answer along."""
        login = self.goes_to_the_broker()
        end = self.pair.api(
            "POST", f"logins/{login}/complete", {"person": person, "supplier": supplier, **said}
        )
        assert end["method"] == "GET", end
        self.page.goto(end["url"])
        self.look()

    def types_at_supplier(self, person: str, supplier: str = "Reconi") -> None:
        """Choice, user name, password, way, PIN: every page by hand."""
        login = self.goes_to_the_broker()
        self._hands.pick(self.at("supplier"), supplier)
        self.press("next")
        self.fill("next", username=person, password=PASSWORD)
        self.tick("channel-email")
        self.press("next")
        found = [one for one in self.pair.api("GET", "inbox")["messages"] if one["ask_id"] == login]
        self.fill("next", pin=found[0]["code"])

    def claims(self, email: str, user_name: str = "", password: str = "") -> None:
        """The link page, up to the page that asks for the PIN."""
        self.fill(
            "next",
            email=email,
            username=user_name or ACCOUNT["user_name"],
            password=password or ACCOUNT["password"],
        )
        self.heading("Koppeling eHerkenning bevestigen")

    def links(self, email: str, user_name: str = "", password: str = "") -> None:
        self.claims(email, user_name, password)
        self.fill("confirm", pin=self.pair.mail(email)["code"])
        self.sees("page-connected")

    def logs_out(self) -> None:
        self.press("profile")
        self.leave("logout")
