"""Where a road is walked: a broker of its own on the address that all share, and the service providers beside it.

A new broker for each road, in a thread: what one person leaves behind (a block, a session, a clock that was set)
is not there for the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from broker.app import Application, create
from broker.serving.server import Server
from broker.settings import Settings
from support.checking_sp import VAULT, CheckingSps
from support.sp import certificates_of


class Stand:
    """One for each worker. ``opened`` puts a broker on the address."""

    def __init__(self, keys: Path) -> None:
        self._keys = keys
        self._server = Server("127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{self._server.port}"
        self.application: Application | None = None
        self._server.serve_beside(self._wsgi)
        self.sps = CheckingSps()
        self.sps.sso = f"{self.base_url}/sso/1.13"
        self.sps.__enter__()
        self.pseudonyms: dict[tuple[str, ...], str] = {}

    def _wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        assert self.application is not None
        return self.application.wsgi(environ, start_response)

    def close(self) -> None:
        self.sps.__exit__()
        self._server.close()

    @contextmanager
    def opened(self, home: Path) -> Iterator[Application]:
        (home / "metadata").mkdir(parents=True)
        (home / "certs").symlink_to(self._keys)
        for name, sp in self.sps.sps.items():
            if name != VAULT:  # the same provider as the first
                (home / "metadata" / f"{name}.xml").write_bytes(sp.metadata)
        settings = Settings(home=home, port=self._server.port, store="memory")
        application = self.application = create(settings, watch=False)
        self.sps.forget()
        self.sps.clock = application.clock
        certificates = certificates_of(
            application.wsgi.test_client().get("/metadata", base_url=self.base_url).data
        )
        self.sps.certificate = lambda: certificates[0]
        yield application
        application.close()

    def api(self, path: str) -> Any:
        """What the HTTP API says."""
        return requests.get(f"{self.base_url}/api/v1/{path}", timeout=10).json()

    def code_for(self, login_id: str) -> str:
        """The code of the newest message of this login, as a tester finds it over the API."""
        messages = self.api("inbox?limit=100")["messages"]
        found = [message["code"] for message in messages if message["ask_id"] == login_id and message["code"]]
        assert found, f"no code in the inbox for {login_id}; there are {len(messages)} messages"
        return str(found[0])

    def link_sent_to(self, address: str) -> str:
        """The link in the newest e-mail to this address."""
        for message in self.api("inbox?limit=100")["messages"]:
            if message["to"] == address and (found := re.search(r"https?://\S+", message["body"])):
                return found[0].rstrip(".")
        raise AssertionError(f"no e-mail with a link to {address}")
