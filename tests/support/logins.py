"""Logins over the API, and by clicking, so that a test can hold the one against the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONG = ("xml", "raw", "decrypted", "id", "issue_instant")
"""What differs from login to login in the events of an exchange, whoever logs in."""


@dataclass
class Said:
    """One answer: its status and its JSON."""

    status: int
    body: Any

    @property
    def stop(self) -> tuple[str, str]:
        """Page and code of a road that stopped."""
        assert self.status == 409, (self.status, self.body)
        return self.body["stop"]["page"], self.body["stop"]["code"]

    @property
    def pages(self) -> list[str]:
        return [step["page"] for step in self.body["steps"]]

    @property
    def options(self) -> list[str]:
        return [option["value"] for option in self.body["stop"]["options"]]


@dataclass
class Logins:
    """The calls of ``/api/v1/logins`` on a bench; ``sp`` is the provider that asks, the bench's own if None."""

    bench: Any
    sp: Any = None

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Said:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            given["Content-Type"] = "application/json"
        client = self.bench.application.wsgi.test_client()
        url = f"/api/v1/{path}"
        got = client.open(url, method=method, data=sent, headers=given, base_url=self.bench.base_url)
        return Said(got.status_code, got.get_json(silent=True))

    def new(self, body: dict[str, Any] | None = None, **how: Any) -> Said:
        """Hand over a request of the provider by POST, or ``body`` as it is."""
        if body is None:
            sp = self.sp or self.bench.sp
            fields = sp.form(sp.signed(sp.request(self.bench.sso, **how)))
            body = {"url": self.bench.sso, "fields": fields}
        return self("POST", "logins", body)

    def begin(self, **how: Any) -> str:
        """The id of a new login."""
        said = self.new(**how)
        assert said.status == 201, said.body
        return str(said.body["id"])

    def look(self, login: str) -> Any:
        said = self("GET", f"logins/{login}")
        assert said.status == 200, said.body
        return said.body

    def complete(self, login: str, **wish: Any) -> Said:
        return self("POST", f"logins/{login}/complete", wish)

    def cancel(self, login: str) -> Said:
        return self("POST", f"logins/{login}/cancel")

    def log_in(self, person: str, **wish: Any) -> Said:
        """A whole login, or where it stopped."""
        return self.complete(self.begin(), person=person, **wish)

    def events(self, login: str) -> list[tuple[str, Any]]:
        """What the exchange tells, without what differs from login to login."""
        found = self.bench.exchanges.get(login)
        assert found, f"no exchange {login}"
        return [(event.kind, _bare(event.data)) for event in found.events]


def _bare(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _bare(value) for key, value in data.items() if key not in LONG}
    return data
