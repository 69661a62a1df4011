"""The log of exchanges: everything that happened in one login, request to answer, in the order it happened."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broker.store import Store
from broker.wire import instants

LOG = "exchanges"
MOST_GROUPS = 1_000
MOST_BYTES = 64_000_000

BRIEF = ("sp", "supplier", "person", "company", "level", "outcome", "rules", "status", "reason", "step")
"""What of an event's data goes to the log line too; the rest is in the console."""

log = logging.getLogger("mock_eherkenning.exchange")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: ``kind`` such as ``request`` or ``answer``, ``data`` as JSON."""

    at: str
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    id: str
    events: tuple[Event, ...]

    def last(self, kind: str) -> Mapping[str, Any]:
        """The data of the newest event of a kind; empty if there is none."""
        return next((event.data for event in reversed(self.events) if event.kind == kind), {})

    @property
    def asked(self) -> Mapping[str, Any]:
        """What began it: the request for a login, or one to log out that no login was found for."""
        return self.last("request") or self.last("logout-request")

    @property
    def outcome(self) -> str:
        """One word for the list: how the answer went, refused, logged-out (where there is no login), under-way;
        self-service for a visit to a supplier outside any login."""
        if answer := self.last("answer"):
            return str(answer["outcome"])
        if (
            self.last("refused")
            or self.last("logout-refused")
            or {e.kind for e in self.events} == {"resolve"}
        ):
            return "refused"
        if self.last("supplier-opened").get("alone"):
            return "self-service"
        return "logged-out" if self.last("logged-out") else "under-way"

    @property
    def person(self) -> str | None:
        """Who logged in, or who came to the supplier on business of their own; None as long as nobody did."""
        found: str | None = self.last("word-given").get("person")
        if found is None and self.outcome == "self-service":
            kinds = ("password-right", "card-right", "supplier-session-used")
            known = (self.last(kind).get("person") for kind in kinds)
            found = next(filter(None, known), None)
        return found

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "id": self.id,
            "started_at": self.events[0].at,
            "sp": self.asked.get("sp"),
            "person": self.person,
            "outcome": self.outcome,
            "request": dict(self.last("request")),
            "answer": dict(self.last("answer")) or None,
            "events": [
                {"at": event.at, "kind": event.kind, **event.data}
                for event in self.events
                if event.kind not in ("request", "answer")
            ],
        }


class Exchanges:
    """Bounded in number and in bytes by the store; the oldest exchange goes first, as a whole."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def tell(self, exchange: str, kind: str, data: Mapping[str, Any]) -> None:
        """Add one event. Never put a password or a PIN in ``data``."""
        event = {"at": instants.write(self._now()), "kind": kind, "data": data}
        brief = {name: value for name, value in data.items() if name in BRIEF}
        log.info("%s %s %s", exchange, kind, json.dumps(brief, ensure_ascii=False))
        self._store.append(
            LOG, exchange, json.dumps(event).encode(), most_groups=MOST_GROUPS, most_bytes=MOST_BYTES
        )

    def get(self, exchange: str) -> Exchange | None:
        entries = [json.loads(entry) for entry in self._store.group(LOG, exchange)]
        if not entries:
            return None
        return Exchange(exchange, tuple(Event(e["at"], e["kind"], e["data"]) for e in entries))

    def recent(self, limit: int = 50, before: str | None = None) -> list[Exchange]:
        """Newest first."""
        found = (self.get(group) for group in self._store.groups(LOG, limit=limit, before=before))
        return [exchange for exchange in found if exchange is not None]

    def dropped(self) -> int:
        return self._store.dropped(LOG)
