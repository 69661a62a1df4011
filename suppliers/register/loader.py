"""From ``eherkenning.yaml`` to a :class:`Register`, or to everything that is wrong with the file at once.

``yamlfile.py`` reads, ``schema.py`` checks each value by itself; here is checked what holds between values,
on the data as read, so that one mistake does not hide another.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from suppliers.ask import Names
from suppliers.register.model import (
    CompanyRecord,
    Mandate,
    Means,
    PersonRecord,
    Place,
    Register,
    ServiceRecord,
)
from suppliers.register.problems import ConfigError, KeyPath, Problem, nearest, shown
from suppliers.register.schema import SERVICE_ID, UUID, NamesPart, RegisterPart, fields_of, problems_of
from suppliers.register.yamlfile import Document, read

ANY_SERVICE = "*"
GUESSES = 100  # after so many problems the nearest match is no longer looked for: it takes time

_NO_SECTIONS: Mapping[str, type[BaseModel]] = {}
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file without mistakes. ``digest`` changes if and only if the file does."""

    register: Register
    sections: Mapping[str, BaseModel]
    digest: str


def load(
    path: Path, *, suppliers: Collection[str], sections: Mapping[str, type[BaseModel]] = _NO_SECTIONS
) -> Loaded:
    """Like :func:`loads`, from a file; a file that cannot be read is a ConfigError as well."""
    try:
        source = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        raise ConfigError([Problem(str(path), 0, 0, "", message)]) from error
    return loads(source, str(path), suppliers=suppliers, sections=sections)


def loads(
    source: str | bytes,
    name: str,
    *,
    suppliers: Collection[str],
    sections: Mapping[str, type[BaseModel]] = _NO_SECTIONS,
) -> Loaded:
    """What a YAML text that messages call ``name`` says, or ConfigError with every problem in it.

    ``suppliers`` are the slugs that a means may name. ``sections`` are top-level keys that belong to someone
    else, each with the model for it; the model must forbid unknown keys, and validates ``{}`` if the file
    lacks the section.
    """
    for key, model in sections.items():
        if model.model_config.get("extra") != "forbid" and not issubclass(model, RootModel):
            raise TypeError(
                f"{model.__name__} must have extra='forbid', or misspelt keys in {key}: go unseen"
            )
    document = read(source, name)
    problems = list(document.problems)
    own = fields_of(RegisterPart)
    known = (*own, *sections)
    for key in document.data:
        if key not in known:
            problems.append(document.problem((key,), "is not known here", known, nearest(key, known)))
    ours = {key: value for key, value in document.data.items() if key in own}
    part = _validated(RegisterPart, ours, document, (), problems)
    extra = {
        key: _validated(model, {} if value is None else value, document, (key,), problems)
        for key, model, value in ((key, model, document.data.get(key)) for key, model in sections.items())
    }
    between = _Between(document, suppliers)
    problems += between.problems
    if problems or part is None:
        raise ConfigError(problems)
    found = {key: value for key, value in extra.items() if value is not None}
    raw = source.encode() if isinstance(source, str) else source
    return Loaded(_register(part, document, between.service_names), found, hashlib.sha256(raw).hexdigest())


def _validated(
    model: type[_Model], data: Any, document: Document, root: KeyPath, problems: list[Problem]
) -> _Model | None:
    try:
        return model.model_validate(data)
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
    return dict.fromkeys(_text(name.get(language)) for language in ("nl", "en"))


class _ServiceNames:
    """A mandate may call a service by its key, its ServiceID, a UUID or its name in either language."""

    def __init__(self, services: Mapping[str, dict[str, Any]]) -> None:
        self.keys = tuple(services)
        self.names: dict[str, list[str]] = {}
        self.ids: dict[str, list[str]] = {}
        self.providers: dict[str, list[str]] = {}
        for key, entry in services.items():
            for text in _both(entry.get("name")):
                self.names.setdefault(text, []).append(key)
            if found := SERVICE_ID.fullmatch(_text(entry.get("service_id"))):
                for text in _both(entry.get("provider")):
                    self.providers.setdefault(text, []).append(found[1])
            for text in {
                _text(entry.get(field)).lower() for field in ("service_id", "uuid", "instance_uuid")
            }:
                self.ids.setdefault(text, []).append(key)

    def called(self, text: str) -> list[str]:
        """The keys of the services that a text may mean."""
        if text in ("", ANY_SERVICE):
            return []
        return [text] if text in self.keys else self.names.get(text) or self.ids.get(text.lower()) or []

    def providers_called(self, text: str) -> str:
        """The OIN or entity id that a text means; empty for none."""
        if found := self.providers.get(text):
            return found[0]
        is_oin = re.fullmatch("[0-9]{20}", text)
        is_entity_id = re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s]+", text, re.IGNORECASE)
        return text if is_oin or is_entity_id else ""

    def is_outside(self, text: str) -> bool:
        """Whether a text may mean a service that the file does not know: SP metadata may bring it."""
        return bool(SERVICE_ID.fullmatch(text) or UUID.fullmatch(text))


class _Between:
    """Finds what is wrong between the values of a document."""

    def __init__(self, document: Document, suppliers: Collection[str]) -> None:
        self.document = document
        self.problems: list[Problem] = []
        data = document.data
        self.services = _mappings(data, "services")
        self.companies = _mappings(data, "companies")
        self.people = _mappings(data, "people")
        self.service_names = _ServiceNames(self.services)
        mandates = list(_items(data.get("mandates")))

        for field in ("service_id", "instance_uuid"):
            self.once((("services", key, field), _text(s.get(field))) for key, s in self.services.items())
        self.once((("mandates", index, "id"), _text(mandate.get("id"))) for index, mandate in mandates)
        for key, company in self.companies.items():
            if company and not company.get("kvk") and not company.get("rsin"):
                self.note(("companies", key), "needs a kvk, an rsin or both")
            self.refer(("companies", key, "manager"), _text(company.get("manager")), self.people, "person")
        self.means(tuple(suppliers))
        for index, mandate in mandates:
            self.mandate(("mandates", index), mandate)

    def note(self, path: KeyPath, message: str, allowed: Iterable[str] = (), text: str = "") -> None:
        allowed = tuple(allowed)
        likely = nearest(text, allowed) if text and len(self.problems) < GUESSES else None
        self.problems.append(self.document.problem(path, message, allowed, likely))

    def once(self, values: Iterable[tuple[KeyPath, str]]) -> None:
        first: dict[str, KeyPath] = {}
        for path, text in values:
            if text and first.setdefault(text.casefold(), path) != path:
                line = self.document.place(first[text.casefold()])[0]
                self.note(path, f"{shown(text)} is taken on line {line}: each needs one of its own")

    def refer(self, path: KeyPath, text: str, known: Collection[str], what: str) -> None:
        if text and text not in known:
            self.note(path, f"there is no {what} {shown(text)}", known, text)

    def means(self, suppliers: tuple[str, ...]) -> None:
        logins: dict[tuple[str, str], list[tuple[KeyPath, str]]] = {}
        for key, person in self.people.items():
            for index, means in _items(person.get("means")):
                path: KeyPath = ("people", key, "means", index)
                supplier = _text(means.get("supplier"))
                self.refer((*path, "supplier"), supplier, suppliers, "supplier")
                name = "card" if _text(means.get("card")) else "username"
                logins.setdefault((supplier, name), []).append(((*path, name), _text(means.get(name))))
                self.kind_of_means(path, means)
        for values in logins.values():
            self.once(values)

    def kind_of_means(self, path: KeyPath, means: Mapping[str, Any]) -> None:
        """A user name with a password, or a card with a PIN."""
        if "card" in means:
            for key in ("username", "password", "renew"):
                if key in means:
                    self.note((*path, key), "a smartcard has none: leave it out")
            if not means.get("pin"):
                self.note(path, "a smartcard needs its pin", ("6 digits",))
            return
        for key in ("username", "password"):
            if key not in means:
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
            self.refer((*path, "branch"), branch, known, f"branch of {company} with number")
        days = re.fullmatch(r"(\d{4}-\d\d-\d\d) (\d{4}-\d\d-\d\d)", f"{start} {until}")
        if days and days[1] > days[2]:
            self.note((*path, "until"), f"{until} comes before from, {start}")

    def intermediary(self, path: KeyPath, text: str, company: str) -> None:
        self.refer(path, text, self.companies, "company")
        record = self.companies.get(text)
        if text and text == company:
            self.note(path, f"{shown(text)} is the company itself: leave it out, or name another company")
        elif record and not record.get("kvk"):
            self.note(path, f"{shown(text)} has no kvk, and an intermediary is known by its KvK number")

    def provider(self, path: KeyPath, mandate: Mapping[str, Any]) -> None:
        text = _text(mandate.get("provider"))
        if text and mandate.get("service"):
            self.note((*path, "provider"), "stands beside service: leave one of the two out")
        elif text and not self.service_names.providers_called(text):
            self.note(
                (*path, "provider"),
                f"there is no provider {shown(text)}",
                (*self.service_names.providers, "<OIN of 20 digits>", "<entity id of a service provider>"),
                text,
            )
        elif not text and not mandate.get("service"):
            self.note((*path, "service"), "is missing")

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


def _register(part: RegisterPart, document: Document, names: _ServiceNames) -> Register:
    def place(*path: str | int) -> Place:
        return Place(document.name, document.place(path)[0])

    services = {
        key: ServiceRecord(
            key=key,
            service_id=s.service_id,
            uuid=s.uuid or _derived(s.service_id, "definition"),
            instance_uuid=s.instance_uuid or _derived(s.service_id, "instance"),
            name=_names(s.name),
            provider=_names(s.provider),
            level=s.level,
            identifier_sets=tuple(map(tuple, s.identifiers)),
            branches_accepted=s.branches,
            place=place("services", key),
        )
        for key, s in part.services.items()
    }
    companies = [
        CompanyRecord(key, c.name, c.kvk, c.rsin, c.branches, place("companies", key), c.manager, c.approves)
        for key, c in part.companies.items()
    ]
    people = [
        PersonRecord(
            key=key,
            name=p.name,
            email=p.email,
            phone=p.phone,
            attributes=p.attributes,
            means=tuple(
                Means(
                    supplier=m.supplier,
                    username=m.card or m.username or "",
                    password=m.password or "",
                    level=m.level,
                    pin=m.pin,
                    place=place("people", key, "means", index),
                    card=m.card is not None,
                    status=m.status,
                    until=m.until,
                    renew=m.renew,
                    app=m.app,
                )
                for index, m in enumerate(p.means)
            ),
            place=place("people", key),
        )
        for key, p in part.people.items()
    ]
    taken = {m.id for m in part.mandates if m.id}
    mandates = []
    for index, m in enumerate(part.mandates):
        asked = m.service or ""
        called = names.called(asked)
        if len(called) == 1:
            label, service = called[0], services[called[0]].service_id
        elif asked == ANY_SERVICE:
            label, service = "all", ANY_SERVICE
        else:
            label = service = asked.lower() if UUID.fullmatch(asked) else asked
        provider = names.providers_called(m.provider) if m.provider else ""
        label = label or f"all of {provider}"
        parts = (m.person, m.company, label, m.branch, m.intermediary)
        own = m.id or _free("/".join(filter(None, parts)), taken)
        taken.add(own)
        mandates.append(
            Mandate(
                id=own,
                person=m.person,
                company=m.company,
                service=service,
                level=m.level,
                start=m.from_,
                until=m.until,
                branch=m.branch,
                status=m.status,
                intermediary=m.intermediary,
                place=place("mandates", index),
                provider=provider,
                last_used=m.last_used,
            )
        )
    return Register(services=services.values(), companies=companies, people=people, mandates=mandates)


def _names(part: NamesPart) -> Names:
    return Names(part.nl, part.en or part.nl)


def _derived(service_id: str, role: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{service_id}#{role}"))


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if someone has it already."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
