"""From ``eherkenning.yaml`` to a :class:`Register`, or to everything that is wrong with the file at once.

``yamlfile.py`` reads, ``schema.py`` checks each value by itself; here is checked what holds between values,
on the data as read, so that one mistake does not hide another.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from suppliers.register.characters import fault_of_key
from suppliers.register.files import Tree, merged, tree_of
from suppliers.register.generate import make_up
from suppliers.register.model import Place, Register
from suppliers.register.problems import MANY, ConfigError, KeyPath, Problem, Surprise, nearest, shown, taken
from suppliers.register.reading import Reading, reading_now
from suppliers.register.records import (
    ANY_SERVICE,
    MandateRecords,
    company_record,
    means_record,
    person_record,
    service_record,
)
from suppliers.register.rows import Check, Seen, Tables, Together
from suppliers.register.schema import SERVICE_ID, UUID, GeneratePart, RegisterPart, fields_of, problems_of
from suppliers.register.where import Where
from suppliers.register.yamlfile import Document

GUESSES = 100  # after so many problems the nearest match is no longer looked for: it takes time

_NO_SECTIONS: Mapping[str, type[BaseModel]] = {}
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file without mistakes, with all that it includes. ``digest`` changes if and only if one of ``files`` does.
    ``day`` is the one that its relative days were counted from, None if it has none."""

    register: Register
    sections: Mapping[str, BaseModel]
    digest: str
    files: tuple[Path, ...] = ()
    day: date | None = None
    where: Where | None = field(default=None, repr=False, compare=False)
    notes: tuple[Surprise, ...] = ()
    """``where`` finds the places of warnings, and is large: whoever keeps this may let go of it. ``notes`` are the
    warnings that only who reads the text sees."""


def load(
    path: Path,
    *,
    suppliers: Collection[str],
    sections: Mapping[str, type[BaseModel]] = _NO_SECTIONS,
    smartcards: Collection[str] | None = None,
    reading: Reading | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Loaded:
    """Like :func:`loads`, from a file; a file that cannot be read is a ConfigError as well."""
    try:
        source = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        raise ConfigError([Problem(str(path), 0, 0, "", message)]) from error
    return loads(
        source,
        str(path),
        suppliers=suppliers,
        sections=sections,
        smartcards=smartcards,
        reading=reading,
        pause=pause,
    )


def loads(
    source: str | bytes,
    name: str,
    *,
    suppliers: Collection[str],
    sections: Mapping[str, type[BaseModel]] = _NO_SECTIONS,
    smartcards: Collection[str] | None = None,
    reading: Reading | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Loaded:
    """What a YAML text that messages call ``name`` says, or ConfigError with every problem in it.

    ``suppliers`` are the slugs that a means may name, ``smartcards`` those of them where one may log in with a
    card; all of them if None. ``sections`` are top-level keys that belong to someone
    else, each with the model for it; the model must forbid unknown keys, and validates ``{}`` if the file
    lacks the section. ``reading`` is now, with this process's environment, if not given; ``pause`` is called again
    and again while much is read.
    """
    for key, model in sections.items():
        if model.model_config.get("extra") != "forbid" and not issubclass(model, RootModel):
            raise TypeError(
                f"{model.__name__} must have extra='forbid', or misspelt keys in {key}: go unseen"
            )
    smartcards = suppliers if smartcards is None else smartcards
    reading = reading or reading_now(os.environ)
    tree = tree_of(source, name)
    document = merged(tree.documents)
    problems = [*tree.problems, *document.problems]
    own = fields_of(RegisterPart)
    known = (*own, *sections)
    for key in document.data:
        if key not in known:
            problems.append(document.problem((key,), "is not known here", known, nearest(key, known)))
    ours = {key: value for key, value in document.data.items() if key in own}
    part = _validated(RegisterPart, ours, document, (), problems, reading)
    extra = {
        key: _validated(model, {} if value is None else value, document, (key,), problems, reading)
        for key, model, value in ((key, model, document.data.get(key)) for key, model in sections.items())
    }
    tables = Tables(reading, suppliers, smartcards, pause)
    around = _Whole(document.data, tables)
    check = partial(records, around=around, suppliers=suppliers, smartcards=smartcards, reading=reading)
    _read_records(tree, document, tables, check, part.generate if part else None)
    problems += _Between(document, suppliers, smartcards, around, reading).problems
    written = {
        id_: Place(document.file(("mandates", index)), document.place(("mandates", index, "id"))[0])
        for index, mandate in _items(document.data.get("mandates"))
        if (id_ := _text(mandate.get("id")))
    }
    ids = set(written)
    make = MandateRecords(around.names, ids)
    for file in tree.tables:
        if file.kind == "mandates":
            tables.read_mandates(
                file,
                people=around.people,
                companies=around.companies,
                names=around.names,
                make=make,
                ids=ids,
                written=written,
                check=check,
            )
    problems += tables.problems
    if problems or part is None:
        raise ConfigError(problems, tree.paths)
    found = {key: value for key, value in extra.items() if value is not None}
    day = reading.today if reading.relative else None
    register, in_yaml = _register(part, document, make, tables)
    where = Where(document, {table.file.name: table for table in tables.opened}, in_yaml, tables.made_up)
    notes = tuple(note for one in tree.documents for note in one.notes)
    return Loaded(register, found, _digest(tree), tuple(tree.paths), day, where, notes)


def _read_records(
    tree: Tree, document: Document, tables: Tables, check: Check, generate: GeneratePart | None
) -> None:
    """People and companies of the tables, and those that are made up; mandates may name all of them."""
    people, companies = _mappings(document.data, "people"), _mappings(document.data, "companies")
    for key, person in people.items():
        for index, means in _items(person.get("means")):
            name = _text(means.get("card")) or _text(means.get("username"))
            path: KeyPath = ("people", key, "means", index)
            login = (_text(means.get("supplier")), bool(means.get("card")), name.casefold())
            tables.logins.setdefault(login, Place(document.file(path), document.place(path)[0]))
    for file in tree.tables:
        if file.kind == "people":
            tables.read_people(file, people, check)
    for file in tree.tables:
        if file.kind == "companies":
            tables.read_companies(file, companies, check)
    if generate is not None:
        place = Place(document.file(("generate",)), document.place(("generate",))[0])
        tables.made_up = place
        make_up(generate, tables, people, companies, place)


def _digest(tree: Tree) -> str:
    digest = hashlib.sha256()
    for source in tree.sources:
        digest.update(source)
    for table in tree.tables:
        with table.path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


class _Whole:
    """Everything that records may refer to: what the YAML says and what the tables hold."""

    def __init__(self, data: Mapping[str, Any], tables: Tables) -> None:
        self.services: Mapping[str, Mapping[str, Any]] = _mappings(data, "services")
        seen = Seen(tables.companies, ("name", "kvk", "rsin", "branches"))
        self.companies: Mapping[str, Mapping[str, Any]] = Together(_mappings(data, "companies"), seen)
        self.people: Mapping[str, Mapping[str, Any]] = Together(
            _mappings(data, "people"), Seen(tables.people, ("name", "email"))
        )
        self.names = ServiceNames(self.services)


def _validated(
    model: type[_Model],
    data: Any,
    document: Document,
    root: KeyPath,
    problems: list[Problem],
    reading: Reading | None = None,
) -> _Model | None:
    try:
        return model.model_validate(data, context=reading)
    except ValidationError as error:
        problems.extend(problems_of(error, document, model, root))
        return None


# ---- what holds between values ----


def _mappings(data: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """The records under a top-level key, whatever is wrong with them."""
    value = data.get(key)
    found = value if isinstance(value, dict) else {}
    return {name: entry if isinstance(entry, dict) else {} for name, entry in found.items()}


def _items(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield index, item


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _both(name: object) -> Iterable[str]:
    """The name or names that a text in languages has, whatever is wrong with it."""
    name = name if isinstance(name, dict) else {"nl": name}
    return dict.fromkeys(filter(None, (_text(name.get(language)) for language in ("nl", "en"))))


def _unread(data: Mapping[str, Any]) -> Iterator[str]:
    """Sections that hold something else than records, or whose name is misspelt."""
    for section in ("people", "companies"):
        value = data.get(section)
        if section not in data:
            others = [key for key in data if key not in fields_of(RegisterPart)]
            if any(nearest(key, (section,)) for key in others):
                yield section
        elif value is not None and not isinstance(value, dict):
            yield section


def _called(text: str, records: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The key of the record that has this name or number; None where none, or more than one, has it."""
    if len(records) > MANY:
        return None  # it takes time, and there may be as many mistakes as records
    found = [
        key
        for key, record in records.items()
        if text in (_text(record.get("name")), _text(record.get("kvk")), _text(record.get("rsin")))
    ]
    return found[0] if len(found) == 1 else None


class ServiceNames:
    """A mandate may call a service by its key, its ServiceID, a UUID or its name in either language."""

    def __init__(self, services: Mapping[str, Mapping[str, Any]]) -> None:
        self.keys = tuple(services)
        self.service_ids: Mapping[str, str] = {
            key: _text(entry.get("service_id")) for key, entry in services.items()
        }
        self.names: dict[str, list[str]] = {}
        self.ids: dict[str, list[str]] = {}
        self.providers: dict[str, list[str]] = {}
        for key, entry in services.items():
            for text in _both(entry.get("name")):
                self.names.setdefault(text, []).append(key)
            if found := SERVICE_ID.fullmatch(_text(entry.get("service_id"))):
                for text in _both(entry.get("provider")):
                    self.providers.setdefault(text, []).append(found[1])
            for text in {_text(entry.get(name)).lower() for name in ("service_id", "uuid", "instance_uuid")}:
                self.ids.setdefault(text, []).append(key)

    def called(self, text: str) -> list[str]:
        """The keys of the services that a text may mean."""
        if text in ("", ANY_SERVICE):
            return []
        return [text] if text in self.keys else self.names.get(text) or self.ids.get(text.lower()) or []

    def providers_called(self, text: str) -> list[str]:
        """The OINs, or the entity id, that a text may mean: a provider may be called by either, or by its name as
        the services have it."""
        if found := self.providers.get(text):
            return list(dict.fromkeys(found))
        is_oin = re.fullmatch("[0-9]{20}", text)
        is_entity_id = re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s]+", text, re.IGNORECASE)
        return [text] if is_oin or is_entity_id else []

    def is_outside(self, text: str) -> bool:
        """Whether a text may mean a service that the file does not know: SP metadata may bring it."""
        return bool(SERVICE_ID.fullmatch(text) or UUID.fullmatch(text))


class Around(Protocol):
    """What the records of a document may refer to when it is not a whole file: in the shape of the file, of a
    person at least ``name`` and ``email``, of a company ``kvk`` and ``branches``, of a service its ids."""

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def companies(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def people(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def names(self) -> ServiceNames: ...


def records(
    document: Document,
    around: Around,
    *,
    suppliers: Collection[str],
    smartcards: Collection[str],
    reading: Reading | None = None,
) -> Register:
    """The records of a document that is a piece of a file. ConfigError with everything that is wrong with it by
    itself and with what it refers to; whether a name is taken ``around`` it is for the caller to see."""
    problems = list(document.problems)
    part = _validated(RegisterPart, document.data, document, (), problems, reading)
    problems += _Between(document, suppliers, smartcards, around, reading).problems
    if problems or part is None:
        raise ConfigError(problems)
    ids = {mandate.id for mandate in part.mandates if mandate.id}
    return _register(part, document, MandateRecords(around.names, ids))[0]


class _Between:
    """Finds what is wrong between the values of a document."""

    def __init__(
        self,
        document: Document,
        suppliers: Collection[str],
        smartcards: Collection[str],
        around: Around | None = None,
        reading: Reading | None = None,
    ) -> None:
        self.reading = reading or reading_now()
        self.document = document
        self.smartcards = tuple(smartcards)
        self.suppliers = tuple(suppliers)
        self.problems: list[Problem] = []
        data = document.data
        self.unread = set(_unread(data))
        services, companies = _mappings(data, "services"), _mappings(data, "companies")
        self.own_people = _mappings(data, "people")
        self.services: Mapping[str, Mapping[str, Any]] = around.services if around else services
        self.companies: Mapping[str, Mapping[str, Any]] = around.companies if around else companies
        self.people: Mapping[str, Mapping[str, Any]] = around.people if around else self.own_people
        self.service_names = around.names if around else ServiceNames(self.services)
        mandates = list(_items(data.get("mandates")))

        for section, found in (("services", services), ("companies", companies), ("people", self.own_people)):
            for key in found:
                if wrong := fault_of_key(key):
                    self.note((section, key), wrong)
        for index, mandate in mandates:
            if (own := _text(mandate.get("id"))) and (wrong := fault_of_key(own)):
                self.note(("mandates", index, "id"), wrong)
        for name in ("service_id", "instance_uuid"):
            self.once((("services", key, name), _text(s.get(name))) for key, s in services.items())
        self.once((("mandates", index, "id"), _text(mandate.get("id"))) for index, mandate in mandates)
        for key, company in companies.items():
            if company and not company.get("kvk") and not company.get("rsin"):
                self.note(("companies", key), "needs a kvk, an rsin or both")
            self.manager(("companies", key, "manager"), _text(company.get("manager")))
        self.means()
        for index, mandate in mandates:
            self.mandate(("mandates", index), mandate)

    def note(self, path: KeyPath, message: str, allowed: Iterable[str] = (), text: str = "") -> None:
        allowed = allowed.as_allowed if isinstance(allowed, Together) else tuple(allowed)
        likely = nearest(text, allowed) if text and len(self.problems) < GUESSES else None
        self.problems.append(self.document.problem(path, message, allowed, likely))

    def once(self, values: Iterable[tuple[KeyPath, str]]) -> None:
        first: dict[str, KeyPath] = {}
        for path, text in values:
            if text and first.setdefault(text.casefold(), path) != path:
                known = first[text.casefold()]
                where = f"on line {self.document.place(known)[0]}"
                if self.document.file(known) != self.document.file(path):
                    where += f" of {self.document.file(known)}"
                self.note(path, taken(text, where))

    def refer(self, path: KeyPath, text: str, known: Collection[str], what: str) -> None:
        if not text or text in known:
            return
        section = {"person": "people", "company": "companies"}.get(what, "")
        if section and section in self.unread:
            return  # one mistake up there, and not one more for everything that refers to it
        message = f"there is no {what} {shown(text)}"
        if key := _called(text, self.people if section == "people" else self.companies) if section else None:
            self.note(path, f"{message}, and the key is needed here", known, key)
        else:
            self.note(path, message, known, text)

    def manager(self, path: KeyPath, text: str) -> None:
        """Whoever approves mandates hears of them by e-mail."""
        self.refer(path, text, self.people, "person")
        if text in self.people and self.people[text] and not self.people[text].get("email"):
            self.note(path, f"{shown(text)} has no email, and a mandate manager hears of requests by e-mail")

    def means(self) -> None:
        logins: dict[tuple[str, str], list[tuple[KeyPath, str]]] = {}
        for key, person in self.own_people.items():
            for index, means in _items(person.get("means")):
                path: KeyPath = ("people", key, "means", index)
                supplier = _text(means.get("supplier"))
                self.refer((*path, "supplier"), supplier, self.suppliers, "supplier")
                name = "card" if _text(means.get("card")) else "username"
                logins.setdefault((supplier, name), []).append(((*path, name), _text(means.get(name))))
                self.kind_of_means(path, means)
        for values in logins.values():
            self.once(values)

    def kind_of_means(self, path: KeyPath, means: Mapping[str, Any]) -> None:
        """A user name with a password, or a card with a PIN. A key without a value counts as left out."""
        given = {key for key, value in means.items() if value is not None}
        if "card" in given:
            supplier = _text(means.get("supplier"))
            if supplier in self.suppliers and supplier not in self.smartcards:
                self.note((*path, "card"), f"{supplier} has no smartcards", self.smartcards)
            for key in ("username", "password", "renew", "app"):
                if key in given:
                    self.note((*path, key), "a smartcard has none: leave it out")
            if "pin" not in given:
                self.note((*path, "pin"), "is missing, and a smartcard is used with its PIN", ("6 digits",))
        elif not given & {"username", "password"}:
            self.note(path, "needs a username and a password, or a card and its pin")
        else:
            for key in ("username", "password"):
                if key not in given:
                    self.note((*path, key), "is missing")

    def mandate(self, path: KeyPath, mandate: dict[str, Any]) -> None:
        person, company, service, branch, start, until = (
            _text(mandate.get(key)) for key in ("person", "company", "service", "branch", "from", "until")
        )
        self.refer((*path, "person"), person, self.people, "person")
        self.refer((*path, "company"), company, self.companies, "company")
        self.intermediary((*path, "intermediary"), _text(mandate.get("intermediary")), company)
        self.service((*path, "service"), service)
        self.provider(path, mandate)
        if company in self.companies and re.fullmatch("[0-9]{12}", branch):
            branches = self.companies[company].get("branches")
            known = [key for key in branches if len(key) == 12] if isinstance(branches, dict) else []
            if known:
                self.refer((*path, "branch"), branch, known, f"branch of {company} with number")
            else:
                self.note((*path, "branch"), f"{company} has no branches: put {branch} under its branches")
        self.order((*path, "until"), start, until, f"{until} comes before from, {start}")
        used = _text(mandate.get("last_used"))
        self.order((*path, "last_used"), start, used, f"{used} comes before from, {start}")
        self.order((*path, "last_used"), used, until, f"{used} comes after until, {until}")

    def order(self, path: KeyPath, first: str, second: str, message: str) -> None:
        start, end = self.reading.day_or_none(first), self.reading.day_or_none(second)
        if start and end and start > end:
            self.note(path, message)

    def intermediary(self, path: KeyPath, text: str, company: str) -> None:
        self.refer(path, text, self.companies, "company")
        record = self.companies.get(text)
        if text and text == company:
            self.note(path, f"{shown(text)} is the company itself: leave it out, or name another company")
        elif record and not record.get("kvk"):
            self.note(path, f"{shown(text)} has no kvk, and an intermediary is known by its KvK number")

    def provider(self, path: KeyPath, mandate: Mapping[str, Any]) -> None:
        text = _text(mandate.get("provider"))
        called = self.service_names.providers_called(text)
        if text and mandate.get("service"):
            self.note((*path, "provider"), "stands beside service: leave one of the two out")
        elif len(called) > 1:
            self.note(
                (*path, "provider"), f"{len(called)} providers are called {shown(text)}: use the OIN", called
            )
        elif re.fullmatch("[0-9]{10,}", text) and not called:
            message = f"the OIN of a provider has 20 digits, {shown(text)} has {len(text)}"
            self.note((*path, "provider"), message, ("20 digits",))
        elif text and not called:
            self.note(
                (*path, "provider"),
                f"there is no provider {shown(text)}",
                (*self.service_names.providers, "<OIN of 20 digits>", "<entity id of a service provider>"),
                text,
            )
        elif not text and not mandate.get("service"):
            self.note((*path, "service"), 'is missing: a mandate is for a service, for "*" or for a provider')

    def service(self, path: KeyPath, text: str) -> None:
        names = self.service_names
        called = names.called(text)
        if len(called) == 1 or names.is_outside(text):
            return
        if called:
            message = f"{len(called)} services are called {shown(text)}: use the key of one"
            self.note(path, message, called)
        elif text.startswith("urn:"):
            ids = dict.fromkeys(_text(service.get("service_id")) for service in self.services.values())
            self.refer(path, text, list(filter(None, ids)), "service")
        else:
            allowed = dict.fromkeys(filter(None, (*names.keys, *names.names, ANY_SERVICE)))
            self.refer(path, text, allowed, "service")


# ---- the records ----


def _register(
    part: RegisterPart, document: Document, make: MandateRecords, tables: Tables | None = None
) -> tuple[Register, Mapping[str, int]]:
    """And the numbers of the mandates of the document by their id."""

    def place(*path: str | int) -> Place:
        return Place(document.file(path), document.place(path)[0])

    companies = [company_record(key, c, place("companies", key)) for key, c in part.companies.items()]
    people = []
    for key, p in part.people.items():
        means = [means_record(m, place("people", key, "means", i)) for i, m in enumerate(p.means)]
        people.append(person_record(key, p, means, place("people", key)))
    mandates = [make.record(m, place("mandates", index)) for index, m in enumerate(part.mandates)]
    register = Register(
        services=[service_record(key, s, place("services", key)) for key, s in part.services.items()],
        companies=chain(companies, tables.companies.values() if tables else ()),
        people=chain(people, tables.people.values() if tables else ()),
        mandates=chain(mandates, tables.mandates if tables else ()),
    )
    return register, {mandate.id: index for index, mandate in enumerate(mandates)}
