"""People, means, companies and mandates as the suppliers' registers hold them.

Plain frozen records; ``loader.py`` makes them from the YAML. Dates are whole days in Dutch time. Each
record knows where it stands in the file, so that a reason can name the line that decided.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from suppliers.ask import Level, Names


@dataclass(frozen=True, slots=True)
class Place:
    """File and line (from 1) of a record; where it came over the API ``file`` says so, and the line is 0."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file or "-"
        return f"{self.file}:{self.line}"


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
    """``branches`` are vestigingsnummers of 12 digits by key, with a name each.

    ``manager`` is the person (its key) who approves mandates for this company, the machtigingenbeheerder;
    with ``approves`` every mandate that is asked for is approved at once, by nobody.
    """

    key: str
    name: str
    kvk: str | None = None
    rsin: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)
    place: Place = Place()
    manager: str | None = None
    approves: bool = False

    @property
    def identifiers(self) -> dict[str, str]:
        """By type name of spec 4.2."""
        return {name: value for name, value in (("KvKnr", self.kvk), ("RSIN", self.rsin)) if value}


class MeansStatus(enum.StrEnum):
    """What the supplier made of a means. That it has expired is a matter of its date, not of this."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Means:
    """An eHerkenningsmiddel: a login at one supplier. ``pin`` is fixed test data, else one is made each time.

    A smartcard has the number on the card for a ``username``, no password, and its own PIN in ``pin``.
    ``status`` is None where the file is silent: that counts as active, and saying so lifts a block. ``until`` is
    the last day that it works. With ``renew`` the person must choose a new password. ``app`` is whether an app
    that can approve a login and scan a code goes with it.
    """

    supplier: str
    username: str
    password: str = field(repr=False)
    level: Level
    pin: str | None = field(default=None, repr=False)
    place: Place = Place()
    card: bool = False
    status: MeansStatus | None = None
    until: date | None = None
    renew: bool = False
    app: bool = True

    @property
    def fingerprint(self) -> str:
        """Other as soon as anything of this means is written otherwise, wherever it stands in the file."""
        told = (self.supplier, self.username, self.password, self.level.label, self.pin, self.card)
        said = (self.status, self.until, self.renew, self.app)
        return hashlib.sha256(repr((told, said)).encode()).hexdigest()[:16]


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
    """``service`` is a ServiceID, a ServiceUUID or ``*`` for every service, resolved from whatever the file says;
    it is empty where ``provider`` says that the mandate is for all services of one provider: its entity id, or
    its OIN of 20 digits.

    ``start`` and ``until`` are both inclusive; None is open. ``branch`` is a vestigingsnummer of 12 digits.
    With an ``intermediary`` (its key) it is a chain mandate: the company lets the intermediary act for it, and
    the person does so for the intermediary (spec 10.2). One record stands for both halves.
    ``last_used`` is when the file says that it was; logins come on top of that.
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
    provider: str = ""
    last_used: date | None = None


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
        held: dict[str, list[Mandate]] = {}
        for mandate in mandates:
            held.setdefault(mandate.person, []).append(mandate)
        self._mandates = {person: tuple(of_person) for person, of_person in held.items()}

    def prepare(self) -> None:
        """Make what the first login would have to wait for."""
        _ = self._logins

    @cached_property
    def _logins(self) -> dict[tuple[str, bool, str], tuple[PersonRecord, Means]]:
        return {
            (means.supplier, means.card, means.username.casefold()): (person, means)
            for person in self.people.values()
            for means in person.means
        }

    @cached_property
    def _clients(self) -> dict[str, list[tuple[PersonRecord, Means]]]:
        clients: dict[str, list[tuple[PersonRecord, Means]]] = {}
        for client in self._logins.values():
            clients.setdefault(client[1].supplier, []).append(client)
        return clients

    @cached_property
    def _addresses(self) -> tuple[dict[str, PersonRecord], dict[str, list[PersonRecord]]]:
        """By address, case folded: the first who has it, and the few others who have the same one."""
        first: dict[str, PersonRecord] = {}
        others: dict[str, list[PersonRecord]] = {}
        for person in self.people.values():
            if person.email:
                address = person.email.casefold()
                # Most are in small letters already: then the record's own text is the key, not a copy.
                address = person.email if address == person.email else address
                if first.setdefault(address, person) is not person:
                    others.setdefault(address, []).append(person)
        return first, others

    @cached_property
    def _by_id(self) -> dict[str, Mandate]:
        return {mandate.id: mandate for mandate in self.mandates()}

    def mandate(self, mandate_id: str) -> Mandate | None:
        """The first call reads all; only changes over the file come here, a login does not."""
        return self._by_id.get(mandate_id)

    def login(self, supplier: str, username: str, *, card: bool = False) -> tuple[PersonRecord, Means] | None:
        """Who logs in at this supplier (its slug) under this user name, or with the card of this number; case is
        ignored."""
        return self._logins.get((supplier, card, username.strip().casefold()))

    def at_address(self, email: str) -> Sequence[PersonRecord]:
        """Everybody with this e-mail address, case ignored. The first call reads all; a login by user name makes
        none."""
        first, others = self._addresses
        address = email.casefold()
        return [first[address], *others.get(address, ())] if address in first else []

    def clients(self, supplier: str) -> Sequence[tuple[PersonRecord, Means]]:
        """Everybody with a means at this supplier, once for each means, in the order of the file."""
        return self._clients.get(supplier, ())

    def mandates_of(self, person: str) -> tuple[Mandate, ...]:
        """Every mandate of a person, whatever its state, in the order of the file."""
        return self._mandates.get(person, ())

    def mandates(self) -> tuple[Mandate, ...]:
        return tuple(mandate for held in self._mandates.values() for mandate in held)

    def stands_alone(self, person: str) -> bool:
        """Whether what came about while running (mandates granted, the day of their last use) does not count for
        this person, and only what is here does."""
        return False
