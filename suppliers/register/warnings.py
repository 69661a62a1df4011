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
from suppliers.register.problems import KeyPath, Surprise, shown
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
    """``suppliers`` by slug; none given, and what depends on them is not looked at. Of the records at ``made_up``,
    which nobody wrote one by one, each thing is said once, with their number."""

    register: Register
    today: date
    suppliers: Mapping[str, SupplierFacts] = field(default_factory=dict)
    pause: Callable[[], None] = lambda: None
    made_up: Place | None = None
    _companies: set[str] | None = None
    _many: dict[str, int] = field(default_factory=dict)

    def all(self) -> Iterator[Surprise]:
        """In the order of the sections."""
        yield from self._services()
        yield from self._each(self.register.companies.values(), self._company)
        yield from self._same_numbers()
        yield from self._each(self.register.people.values(), self._person)
        yield from self._mandates()
        if self.made_up is not None:
            for message, count in self._many.items():
                yield Surprise(self.made_up, ("generate",), f"{message}: {count} of them")

    def _of(self, place: Place, path: KeyPath, message: str, of_many: str) -> Iterator[Surprise]:
        """What is said of one record; ``of_many`` is said of those that are made up, with their number."""
        if self.made_up is not None and place is self.made_up:
            self._many[of_many] = self._many.get(of_many, 0) + 1
        else:
            yield Surprise(place, path, message)

    def _each(
        self, records: Iterable[_Record], look: Callable[[_Record], Iterator[Surprise]]
    ) -> Iterator[Surprise]:
        iterator = iter(records)
        while chunk := list(islice(iterator, PAUSE_EVERY)):
            self.pause()
            for record in chunk:
                yield from look(record)

    def _services(self) -> Iterator[Surprise]:
        highest = max((facts.highest for facts in self.suppliers.values()), default=None)
        for service in self.register.services.values():
            if highest is not None and service.level > highest:
                yield Surprise(
                    service.place,
                    ("services", service.key, "level"),
                    f"{service.level.label} is more than any supplier reaches, {highest.label}: nobody gets in",
                )

    def _company(self, company: CompanyRecord) -> Iterator[Surprise]:
        at: KeyPath = ("companies", company.key)
        if company.rsin and not eleven(company.rsin):
            message = f"{shown(company.rsin)} fails the eleven test: a service that checks it refuses it"
            yield Surprise(company.place, (*at, "rsin"), message)
        if company.kvk and int(company.kvk) < FIRST_FAKE_KVK:
            message = f"{shown(company.kvk)} may be a real company's: made-up numbers begin with 9"
            yield Surprise(company.place, (*at, "kvk"), message)
        if company.key not in self._with_mandates and not company.approves:
            yield from self._of(
                company.place,
                at,
                "nobody has a mandate for this company: nobody can log in for it",
                "nobody can log in for companies that are made up and have no mandate",
            )

    def _same_numbers(self) -> Iterator[Surprise]:
        """A tester may want it, as for a company and its double; in real life nobody has it."""
        kvks: dict[str, CompanyRecord] = {}
        rsins: dict[str, CompanyRecord] = {}
        for company in self.register.companies.values():
            for name, what, number, known in (
                ("kvk", "the KvK number", company.kvk, kvks),
                ("rsin", "the RSIN", company.rsin, rsins),
            ):
                if number and (first := known.setdefault(number, company)) is not company:
                    message = (
                        f"{shown(number)} is {what} of {first.key}{_on_line(first.place, company.place)} too: "
                        "in real life each company has its own"
                    )
                    yield Surprise(company.place, ("companies", company.key, name), message)

    def _person(self, person: PersonRecord) -> Iterator[Surprise]:
        if self.made_up is not None and person.place is self.made_up and not self.register.companies:
            message = "people that are made up have no mandate, for there is no company"
            self._many[message] = self._many.get(message, 0) + 1
        for index, means in enumerate(person.means):
            yield from self._means(person, means, ("people", person.key, "means", index))

    def _means(self, person: PersonRecord, means: Means, at: KeyPath) -> Iterator[Surprise]:
        if means.until and means.until < self.today:
            yield Surprise(
                means.place, (*at, "until"), f"{means.until} is in the past: the means has expired"
            )
        facts = self.suppliers.get(means.supplier)
        if facts is None:
            return
        if means.level > facts.highest:
            reached = f"{means.supplier} goes up to {facts.highest.label}"
            yield from self._of(
                means.place,
                (*at, "level"),
                f"{reached}, so {means.level.label} is never reached",
                f"{reached}, so {means.level.label} of means that are made up is never reached",
            )
        if means.card or means.level < Level.EH3 or not facts.channels:
            return
        has = {"email": bool(person.email), "sms": bool(person.phone), "app": means.app, "qr": means.app}
        if not any(has.get(channel) for channel in facts.channels):
            wanted = " or ".join(
                {"email": "an email", "sms": "a phone"}.get(c, "the app") for c in facts.channels
            )
            message = f"{means.supplier} sends a PIN, and {person.key} needs {wanted} to get it"
            yield Surprise(means.place, at, message)

    @property
    def _with_mandates(self) -> Collection[str]:
        if self._companies is None:
            held = self.register.mandates()
            self._companies = {m.company for m in held} | {m.intermediary for m in held if m.intermediary}
        return self._companies

    def _mandates(self) -> Iterator[Surprise]:
        askable: dict[tuple[str, str, str], bool] = {}
        for person in self._each_person():
            seen: dict[tuple[object, ...], Mandate] = {}
            held = self.register.mandates_of(person.key)
            if held and not person.means:
                first = held[0]
                message = f"{person.key} has no means, and cannot log in"
                yield Surprise(first.place, ("mandates", first.id, "person"), message)
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
                    many = "no service asks for what the companies of mandates that are made up have"
                    yield from self._of(mandate.place, ("mandates", mandate.id, "company"), message, many)
                same = (
                    *kind,
                    mandate.branch,
                    mandate.intermediary,
                    mandate.start,
                    mandate.until,
                    mandate.status,
                )
                if same in seen:
                    of = _on_line(seen[same].place, mandate.place).removeprefix(" on ") or seen[same].id
                    message = f"is the same as the mandate of {of}"
                    yield Surprise(mandate.place, ("mandates", mandate.id), message)
                seen.setdefault(same, mandate)

    def _each_person(self) -> Iterator[PersonRecord]:
        for number, person in enumerate(self.register.people.values()):
            if number % PAUSE_EVERY == 0:
                self.pause()
            yield person

    def _dates(self, mandate: Mandate) -> Iterator[Surprise]:
        at: KeyPath = ("mandates", mandate.id)
        if mandate.until and mandate.until < self.today:
            message = f"{mandate.until} is in the past: the mandate has expired"
            yield Surprise(mandate.place, (*at, "until"), message)
        elif mandate.start and mandate.start > self.today + FAR:
            message = f"{mandate.start} is far in the future: the mandate has not begun"
            yield Surprise(mandate.place, (*at, "from"), message)

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


def _on_line(first: Place, second: Place) -> str:
    """Where the first stands, for who looks at the second; empty where it has no line."""
    if not first.line:
        return ""
    return f" on line {first.line}" + ("" if first.file == second.file else f" of {first.file}")
