"""The log of exchanges: everything that happened in one login, request to answer, in the order it happened."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from threading import Condition
from typing import Any

from broker.store import Store
from broker.wire import instants

LOG = "exchanges"
MOST_GROUPS = 1_000
MOST_BYTES = 64_000_000
MOST_TEXT = 1_400_000
"""Characters of one text in an event: the largest message that is read, in base64. What is longer is cut, and the
event says so."""

ENDS = "exchange-ends"
"""A log beside it, with a group for each login that was answered or refused, in the order in which they were."""
ENDING = frozenset({"answer", "refused"})
MOST_ENDS = 10_000
DROPS = "exchanges-dropped"

BRIEF = ("sp", "supplier", "person", "company", "level", "outcome", "rules", "status", "reason", "step")
"""What of an event's data goes to the log line too; the rest is in the console."""

log = logging.getLogger("mock_eherkenning.exchange")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: ``kind`` such as ``request`` or ``answer``, ``data`` as JSON.

    ``at`` is by the broker's clock, ``ms`` in real time (since 1970), which no tester moves. ``cut`` says of which
    texts only the beginning was kept, and how long they were.
    """

    at: str
    kind: str
    data: Mapping[str, Any]
    ms: int = 0
    cut: Mapping[str, int] | None = None


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
    def tag(self) -> str:
        """The room in which it happened; empty for none."""
        return str(self.asked.get("tag") or self.last("supplier-opened").get("tag") or "")

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
        """Who logged in, tried to, or came to the supplier on business of their own; None as long as nobody did."""
        found: str | None = self.last("word-given").get("person")
        if found is None:
            kinds = ("password-right", "card-right", "supplier-session-used")
            known = (self.last(kind).get("person") for kind in kinds)
            found = next(filter(None, known), None)
        return found

    @property
    def service(self) -> Mapping[str, Any]:
        """``service_id``, ``uuid`` and ``name`` of the service that was asked for; empty where there is none."""
        return self.asked.get("service") or {}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which exchanges somebody looks for; what is empty does not matter."""

    sp: str = ""
    person: str = ""
    service: str = ""
    outcome: str = ""
    tag: str = ""

    def fits(self, exchange: Exchange) -> bool:
        return (
            (not self.tag or self.tag == exchange.tag)
            and (not self.sp or self.sp == exchange.asked.get("sp"))
            and (not self.person or self.person == exchange.person)
            and (not self.outcome or self.outcome == exchange.outcome)
            and (not self.service or self.service.casefold() in _names(exchange.service))
        )


EVERY = Wanted()


def _names(service: Mapping[str, Any]) -> set[str]:
    """All that a service may be called."""
    names = service.get("name", {}).values()
    return {str(one).casefold() for one in (service.get("service_id"), service.get("uuid"), *names) if one}


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many exchanges went to make room, and when (by the broker's clock) the first and the last of them did."""

    number: int = 0
    since: str | None = None
    last: str | None = None


class Exchanges:
    """Bounded in number and in bytes by the store; the oldest exchange goes first, as a whole."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        real: Callable[[], float] = time.time,
        follow: Callable[[Exchanges, str, Event], None] | None = None,
    ) -> None:
        """``follow`` is handed each event as soon as it is there."""
        self._store = store
        self._now = now
        self._real = real
        self._follow = follow
        self.ended = Condition()
        """Told of each end that this process makes."""

    def tell(self, exchange: str, kind: str, data: Mapping[str, Any]) -> None:
        """Add one event. Never put a password or a PIN in ``data``."""
        at = instants.write(self._now())
        ms = int(self._real() * 1000)
        event: dict[str, Any] = {"at": at, "kind": kind, "ms": ms, "data": data}
        if cut := {name: len(value) for name, value in data.items() if _too_long(value)}:
            event |= {
                "data": {name: value[:MOST_TEXT] if name in cut else value for name, value in data.items()}
            }
            event |= {"cut": cut}
        brief = {name: value for name, value in data.items() if name in BRIEF}
        log.info("%s %s %s", exchange, kind, json.dumps(brief, ensure_ascii=False))
        gone = self._store.append(
            LOG, exchange, json.dumps(event).encode(), most_groups=MOST_GROUPS, most_bytes=MOST_BYTES
        )
        if gone:
            self._tell_dropped(at)
        if self._follow is not None:
            self._follow(self, exchange, Event(at, kind, data, ms))
        if kind in ENDING:
            end = str(ms).encode()
            self._store.append(ENDS, exchange, end, most_groups=MOST_ENDS, most_bytes=MOST_BYTES)
            with self.ended:
                self.ended.notify_all()

    def get(self, exchange: str) -> Exchange | None:
        entries = [json.loads(entry) for entry in self._store.group(LOG, exchange)]
        if not entries:
            return None
        events = (Event(e["at"], e["kind"], e["data"], e.get("ms", 0), e.get("cut")) for e in entries)
        return Exchange(exchange, tuple(events))

    def recent(self, limit: int = 50, before: str | None = None, wanted: Wanted = EVERY) -> list[Exchange]:
        """Newest first."""
        found: list[Exchange] = []
        while len(found) < limit:
            groups = self._store.groups(LOG, limit=limit, before=before)
            if not groups:
                break
            before = groups[-1]
            known = filter(None, (self._of_tag(group, wanted.tag) for group in groups))
            found.extend(exchange for exchange in known if wanted.fits(exchange))
        return found[:limit]

    def drop(self, tag: str) -> int:
        """Forget what happened in one room; how much that was. That it ended stays, for who waits for the next."""
        every = self._store.groups(LOG, limit=MOST_GROUPS + 1)
        found = [group for group in every if (one := self._of_tag(group, tag)) and one.tag == tag]
        return sum(self._store.drop_group(LOG, group) for group in found)

    def _of_tag(self, exchange: str, tag: str) -> Exchange | None:
        """None if the tag is not in it: most are of other tags, and to look for a word is much cheaper than to read."""
        word = json.dumps(tag).encode()
        if tag and not any(word in entry for entry in self._store.group(LOG, exchange)):
            return None
        return self.get(exchange)

    def newest_end(self) -> str:
        """The exchange that was answered or refused last; empty where there is none."""
        return next(iter(self._store.groups(ENDS, limit=1)), "")

    def ends(self) -> Iterator[str]:
        """What was answered or refused, newest first."""
        yield from self._store.groups(ENDS, limit=MOST_ENDS)

    def ends_after(self, since: str) -> list[str]:
        """What was answered or refused after this one was, oldest first; everything where it was not."""
        return list(takewhile(lambda exchange: exchange != since, self.ends()))[::-1]

    def ended_at(self, exchange: str) -> int | None:
        """In real time (ms since 1970); None where it was not answered or refused."""
        found = self._store.group(ENDS, exchange)
        return int(found[0]) if found else None

    def dropped(self) -> Dropped:
        number = self._store.dropped(LOG)
        found = self._store.get(DROPS, "") if number else None
        return Dropped(number, **json.loads(found)) if found else Dropped(number)

    def _tell_dropped(self, at: str) -> None:
        found = self._store.get(DROPS, "")
        since = json.loads(found)["since"] if found else at
        if found is None:
            log.warning("the log of exchanges is full: from now on the oldest make room for the newest")
        self._store.put(DROPS, "", json.dumps({"since": since, "last": at}).encode())


def _too_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > MOST_TEXT
