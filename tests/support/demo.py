"""MijnHelpdeskPO as users run it: a process of its own, beside a running broker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

import requests
from lxml import html
from playwright.sync_api import Page

from sps.running import free_port
from support.running import ROOT, RunningBroker, until

ACCOUNT = {
    "email": "m.devries@voorbeeld.example",
    "user_name": "testschooltje",
    "password": "Helpdesk-123",
}
"""Of the seed: the account of the first school of De Regenboog, and an address of one's own."""


class RunningDemo:
    """``with RunningDemo(folder, broker) as demo`` starts it and gives its metadata to the broker.

    Its mail is kept as files, unless ``options`` say where an SMTP server is.
    """

    def __init__(self, folder: Path, broker: RunningBroker, *options: str) -> None:
        self._options = options
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        self._state = folder / "helpdeskpo"
        self._broker = broker
        self._log = folder / "helpdeskpo.log"

    def __enter__(self) -> Self:
        common = [sys.executable, "-m", "helpdeskpo"]
        own = ["--state", str(self._state), "--base-url", self.base_url]
        metadata = subprocess.run(
            [*common, "metadata", *own], cwd=ROOT, check=True, capture_output=True
        ).stdout
        self._broker.trust(metadata, "helpdeskpo")
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *common,
                    "serve",
                    *own,
                    "--port",
                    str(self.port),
                    "--idp-metadata",
                    self._broker.metadata_url,
                    *self._options,
                ],
                cwd=ROOT,
                env=os.environ,
                stdout=log,
                stderr=log,
            )
        until(self._answers, "the demo service provider answers", 30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(20)
        if kind is not None:
            sys.stderr.write(f"the demo service provider said:\n{self._log.read_text()}\n")

    def mails(self, to: str = "") -> list[EmailMessage]:
        """What it has mailed so far, in its order."""
        read = [
            message_from_bytes(file.read_bytes(), policy=policy.default)
            for file in sorted((self._state / "mail").glob("*.eml"))
        ]
        return [one for one in read if isinstance(one, EmailMessage) and to in str(one["To"])]

    def pin(self, to: str = "") -> str:
        """Of the newest mail."""
        found = re.search(r"\b\d{6}\b", self.mails(to)[-1].get_content())
        assert found
        return found[0]

    def link(
        self, session: requests.Session, page: requests.Response, account: dict[str, str] = ACCOUNT
    ) -> requests.Response:
        """From the link page to the one that says that it is linked; who is linked already stays where they are."""
        if not page.url.endswith("/koppelen"):
            return page
        page = self._post(session, page, account)
        return self._post(session, page, {"pin": self.pin(account["email"])})

    def link_in(self, page: Page, account: dict[str, str] = ACCOUNT) -> None:
        """The same in a browser that is on its way back to the demo, up to Mijn gegevens."""
        page.wait_for_url(re.compile(rf"{re.escape(self.base_url)}/(koppelen|mijn)"))
        if page.url.endswith("/koppelen"):
            page.get_by_test_id("email").fill(account["email"])
            page.get_by_test_id("username").fill(account["user_name"])
            page.get_by_test_id("password").fill(account["password"])
            page.get_by_test_id("next").click()
            page.wait_for_url("**/koppelen/bevestigen")
            page.get_by_test_id("pin").fill(self.pin(account["email"]))
            page.get_by_test_id("confirm").click()
            page.get_by_test_id("to-home").click()

    def _post(
        self, session: requests.Session, page: requests.Response, fields: dict[str, str]
    ) -> requests.Response:
        """The form of a page that posts to the page itself."""
        (token,) = set(html.fromstring(page.content).xpath("//input[@name='csrf_token']/@value"))
        return session.post(page.url, data={"csrf_token": token, **fields}, timeout=20)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()
        try:
            return requests.get(self.base_url, timeout=5).ok
        except requests.ConnectionError:
            return False
