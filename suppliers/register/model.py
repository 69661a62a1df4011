"""People, means, companies and mandates as the suppliers' registers hold them.

Plain frozen records; ``loader.py`` makes them from the YAML. Dates are whole days in Dutch time. Each
record knows where it stands in the file, so that a reason can name the line that decided.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from suppliers.ask import Level, Names


@dataclass(frozen=True, slots=True)
class Place:
    """File and line (from 1) of a record; an empty file where it came over the API."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "-"


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A service of the catalogue as the file describes it (spec 8.3)."""

    key: str
    service_id: str
    uuid: str
    instance_uuid: str
    name: Names
    provider: Names
    level: Level
    identifier_sets: tuple[tuple[str, ...], ...]
    branches_accepted: bool = False
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class CompanyRecord:
    """``branches`` are vestigingsnummers of 12 digits by key, with a name each."""

    key: str
    name: str
    kvk: str | None = None
    rsin: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)
    place: Place = Place()

    @property
    def identifiers(self) -> dict[str, str]:
        """By type name of spec 4.2."""
        return {name: value for name, value in (("KvKnr", self.kvk), ("RSIN", self.rsin)) if value}


@dataclass(frozen=True, slots=True)
class Means:
    """An eHerkenningsmiddel: a login at one supplier. ``pin`` is fixed test data, else one is made each time."""

    supplier: str
    username: str
    password: str = field(repr=False)
    level: Level
    pin: str | None = field(default=None, repr=False)
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class PersonRecord:
    key: str
    name: str
    email: str | None = None
    phone: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    means: tuple[Means, ...] = ()
    place: Place = Place()


class MandateStatus(enum.StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Mandate:
    """``service`` is a ServiceID, a ServiceUUID or ``*`` for every service, resolved from whatever the file says.

    ``start`` and ``until`` are both inclusive; None is open. ``branch`` is a vestigingsnummer of 12 digits.
    With an ``intermediary`` (its key) it is a chain mandate: the company lets the intermediary act for it, and
    the person does so for the intermediary (spec 10.2). One record stands for both halves.
    """

    id: str
    person: str
    company: str
    service: str
    level: Level
    start: date | None = None
    until: date | None = None
    branch: str | None = None
    status: MandateStatus = MandateStatus.ACTIVE
    intermediary: str | None = None
    place: Place = Place()


class Register:
    """An immutable snapshot of the file, with the look-ups that a login makes. None of them scans."""

    def __init__(
        self,
        *,
        services: Iterable[ServiceRecord] = (),
        companies: Iterable[CompanyRecord] = (),
        people: Iterable[PersonRecord] = (),
        mandates: Iterable[Mandate] = (),
    ) -> None:
        self.services: Mapping[str, ServiceRecord] = {s.key: s for s in services}
        self.companies: Mapping[str, CompanyRecord] = {c.key: c for c in companies}
        self.people: Mapping[str, PersonRecord] = {p.key: p for p in people}
        self._mandates: dict[str, list[Mandate]] = {}
        for mandate in mandates:
            self._mandates.setdefault(mandate.person, []).append(mandate)

    @cached_property
    def _usernames(self) -> dict[tuple[str, str], tuple[PersonRecord, Means]]:
        return {
            (means.supplier, means.username.casefold()): (person, means)
            for person in self.people.values()
            for means in person.means
        }

    def login(self, supplier: str, username: str) -> tuple[PersonRecord, Means] | None:
        """Who logs in at this supplier (its slug) under this user name; case is ignored."""
        return self._usernames.get((supplier, username.strip().casefold()))

    def mandates_of(self, person: str) -> tuple[Mandate, ...]:
        """Every mandate of a person, whatever its state, in the order of the file."""
        return tuple(self._mandates.get(person, ()))

    def mandates(self) -> tuple[Mandate, ...]:
        return tuple(mandate for held in self._mandates.values() for mandate in held)
