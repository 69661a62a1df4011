"""The broker's log of logins, each from request to answer."""

from __future__ import annotations

import time
from typing import Any

from mock_eherkenning_client.api import Api, part
from mock_eherkenning_client.errors import ApiProblem, NotInTime
from mock_eherkenning_client.seen import Seen

SECONDS = 10.0
_MOST_WAIT = 30.0
_ASK_AGAIN = 0.075


class Exchanges:
    """Those of one tag; of everybody where the tag is empty."""

    def __init__(self, api: Api, tag: str) -> None:
        self._api = api
        self._tag = tag
        # Where wait_for begins to look: the log may be long, and none of it ours.
        self._since = str(api.get("/exchanges", limit=1).cursor)
        self._given: set[str] = set()

    def get(self, id: str) -> Seen:  # noqa: A002
        """One of them, with messages and events."""
        found: Seen = self._api.get(f"/exchanges/{part(id)}")
        return found

    def list(self, limit: int = 50, **filters: str) -> list[Seen]:
        """The newest first; filters are sp, person, service and outcome."""
        return list(self._api.get("/exchanges", limit=limit, full=True, tag=self._tag, **filters).exchanges)

    def last(self, **filters: str) -> Seen | None:
        """The newest, whether it has ended or not; None if there is none."""
        return next(iter(self.list(1, **filters)), None)

    def wait_for(self, *, timeout: float = SECONDS, **filters: str) -> Seen:
        """The first login that ended, by an answer or a refusal, and was not given by this method before: also one
        that ended already. Filters are sp, person, service and outcome. Raises NotInTime."""
        until = time.monotonic() + timeout
        since = self._since
        while True:
            left = max(0.0, until - time.monotonic())
            found = self._ended(since, min(left, _MOST_WAIT), filters)
            since = found.cursor
            for exchange in found.exchanges:
                if exchange.id not in self._given:
                    self._given.add(exchange.id)
                    return Seen(exchange)
            if not found.exchanges and not left:
                raise NotInTime(self._never(timeout, filters))

    def _ended(self, since: str, wait: float, filters: dict[str, str]) -> Any:
        """What ended after the cursor, within ``wait`` seconds."""
        query = {"since": since, "full": True, "tag": self._tag, **filters}
        try:
            waiting = {**query, "wait": f"{int(wait * 1000)}ms"}
            return self._api.call("GET", "/exchanges", query=waiting, timeout=_MOST_WAIT + 30)
        except ApiProblem as problem:
            if problem.status != 503:
                raise
        # As many wait as the broker has threads for: look now, and again a little later.
        found = self._api.call("GET", "/exchanges", query=query)
        if not found.exchanges:
            time.sleep(min(wait, _ASK_AGAIN))
        return found

    def _never(self, timeout: float, filters: dict[str, str]) -> str:
        asked = ", ".join(f"{name}={value}" for name, value in filters.items()) or "any"
        others = [
            f"  {one.outcome}  sp={one.sp} person={one.person}"
            + ("  (given before)" if one.id in self._given else "")
            for one in self.list(5)
        ]
        seen = "\n".join(["these did come:", *others]) if others else "no login came at all"
        room = f" with tag {self._tag}" if self._tag else ""
        return f"no login ({asked}){room} ended within {timeout:g} s; {seen}"
