"""Mandates while the mock runs: asked for, approved or refused, and used. They lie over what the file says.

One record a person, in each room (the tag of a login), holds all of it, and changes by compare-and-swap. The file
stays the boss: a mandate whose person or company it no longer has is not there, and one that it had as requested is
as the file says once the file says anything else.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from suppliers.adapters import Adapter
from suppliers.ask import Level, Names
from suppliers.register.days import dutch_day
from suppliers.register.model import Mandate, MandateStatus, Register
from suppliers.rooms import all_of, enter, of_room
from suppliers.store import Store

KIND = "grants"
# Refused requests are history; only the newest of one person stay.
_MOST_REFUSED = 50


class RequestStatus(enum.StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class MandateRequest:
    """A person (by key) asks to act for a company (by key).

    ``service`` is as a mandate has it, with its names to show. ``mandate`` is the id of the mandate of the file
    that this is about, which the file has as requested; empty for one that will be new. ``exchange`` is the login,
    or the visit, in which it was asked; ``mailed_at`` when the mandate manager last got mail about it.
    ``until`` is the last day of what was approved, ``decided_by`` manager, console or company (by itself).
    ``provider`` is the entity id of the service provider by whose clock all of it goes; empty for the broker's.
    ``tag`` is the room in which it was asked: nobody elsewhere sees it.
    """

    id: str
    supplier: str
    person: str
    company: str
    service: str
    service_name: Names
    provider_name: Names
    level: Level
    asked_at: datetime
    exchange: str
    language: str = "nl"
    mandate: str = ""
    status: RequestStatus = RequestStatus.ASKED
    mailed_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    until: date | None = None
    reason: str = ""
    provider: str = ""
    tag: str = ""

    @property
    def is_open(self) -> bool:
        return self.status is RequestStatus.ASKED


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of one person beside the file: mandates (one with an id that the file has replaces it), the
    last day on which a login used any mandate of theirs, and their requests, oldest first."""

    mandates: tuple[Mandate, ...] = ()
    last_used: date | None = None
    requests: tuple[MandateRequest, ...] = ()

    def over(self, mandates: Iterable[Mandate]) -> tuple[Mandate, ...]:
        """Those of the file with these in their place or after them: each mandate once."""
        own = {mandate.id: mandate for mandate in self.mandates}
        return (*(own.pop(mandate.id, mandate) for mandate in mandates), *own.values())


@dataclass(frozen=True, slots=True)
class _Record:
    last_used: date | None = None
    requests: tuple[MandateRequest, ...] = ()


_RECORD = Adapter(_Record)


class Grants:
    def __init__(self, store: Store, register: Callable[[str], Register]) -> None:
        """``register`` is that of a room, by its tag."""
        self._store = store
        self._register = register

    def of(self, person: str, tag: str = "", register: Register | None = None) -> Held:
        """One read of the store, for this is on the road of every login. ``register`` is the one that the login
        sees, where that may be another than the room's."""
        record, register = self._read(person, tag)[1], register or self._register(tag)
        if person not in register.people or register.stands_alone(person):
            return Held()
        requests = tuple(asked for asked in record.requests if asked.company in register.companies)
        granted = (mandate_of(asked, register) for asked in requests)
        return Held(tuple(mandate for mandate in granted if mandate), record.last_used, requests)

    def used(self, person: str, on: date, tag: str = "") -> None:
        """A login used a mandate of this person. The latest day stays, also where the clock was put back since:
        a day that is still to come lets nothing lapse, an earlier one in its place would."""

        def latest(record: _Record) -> _Record:
            return replace(record, last_used=max(filter(None, [record.last_used, on])))

        self._change(person, latest, tag)

    def add(self, request: MandateRequest) -> MandateRequest:
        """Keep a request; the one that there is already where the same is being asked."""

        def added(record: _Record) -> _Record:
            return record if _same(record.requests, request) else _with(record, request)

        found = _same(self._change(request.person, added, request.tag).requests, request)
        return found or request

    def find(self, request_id: str) -> MandateRequest | None:
        return next((asked for asked in self.requests() if asked.id == request_id), None)

    def requests(self) -> list[MandateRequest]:
        """Everybody's in every room, newest first."""
        kinds = [KIND, *(of_room(KIND, tag) for tag in all_of(self._store))]
        records = (_RECORD.validate_json(raw) for kind in kinds for _, raw in self._store.records(kind))
        found = [asked for record in records for asked in record.requests]
        return sorted(found, key=lambda asked: (asked.asked_at, asked.id), reverse=True)

    def granted(self) -> list[tuple[MandateRequest, Mandate]]:
        """Every mandate that stands beside the file, with what it came of, newest request first."""
        seen = [(asked, self._register(asked.tag)) for asked in self.requests()]
        known = ((asked, register) for asked, register in seen if asked.person in register.people)
        return [(asked, mandate) for asked, register in known if (mandate := mandate_of(asked, register))]

    def decide(self, decided: MandateRequest) -> bool:
        """Put a decision in the place of the open request of the same id; False if that is not open (any more)."""
        was: list[bool] = []

        def change(record: _Record) -> _Record:
            was[:] = [any(asked.id == decided.id and asked.is_open for asked in record.requests)]
            return _with(record, decided) if was[0] else record

        self._change(decided.person, change, decided.tag)
        return was[0]

    def mailed(self, request: MandateRequest, at: datetime) -> bool:
        """The mandate manager gets mail about an open request; False if it was mailed about since it was read, or is
        not open any more. Of several at once one may send."""
        was: list[bool] = []

        def change(record: _Record) -> _Record:
            found = next((asked for asked in record.requests if asked.id == request.id), None)
            was[:] = [found is not None and found.is_open and found.mailed_at == request.mailed_at]
            return _with(record, replace(found, mailed_at=at)) if found and was[0] else record

        self._change(request.person, change, request.tag)
        return was[0]

    def withdraw(self, request: MandateRequest) -> None:
        """Forget a request, and with it the mandate that came of it."""

        def change(record: _Record) -> _Record:
            left = (asked for asked in record.requests if asked.id != request.id)
            return replace(record, requests=tuple(left))

        self._change(request.person, change, request.tag)

    def _change(self, person: str, change: Callable[[_Record], _Record], tag: str) -> _Record:
        """The record as it is now. ``change`` is asked again if somebody was first."""
        kind = of_room(KIND, tag)
        enter(self._store, tag)
        while True:
            raw, record = self._read(person, tag)
            changed = change(record)
            if changed == record:
                return record
            new = _RECORD.dump_json(changed)
            if (
                self._store.add(kind, person, new)
                if raw is None
                else self._store.swap(kind, person, raw, new)
            ):
                return changed

    def _read(self, person: str, tag: str) -> tuple[bytes | None, _Record]:
        raw = self._store.get(of_room(KIND, tag), person)
        return raw, _RECORD.validate_json(raw) if raw else _Record()


def _same(requests: Iterable[MandateRequest], new: MandateRequest) -> MandateRequest | None:
    """The open request that asks what this one does."""
    about = (new.company, new.service, new.mandate)
    return next(
        (
            asked
            for asked in requests
            if asked.is_open
            and (asked.company, asked.service, asked.mandate) == about
            and asked.level >= new.level
        ),
        None,
    )


def _with(record: _Record, request: MandateRequest) -> _Record:
    """The record with this request, in the place of the one of the same id if there is one."""
    if any(asked.id == request.id for asked in record.requests):
        requests = tuple(request if asked.id == request.id else asked for asked in record.requests)
    else:
        requests = (*record.requests, request)
    refused = [asked.id for asked in requests if asked.status is RequestStatus.REFUSED]
    old = set(refused[:-_MOST_REFUSED])
    return replace(record, requests=tuple(asked for asked in requests if asked.id not in old))


def mandate_of(request: MandateRequest, register: Register) -> Mandate | None:
    """The mandate that came of a request; None without approval, or where the file has come to say otherwise."""
    if request.status is not RequestStatus.APPROVED or request.company not in register.companies:
        return None
    # It counts from that day, also for whoever let their mandates lapse before.
    start = dutch_day(request.decided_at) if request.decided_at else None
    if request.mandate:
        own = next((m for m in register.mandates_of(request.person) if m.id == request.mandate), None)
        if own is None or own.status is not MandateStatus.REQUESTED:
            return None
        begins = max(day for day in (own.start, start) if day) if own.start or start else None
        return replace(own, status=MandateStatus.ACTIVE, start=begins, until=request.until)
    return Mandate(
        id=request.id,
        person=request.person,
        company=request.company,
        service=request.service,
        level=request.level,
        start=start,
        until=request.until,
    )
