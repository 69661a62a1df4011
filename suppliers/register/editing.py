"""What one call does to the records in force: what is wrong with it, what stands in its way, or the entry to write.

Plain functions of a :class:`Layer`: whoever writes the entry asks again where somebody else was first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from suppliers.register import shape
from suppliers.register.changes import Change, Entry, Key, Section
from suppliers.register.layer import Layer, Piece, Record, find, piece
from suppliers.register.model import CompanyRecord, Mandate, PersonRecord, Place, Register, ServiceRecord
from suppliers.register.problems import ConfigError, KeyPath, Problem, nearest, shown

_SHAPES: Mapping[Section, Any] = {
    Section.SERVICES: shape.service,
    Section.COMPANIES: shape.company,
    Section.PEOPLE: shape.person,
    Section.MANDATES: shape.mandate,
}
ONE = {
    Section.SERVICES: "service",
    Section.COMPANIES: "company",
    Section.PEOPLE: "person",
    Section.MANDATES: "mandate",
}
# Among more than so many the nearest is not looked for: it takes a second.
_MOST_COMPARED = 5_000


class Refused(Exception):
    """The call changes nothing."""


class Wrong(Refused):
    """What is wrong with the body, each with the path in it."""

    def __init__(self, problems: Iterable[tuple[KeyPath, Problem]]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class Missing(Refused):
    """There is nothing under this key. ``nearest`` is the key that was probably meant."""

    def __init__(self, what: str, key: str, near: str | None = None) -> None:
        super().__init__(f"there is no {what} {shown(key)}")
        self.nearest = near


class Taken(Refused):
    """It is there already, and it was asked to make it."""


class InUse(Refused):
    """Others refer to it. ``users`` are the keys of those; ``cascade`` is whether they can be taken along."""

    def __init__(self, text: str, users: tuple[Key, ...], *, cascade: bool) -> None:
        super().__init__(text)
        self.users = users
        self.cascade = cascade


@dataclass(frozen=True, slots=True)
class By:
    """Who changes: the tag of the call, and when."""

    tag: str
    at: datetime

    def change(self, section: Section, key: str, value: Mapping[str, Any] | None) -> Change:
        return Change(section, key, value, self.tag, self.at)


@dataclass(frozen=True, slots=True)
class Step:
    """What a call comes down to. Without an ``entry`` everything is as it was asked to be already."""

    key: str
    entry: Entry | None = None
    new: bool = False
    gone: tuple[Key, ...] = ()
    hides: bool = False


def put(layer: Layer, section: Section, key: str, value: object, by: By) -> Step:
    """Make or replace a record. The same once more is no change; in a room it is one the first time, so that what
    changes outside does not matter there any more."""
    record = _made(layer, section, key, value, by)
    was = layer.record(section, key)
    own = layer.under is None or (section, key) in layer.changes
    if own and was is not None and _without_place(was) == _without_place(record):
        return Step(key)
    if was is not None:
        _keep_whole(layer.register, section, key, was, record)
    assert isinstance(value, Mapping)
    return Step(key, Entry((by.change(section, key, dict(value)),)), new=was is None)


def post_mandate(layer: Layer, value: object, by: By) -> Step:
    """Make a mandate, with an id of its own unless the body has one."""
    given = value.get("id") if isinstance(value, Mapping) else None
    key = given.strip() if isinstance(given, str) else ""
    if key and layer.register.mandate(key) is not None:
        raise Taken(f"there is a mandate {shown(key)} already; replace it with PUT")
    record = _made(layer, Section.MANDATES, key, value, by)
    assert isinstance(record, Mandate)
    assert isinstance(value, Mapping)
    number, key = 1, record.id
    while layer.register.mandate(key) is not None:
        number += 1
        key = f"{record.id}-{number}"
    body = {name: part for name, part in value.items() if name != "id"}
    return Step(key, Entry((by.change(Section.MANDATES, key, body),)), new=True)


def patch(layer: Layer, section: Section, key: str, value: object, by: By) -> Step:
    """Change some keys of a record (JSON merge patch, RFC 7396): null takes a key away."""
    was = existing(layer, section, key)
    if not isinstance(value, Mapping):
        return put(layer, section, key, value, by)
    return put(layer, section, key, _merged(as_written(layer, section, key, was), value), by)


def put_means(layer: Layer, person: str, supplier: str, name: str, value: object, by: By) -> Step:
    """Make or replace one means of a person: the one with this user name, or card."""
    was = existing(layer, Section.PEOPLE, person)
    assert isinstance(was, PersonRecord)
    if not isinstance(value, Mapping):
        raise _wrong("must consist of 'key: value' lines")
    one = {"supplier": supplier, **value}
    if "card" not in one:
        one.setdefault("username", name)
    found = _means_at(was, supplier, name, card="card" in one)
    for key in ("supplier", "card" if "card" in one else "username"):
        wanted = supplier if key == "supplier" else name
        if isinstance(one[key], str) and one[key].strip().casefold() != wanted.casefold():
            raise _wrong(f"{shown(one[key])} is not that of the address, {shown(wanted)}", (key,))
    body = as_written(layer, Section.PEOPLE, person, was)
    means = list(body.get("means", ()))
    at = len(means) if found is None else found
    means[at : at + 1] = [one]
    try:
        return replace(put(layer, Section.PEOPLE, person, {**body, "means": means}, by), new=found is None)
    except Wrong as wrong:
        root = ("means", at)
        raise Wrong(_inside(root, path, problem) for path, problem in wrong.problems) from None


def delete_means(layer: Layer, person: str, supplier: str, name: str, by: By) -> Step:
    was = existing(layer, Section.PEOPLE, person)
    assert isinstance(was, PersonRecord)
    at = means_at(was, supplier, name)
    body = as_written(layer, Section.PEOPLE, person, was)
    means = [one for index, one in enumerate(body["means"]) if index != at]
    step = put(layer, Section.PEOPLE, person, {**body, "means": means}, by)
    base = layer.base.people.get(person)
    return replace(step, hides=base is not None and was.means[at] in base.means)


def delete(layer: Layer, section: Section, key: str, by: By, *, cascade: bool = False) -> Step:
    """Take a record away; what the file has of it is hidden. With ``cascade`` what refers to it goes along, and a
    company loses its manager."""
    existing(layer, section, key)
    users = _users(layer.register, section, key)
    if users and not cascade:
        raise InUse(f"{ONE[section]} {shown(key)} is referred to by {_listed(users)}", users, cascade=True)
    said, dropped = [], []
    gone = [(section, key), *(user for user in users if user[0] is not Section.COMPANIES)]
    for about in gone:
        if find(layer.base, *about) is not None:
            said.append(by.change(*about, None))
        else:
            dropped.append(about)
    for user in users:
        if user[0] is Section.COMPANIES:
            company = as_written(layer, *user, existing(layer, *user))
            del company["manager"]
            said.append(by.change(*user, company))
    return Step(key, Entry(tuple(said), tuple(dropped), tag=by.tag), gone=tuple(gone))


def drop(layer: Layer, tag: str) -> Entry | None:
    """What takes all changes of a room back; ``layer`` is that room's. None if there is nothing to drop."""
    return Entry(dropped=tuple(layer.changes), tag=tag) if layer.changes else None


def existing(layer: Layer, section: Section, key: str) -> Record:
    """The record of this key, or Missing."""
    found = layer.record(section, key)
    if found is None:
        raise Missing(ONE[section], key, _near(layer.register, section, key))
    return found


def as_written(layer: Layer, section: Section, key: str, record: Record) -> dict[str, Any]:
    """A record in the shape of the file: as the change has it where there is one, for that may count from today."""
    change = layer.change(section, key)
    if change is not None and change.value is not None:
        return dict(change.value)
    return dict(_SHAPES[section](record))


def means_at(person: PersonRecord, supplier: str, name: str) -> int:
    """Which of the means of a person this is; a user name goes before a card of the same number."""
    found = _means_at(person, supplier, name, card=False)
    found = _means_at(person, supplier, name, card=True) if found is None else found
    if found is None:
        names = [f"{means.supplier}/{means.username}" for means in person.means]
        raise Missing(
            f"means of {person.key} like", f"{supplier}/{name}", nearest(f"{supplier}/{name}", names)
        )
    return found


def _means_at(person: PersonRecord, supplier: str, name: str, *, card: bool) -> int | None:
    wanted = (supplier, card, name.strip().casefold())
    return next(
        (at for at, m in enumerate(person.means) if (m.supplier, m.card, m.username.casefold()) == wanted),
        None,
    )


def _made(layer: Layer, section: Section, key: str, value: object, by: By) -> Record:
    """The record that a body is. Wrong with everything that is wrong with it."""
    document = piece(section, key, value, by.change(section, key, None).source)
    if section is Section.MANDATES and isinstance(value, Mapping) and key:
        given = value.get("id")
        if isinstance(given, str) and given.strip() != key:
            raise _wrong(f"{shown(given)} is not the id of the address, {shown(key)}", ("id",))
    if not key and section is not Section.MANDATES:
        raise _wrong("a key is missing in the address")
    _no_environment(document, value)
    try:
        return layer.made(document)
    except ConfigError as error:
        raise Wrong((_path(document, problem), problem) for problem in error.problems) from None


def _path(document: Piece, problem: Problem) -> KeyPath:
    return next((path for path, found in document.found if found == problem), ())


def _no_environment(document: Piece, value: object) -> None:
    """Who may call must not read the environment of the broker, nor be surprised that it stays as it is."""
    means = value.get("means") if isinstance(value, Mapping) else None
    found = [
        (("means", at, key), document.problem((*document.root, "means", at, key), message))
        for at, one in enumerate(means if isinstance(means, list) else [])
        if isinstance(one, Mapping)
        for key in ("password", "pin")
        if isinstance(one.get(key), str) and re.search(r"\$\{", one[key])
        for message in ["an environment variable counts in a file only: give the text itself"]
    ]
    if found:
        raise Wrong(found)


def _wrong(message: str, path: KeyPath = ()) -> Wrong:
    return Wrong([(path, Problem("", 0, 0, ".".join(map(str, path)), message))])


def _inside(root: KeyPath, path: KeyPath, problem: Problem) -> tuple[KeyPath, Problem]:
    if path[: len(root)] != root:
        return path, problem
    key = problem.key.partition("]")[2].removeprefix(".")
    return path[len(root) :], replace(problem, key=key)


def _merged(target: Any, change: Any) -> Any:
    if not isinstance(change, Mapping):
        return change
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _without_place(record: Record) -> Record:
    if isinstance(record, PersonRecord):
        means = tuple(replace(one, place=Place()) for one in record.means)
        return replace(record, place=Place(), means=means)
    return replace(record, place=Place())


def _near(register: Register, section: Section, key: str) -> str | None:
    keys: Iterable[str]
    if section is Section.MANDATES:
        keys = [mandate.id for mandate in register.mandates()]
    else:
        keys = getattr(register, section.value)
    keys = list(keys)
    if len(keys) > _MOST_COMPARED:
        start = key[:2].casefold()
        keys = [one for one in keys if one[:2].casefold() == start][:_MOST_COMPARED]
    return nearest(key, keys)


def _users(register: Register, section: Section, key: str) -> tuple[Key, ...]:
    """Who refers to a record."""
    found: list[Key] = []
    if section is Section.PEOPLE:
        found += ((Section.COMPANIES, c.key) for c in register.companies.values() if c.manager == key)
        found += ((Section.MANDATES, m.id) for m in register.mandates_of(key))
    elif section is Section.COMPANIES:
        found += _mandates(m for m in register.mandates() if key in (m.company, m.intermediary))
    elif section is Section.SERVICES:
        s = register.services[key]
        names = (s.service_id, s.uuid, s.instance_uuid)
        found += _mandates(m for m in register.mandates() if m.service in names)
    return tuple(found)


def _mandates(found: Iterable[Mandate]) -> Iterable[Key]:
    return ((Section.MANDATES, mandate.id) for mandate in found)


def _keep_whole(register: Register, section: Section, key: str, was: Record, new: Record) -> None:
    """InUse where what refers to a record would be wrong by its new values."""
    users: tuple[Key, ...] = ()
    why = ""
    if isinstance(was, CompanyRecord) and isinstance(new, CompanyRecord):
        lost = set(was.branches) - set(new.branches)
        if lost:
            held = (m for m in register.mandates() if m.company == key and m.branch in lost)
            users, why = tuple(_mandates(held)), "for a branch that would be gone"
        if was.kvk and not new.kvk and not users:
            users = tuple(_mandates(m for m in register.mandates() if m.intermediary == key))
            why = "as its intermediary, and that needs a kvk"
    elif isinstance(was, PersonRecord) and isinstance(new, PersonRecord):
        if was.email and not new.email:
            users = tuple((Section.COMPANIES, c.key) for c in register.companies.values() if c.manager == key)
            why = "as its manager, and a mandate manager hears of requests by e-mail"
    elif (
        isinstance(was, ServiceRecord) and isinstance(new, ServiceRecord) and was.service_id != new.service_id
    ):
        users = tuple(_mandates(m for m in register.mandates() if m.service == was.service_id))
        why = f"by its service_id {was.service_id}"
    if users:
        raise InUse(
            f"{ONE[section]} {shown(key)} is named by {_listed(users)} {why}; change those first",
            users,
            cascade=False,
        )


def _listed(users: tuple[Key, ...], most: int = 10) -> str:
    named = ", ".join(f"{ONE[section]} {key}" for section, key in users[:most])
    return named + (f" and {len(users) - most} more" if len(users) > most else "")
