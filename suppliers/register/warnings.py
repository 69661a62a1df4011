"""What will surprise a tester in a file without mistakes. Nothing here stops a file from being in force."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import TypeVar

from suppliers.ask import Level
from suppliers.register.generate import eleven
from suppliers.register.model import CompanyRecord, Mandate, Means, PersonRecord, Place, Register
from suppliers.register.problems import Problem, shown
from suppliers.register.records import ANY_SERVICE

FAR = timedelta(days=366 * 10)
FIRST_FAKE_KVK = 90_000_000
PAUSE_EVERY = 500
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class SupplierFacts:
    """What matters here of a supplier: its highest level, and where it sends a PIN (email, sms); empty for nowhere."""

    highest: Level
    channels: Collection[str] = ()
    identifiers: Collection[str] = ("KvKnr", "RSIN", "Pseudo")


@dataclass(slots=True)
class Surprises:
    """``suppliers`` by slug; none given, and what depends on them is not looked at."""

    register: Register
    today: date
    suppliers: Mapping[str, SupplierFacts] = field(default_factory=dict)
    pause: Callable[[], None] = lambda: None
    _companies: set[str] | None = None

    def all(self) -> Iterator[Problem]:
        """In the order of the sections; a Problem that is only a warning."""
        yield from self._services()
        yield from self._each(self.register.companies.values(), self._company)
        yield from self._each(self.register.people.values(), self._person)
        yield from self._mandates()

    def _each(
        self, records: Iterable[_Record], look: Callable[[_Record], Iterator[Problem]]
    ) -> Iterator[Problem]:
        iterator = iter(records)
        while chunk := list(islice(iterator, PAUSE_EVERY)):
            self.pause()
            for record in chunk:
                yield from look(record)

    def _services(self) -> Iterator[Problem]:
        highest = max((facts.highest for facts in self.suppliers.values()), default=None)
        for service in self.register.services.values():
            if highest is not None and service.level > highest:
                yield _warning(
                    service.place,
                    f"services.{service.key}.level",
                    f"{service.level.label} is more than any supplier reaches, {highest.label}: nobody gets in",
                )

    def _company(self, company: CompanyRecord) -> Iterator[Problem]:
        at = f"companies.{company.key}"
        if company.rsin and not eleven(company.rsin):
            message = f"{shown(company.rsin)} fails the eleven test: a service that checks it refuses it"
            yield _warning(company.place, f"{at}.rsin", message)
        if company.kvk and int(company.kvk) < FIRST_FAKE_KVK:
            message = f"{shown(company.kvk)} may be a real company's: made-up numbers begin with 9"
            yield _warning(company.place, f"{at}.kvk", message)
        if company.key not in self._with_mandates and not company.approves:
            yield _warning(
                company.place, at, "nobody has a mandate for this company: nobody can log in for it"
            )

    def _person(self, person: PersonRecord) -> Iterator[Problem]:
        for index, means in enumerate(person.means, 1):
            yield from self._means(person, means, f"people.{person.key}.means[{index}]")

    def _means(self, person: PersonRecord, means: Means, at: str) -> Iterator[Problem]:
        if means.until and means.until < self.today:
            yield _warning(means.place, f"{at}.until", f"{means.until} is in the past: the means has expired")
        facts = self.suppliers.get(means.supplier)
        if facts is None:
            return
        if means.level > facts.highest:
            message = (
                f"{means.supplier} goes up to {facts.highest.label}, so {means.level.label} is never reached"
            )
            yield _warning(means.place, f"{at}.level", message)
        if means.card or means.level < Level.EH3 or not facts.channels:
            return
        has = {"email": bool(person.email), "sms": bool(person.phone), "app": means.app, "qr": means.app}
        if not any(has.get(channel) for channel in facts.channels):
            wanted = " or ".join(
                {"email": "an email", "sms": "a phone"}.get(c, "the app") for c in facts.channels
            )
            message = f"{means.supplier} sends a PIN, and {person.key} needs {wanted} to get it"
            yield _warning(means.place, at, message)

    @property
    def _with_mandates(self) -> Collection[str]:
        if self._companies is None:
            held = self.register.mandates()
            self._companies = {m.company for m in held} | {m.intermediary for m in held if m.intermediary}
        return self._companies

    def _mandates(self) -> Iterator[Problem]:
        askable: dict[tuple[str, str, str], bool] = {}
        for person in self._each_person():
            seen: dict[tuple[object, ...], Mandate] = {}
            held = self.register.mandates_of(person.key)
            if held and not person.means:
                yield _warning(held[0].place, "person", f"{person.key} has no means, and cannot log in")
            for mandate in held:
                yield from self._dates(mandate)
                kind = (mandate.company, mandate.service, mandate.provider)
                if kind not in askable:
                    askable[kind] = self._askable(*kind)
                if not askable[kind]:
                    names = ", ".join(self.register.companies[mandate.company].identifiers)
                    message = (
                        f"no service of this mandate asks for what {mandate.company} has, {names}: "
                        "look at identifiers of the services"
                    )
                    yield _warning(mandate.place, "company", message)
                same = (
                    *kind,
                    mandate.branch,
                    mandate.intermediary,
                    mandate.start,
                    mandate.until,
                    mandate.status,
                )
                if same in seen:
                    yield _warning(
                        mandate.place, "", f"is the same as the mandate of line {seen[same].place.line}"
                    )
                seen.setdefault(same, mandate)

    def _each_person(self) -> Iterator[PersonRecord]:
        for number, person in enumerate(self.register.people.values()):
            if number % PAUSE_EVERY == 0:
                self.pause()
            yield person

    def _dates(self, mandate: Mandate) -> Iterator[Problem]:
        if mandate.until and mandate.until < self.today:
            yield _warning(mandate.place, "until", f"{mandate.until} is in the past: the mandate has expired")
        elif mandate.start and mandate.start > self.today + FAR:
            yield _warning(
                mandate.place, "from", f"{mandate.start} is far in the future: the mandate has not begun"
            )

    def _askable(self, company: str, service: str, provider: str) -> bool:
        """Whether a service of the file that the mandate is for can be told of this company at all; services that
        only metadata brings are not known here, and so not a reason to warn."""
        has = {*self.register.companies[company].identifiers, "Pseudo"}
        wanted = [
            sets
            for record in self.register.services.values()
            for sets in record.identifier_sets
            if service == ANY_SERVICE
            or service in (record.service_id, record.uuid, record.instance_uuid)
            or (provider and f":{provider}:" in record.service_id)
        ]
        return not wanted or any(has.issuperset(sets) for sets in wanted)


def _warning(place: Place, key: str, message: str) -> Problem:
    return Problem(place.file, place.line, 1, key, message)
