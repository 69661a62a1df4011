"""Changes laid over a register: a register again, with the same look-ups, at the cost of the changes only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar, overload

from suppliers.register import shape
from suppliers.register.changes import NONE, SECTIONS, Change, Changes, Entry, Key, Section, after
from suppliers.register.loader import ServiceNames, records
from suppliers.register.model import (
    CompanyRecord,
    Mandate,
    Means,
    PersonRecord,
    Place,
    Register,
    ServiceRecord,
)
from suppliers.register.problems import ConfigError, KeyPath, Problem, dotted, taken
from suppliers.register.yamlfile import Document

_Record = TypeVar("_Record")
Record = ServiceRecord | CompanyRecord | PersonRecord | Mandate
Client = tuple[PersonRecord, Means]


class Overlay(Mapping[str, _Record]):
    """A mapping with some of its values replaced where they stand, some gone (None), and new ones behind it."""

    def __init__(self, base: Mapping[str, _Record], over: Mapping[str, _Record | None]) -> None:
        self._base = base
        self._over = over

    def __getitem__(self, key: str) -> _Record:
        if key not in self._over:
            return self._base[key]
        found = self._over[key]
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        # Of an enormous mapping this is asked far more often than its values are.
        return self._over[key] is not None if key in self._over else key in self._base  # type: ignore[index]

    def __iter__(self) -> Iterator[str]:
        for key in self._base:
            if key not in self._over or self._over[key] is not None:
                yield key
        for key, value in self._over.items():
            if value is not None and key not in self._base:
                yield key

    def __len__(self) -> int:
        new = sum(1 for key, value in self._over.items() if value is not None and key not in self._base)
        gone = sum(1 for key, value in self._over.items() if value is None and key in self._base)
        return len(self._base) + new - gone


class _Clients(Sequence[Client]):
    """Those of the base without whoever changed, and then those who did; counted without looking at all."""

    def __init__(self, base: Sequence[Client], without: Mapping[str, int], more: Sequence[Client]) -> None:
        self._base = base
        self._without = without
        self._more = more

    def __iter__(self) -> Iterator[Client]:
        for client in self._base:
            if client[0].key not in self._without:
                yield client
        yield from self._more

    def __len__(self) -> int:
        return len(self._base) - sum(self._without.values()) + len(self._more)

    @overload
    def __getitem__(self, index: int) -> Client: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Client]: ...
    def __getitem__(self, index: int | slice) -> Client | Sequence[Client]:
        if isinstance(index, slice):
            return list(self)[index]
        at = index if index >= 0 else index + len(self)
        found = next(islice(self, at, None), None) if at >= 0 else None
        if found is None:
            raise IndexError(index)
        return found


Login = tuple[str, bool, str]


@dataclass(frozen=True, slots=True)
class Over:
    """The records that changes made, by key, None where one is gone; and what is looked up in them."""

    services: dict[str, ServiceRecord | None] = field(default_factory=dict)
    people: dict[str, PersonRecord | None] = field(default_factory=dict)
    companies: dict[str, CompanyRecord | None] = field(default_factory=dict)
    mandates: dict[str, Mandate | None] = field(default_factory=dict)
    logins: dict[Login, Client] = field(default_factory=dict)
    given: dict[str, dict[str, Mandate]] = field(default_factory=dict)

    def copy(self) -> Over:
        given = {person: dict(mandates) for person, mandates in self.given.items()}
        return Over(
            dict(self.services),
            dict(self.people),
            dict(self.companies),
            dict(self.mandates),
            dict(self.logins),
            given,
        )

    def of(self, section: Section) -> dict[str, Any]:
        found: dict[Section, dict[str, Any]] = {
            Section.SERVICES: self.services,
            Section.PEOPLE: self.people,
            Section.COMPANIES: self.companies,
            Section.MANDATES: self.mandates,
        }
        return found[section]

    def lay(self, section: Section, key: str, record: Record | None) -> None:
        self.take_off(section, key)
        self.of(section)[key] = record
        if isinstance(record, PersonRecord):
            self.logins.update((login_of(means), (record, means)) for means in record.means)
        elif isinstance(record, Mandate):
            self.given.setdefault(record.person, {})[key] = record

    def take_off(self, section: Section, key: str) -> None:
        was = self.of(section).get(key)
        if isinstance(was, PersonRecord):
            for login in map(login_of, was.means):
                if login in self.logins and self.logins[login][0] is was:
                    del self.logins[login]
        elif isinstance(was, Mandate):
            self.given.get(was.person, {}).pop(key, None)
        self.of(section).pop(key, None)


def login_of(means: Means) -> Login:
    return means.supplier, means.card, means.username.casefold()


class Layered(Register):
    """Nothing here reads all of ``base``, but for what by its nature is everything."""

    def __init__(self, base: Register, over: Over) -> None:
        self._base = base
        self._over = over
        self.services = Overlay(base.services, over.services)
        self.companies = Overlay(base.companies, over.companies)
        self.people = Overlay(base.people, over.people)

    def login(self, supplier: str, username: str, *, card: bool = False) -> Client | None:
        own = self._over.logins.get((supplier, card, username.strip().casefold()))
        if own is not None:
            return own
        found = self._base.login(supplier, username, card=card)
        return None if found is None or found[0].key in self._over.people else found

    def at_address(self, email: str) -> Sequence[PersonRecord]:
        over, address = self._over.people, email.casefold()
        base = [person for person in self._base.at_address(email) if person.key not in over]
        return base + [one for one in over.values() if one and (one.email or "").casefold() == address]

    def clients(self, supplier: str) -> Sequence[Client]:
        base = self._base.clients(supplier)
        if not self._over.people:
            return base
        without = {
            key: sum(1 for means in self._base.people[key].means if means.supplier == supplier)
            for key in self._over.people
            if key in self._base.people
        }
        more = [client for client in self._over.logins.values() if client[1].supplier == supplier]
        return _Clients(base, without, more)

    def mandates_of(self, person: str) -> tuple[Mandate, ...]:
        if person not in self.people:
            return ()
        return self._laid(self._base.mandates_of(person), self._over.given.get(person, {}).values())

    def mandates(self) -> tuple[Mandate, ...]:
        given = (mandate for mandate in self._over.mandates.values() if mandate is not None)
        return self._laid(self._base.mandates(), given)

    def mandate(self, mandate_id: str) -> Mandate | None:
        over = self._over.mandates
        found = over[mandate_id] if mandate_id in over else self._base.mandate(mandate_id)
        return next(iter(self.standing(() if found is None else (found,))), None)

    def _laid(self, base: Iterable[Mandate], given: Iterable[Mandate]) -> tuple[Mandate, ...]:
        """Those of the base with the given ones in their place, or behind them."""
        over = self._over.mandates
        if over:
            left = {mandate.id: mandate for mandate in given}
            laid = [mandate if mandate.id not in over else left.pop(mandate.id, None) for mandate in base]
            base = [mandate for mandate in (*laid, *left.values()) if mandate is not None]
        return tuple(self.standing(base))

    def standing(self, mandates: Iterable[Mandate]) -> Iterable[Mandate]:
        """What the file says of a person or a company that is gone does not count."""
        nobody = {key for key, person in self._over.people.items() if person is None}
        no_company = {key for key, company in self._over.companies.items() if company is None}
        if no_company:
            mandates = [
                m for m in mandates if m.company not in no_company and m.intermediary not in no_company
            ]
        return [m for m in mandates if m.person not in nobody] if nobody else mandates


class Around:
    """A register as what a piece of a file refers to."""

    def __init__(self, register: Register) -> None:
        self.services = shape.Shaped(register.services, shape.service)
        self.people = shape.Shaped(register.people, lambda person: {"email": person.email})
        self.companies = shape.Shaped(
            register.companies, lambda company: {"kvk": company.kvk, "branches": company.branches}
        )

    @cached_property
    def names(self) -> ServiceNames:
        return ServiceNames(self.services)


@dataclass(frozen=True)
class Piece(Document):
    """One record that did not come from a file. Problems name its own keys; ``name`` is for its ``Place``."""

    root: KeyPath = ()
    about: Key = (Section.PEOPLE, "")
    found: list[tuple[KeyPath, Problem]] = field(default_factory=list, compare=False)

    def place(self, path: KeyPath) -> tuple[int, int]:
        return 0, 0

    def problem(
        self, path: KeyPath, message: str, allowed: tuple[str, ...] = (), nearest: str | None = None
    ) -> Problem:
        inside = path[len(self.root) :]
        problem = Problem("", 0, 0, dotted(inside), message, allowed, nearest)
        self.found.append((inside, problem))
        return problem


def piece(section: Section, key: str, value: object, name: str) -> Piece:
    """A document with this record only. A mandate has its id in ``key``, the others their place in the section."""
    mandates = section is Section.MANDATES
    if mandates and isinstance(value, Mapping) and key:
        value = {**value, "id": key}
    data = {str(section): [value] if mandates else {key: value}}
    places: dict[KeyPath, tuple[int, int]] = {}
    _walk(data, (), places)
    return Piece(name, data, places, root=(str(section), 0 if mandates else key), about=(section, key))


def loose(data: dict[str, Any], name: str) -> Piece:
    """Data that is no record, as a document that problems can be said of."""
    places: dict[KeyPath, tuple[int, int]] = {}
    _walk(data, (), places)
    return Piece(name, data, places)


def _walk(value: object, path: KeyPath, places: dict[KeyPath, tuple[int, int]]) -> None:
    places[path] = (0, 0)
    if isinstance(value, Mapping):
        for key, below in value.items():
            _walk(below, (*path, key), places)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _walk(below, (*path, index), places)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The slugs that a means may name, and which of them have smartcards."""

    suppliers: Collection[str]
    smartcards: Collection[str]


@dataclass(frozen=True, slots=True)
class Unfit:
    """A change that the files leave no room for (any more): it does not count until they do."""

    change: Change
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        why = "; ".join(map(str, self.problems))
        return f"{self.change.section}.{self.change.key} ({self.change.source}) does not count: {why}"


@dataclass(frozen=True, slots=True)
class Layer:
    """Changes over a register. ``register`` is what is in force. ``under`` is the layer that ``base`` comes of, for
    the changes of one room; None where ``base`` comes of files."""

    base: Register
    allowed: Allowed
    register: Register
    changes: Changes = field(default_factory=dict)
    unfit: tuple[Unfit, ...] = ()
    over: Over = field(default_factory=Over)
    under: Layer | None = None

    @classmethod
    def on(
        cls, base: Register, allowed: Allowed, changes: Changes = NONE, under: Layer | None = None
    ) -> Layer:
        """All of the changes over a register, those that do not fit left out."""
        empty = cls(base, allowed, base, under=under)
        return empty._with(changes, changes.values()) if changes else empty

    def room(self, changes: Changes) -> Layer:
        """The changes of a room, over what everybody sees."""
        return Layer.on(self.register, self.allowed, changes, self)

    @property
    def files(self) -> Register:
        """What there is without any change."""
        return self.base if self.under is None else self.under.files

    def changed(self, section: Section) -> dict[str, Any]:
        """All that is not as the files have it, by key; None where it is gone."""
        below = {} if self.under is None else self.under.changed(section)
        return {**below, **self.over.of(section)}

    def change(self, section: Section, key: str) -> Change | None:
        """The change by which this record is as it is; None where the files have it so."""
        found = self.changes.get((section, key))
        if found is not None and all(one.change is not found for one in self.unfit):
            return found
        return None if self.under is None else self.under.change(section, key)

    def after(self, entry: Entry) -> Layer:
        """One entry more; what was laid before is not looked at again where nothing of it is affected."""
        changes = after(self.changes, entry)
        if self.unfit or entry.dropped or entry.afresh:
            return Layer.on(self.base, self.allowed, changes, self.under)
        return self._with(changes, entry.said)

    def record(self, section: Section, key: str) -> Record | None:
        """What is in force under a key."""
        return find(self.register, section, key)

    def made(self, document: Piece) -> Record:
        """The record that a piece is, with all of the rest around it. ConfigError with what is wrong with it."""
        section, key = document.about
        record = self._read(document, Around(self.register))
        if taken := self._taken(section, key, record, document, self.over):
            raise ConfigError(taken)
        return record

    def _read(self, document: Piece, around: Around) -> Record:
        section, key = document.about
        found = records(
            document, around, suppliers=self.allowed.suppliers, smartcards=self.allowed.smartcards
        )
        record = (
            next(iter(found.mandates()), None) if section is Section.MANDATES else find(found, section, key)
        )
        assert record is not None
        return record

    def _with(self, changes: Changes, said: Iterable[Change]) -> Layer:
        over, unfit = self.over.copy(), []
        register = Layered(self.base, over)
        for section in SECTIONS:
            own = [change for change in said if change.section is section]
            around = Around(register) if own else None
            laid = []
            for change in own:
                over.take_off(section, change.key)
                if change.value is None:
                    over.lay(section, change.key, None)
            for change in own:
                if change.value is None or around is None:
                    continue
                document = piece(section, change.key, change.value, change.source)
                try:
                    laid.append((change, document, self._read(document, around)))
                except ConfigError as error:
                    unfit.append(Unfit(change, error.problems))
            unfit += self._lay(section, laid, over)
        return replace(self, register=register, changes=changes, unfit=tuple(unfit), over=over)

    def _lay(self, section: Section, laid: list[tuple[Change, Piece, Record]], over: Over) -> list[Unfit]:
        """Lay records that are right by themselves. Of two that want the same name, the file's or the first has it."""
        unfit: list[Unfit] = []
        while True:
            for change, _, record in laid:
                over.of(section)[change.key] = (
                    record  # whoever gives up a name does so before another takes it
                )
            for change, document, record in laid:
                taken = self._taken(section, change.key, record, document, over)
                if taken:
                    break
                over.lay(section, change.key, record)
            else:
                return unfit
            unfit.append(Unfit(change, tuple(taken)))
            laid = [one for one in laid if one[0] is not change]
            for key in [one[0].key for one in laid] + [change.key]:
                over.take_off(section, key)

    def _taken(
        self, section: Section, key: str, record: Record, document: Piece, over: Over
    ) -> list[Problem]:
        """The names in a record that another has already."""
        found = []
        if isinstance(record, PersonRecord):
            register = Layered(self.base, over)
            for index, means in enumerate(record.means):
                other = register.login(means.supplier, means.username, card=means.card)
                if other is not None and other[0].key != key:
                    path = (*document.root, "means", index, "card" if means.card else "username")
                    found.append(document.problem(path, taken(means.username, _where(other[1].place))))
        elif isinstance(record, ServiceRecord):
            for name, own in (("service_id", record.service_id), ("instance_uuid", record.instance_uuid)):
                for other_key, service in Overlay(self.base.services, over.services).items():
                    if other_key != key and getattr(service, name).casefold() == own.casefold():
                        found.append(
                            document.problem((*document.root, name), taken(own, _where(service.place)))
                        )
        return found


def _where(place: Place) -> str:
    return f"on line {place.line} of {place.file}" if place.line else f"by one from {place.file}"


def find(register: Register, section: Section, key: str) -> Record | None:
    if section is Section.MANDATES:
        return register.mandate(key)
    sections: dict[Section, Mapping[str, Record]] = {
        Section.SERVICES: register.services,
        Section.COMPANIES: register.companies,
        Section.PEOPLE: register.people,
    }
    return sections[section].get(key)
