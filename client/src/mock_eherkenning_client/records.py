"""What the tests may change: people, companies, mandates, services, the clock; and the inbox."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mock_eherkenning_client.api import Api, part
from mock_eherkenning_client.errors import NotInTime
from mock_eherkenning_client.seen import Seen


class Records:
    """One section of the register, with its records by key; the words are those of ``eherkenning.yaml``."""

    def __init__(self, api: Api, tag: str, section: str) -> None:
        self._api = api
        self._tag = tag
        self._section = section

    def get(self, key: str) -> Seen:
        found: Seen = self._call("GET", key)
        return found

    def list(self, **filters: Any) -> list[Seen]:
        """The first 500 that fit."""
        return list(self._call("GET", "", query={"limit": 500, **filters})[self._section])

    def put(self, key: str, record: Mapping[str, Any] | None = None, **fields: Any) -> Seen:
        """Make it, or replace it as a whole. Fields are keys of the YAML."""
        found: Seen = self._call("PUT", key, {**(record or {}), **fields})
        return found

    def patch(self, key: str, **fields: Any) -> Seen:
        """Change these keys only; None takes one away."""
        found: Seen = self._call("PATCH", key, fields)
        return found

    def add(self, record: Mapping[str, Any] | None = None, **fields: Any) -> Seen:
        """One with a key of its own; mandates only."""
        found: Seen = self._call("POST", "", {**(record or {}), **fields})
        return found

    def delete(self, key: str, *, cascade: bool = False) -> Any:
        """Take it away, with ``cascade`` along with all that refers to it."""
        return self._call("DELETE", key, query={"cascade": cascade} if cascade else {})

    def _call(self, method: str, key: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        path = f"/{self._section}" + (f"/{part(key)}" if key else "")
        return self._api.call(method, path, body, query={"tag": self._tag, **(query or {})})


class Clock:
    """The clock that this tag's logins go by; of everybody where the tag is empty."""

    def __init__(self, api: Api, tag: str) -> None:
        self._api = api
        self._query = {"tag": tag}

    @property
    def now(self) -> str:
        return str(self._api.call("GET", "/clock", query=self._query).now)

    def set(self, at: str, *, frozen: bool = False) -> Seen:
        """It runs on from this instant, such as 2026-01-01T09:00:00Z, or stands there."""
        return self._put(at=at, frozen=frozen)

    def shift(self, seconds: float) -> Seen:
        """So much further than it is; less than 0 is back."""
        return self._put(shift_by_seconds=seconds)

    def reset(self) -> None:
        """As it was before it was changed."""
        self._api.call("DELETE", "/clock", query=self._query)

    def _put(self, **change: Any) -> Seen:
        found: Seen = self._api.call("PUT", "/clock", change, query=self._query)
        return found


class Inbox:
    """SMS, e-mail and app messages that suppliers sent; newest first. With a tag those of its logins only."""

    def __init__(self, api: Api, tag: str) -> None:
        self._api = api
        self._tag = tag

    def list(self, limit: int = 50, **filters: str) -> list[Seen]:
        """Filters are to, supplier, q and after."""
        return list(self._api.get("/inbox", limit=limit, tag=self._tag, **filters).messages)

    def last(self, **filters: str) -> Seen | None:
        return next(iter(self.list(1, **filters)), None)

    def code_for(self, login: str, timeout: float = 20.0) -> str:
        """The newest code for a login or exchange, by its id. Raises NotInTime."""
        until = time.monotonic() + timeout
        while True:
            codes = [one.code for one in self._api.get("/inbox", limit=500).messages if one.ask_id == login]
            if codes:
                return str(codes[0])
            if time.monotonic() > until:
                raise NotInTime(f"no message for login {login} in the inbox after {timeout:g} s")
            time.sleep(0.05)
