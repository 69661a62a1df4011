"""Records out of CSV tables, by the models of ``schema.py``: as fast as plain Python goes, and in little memory.

A field is checked by its model's own annotation, and what it came to is remembered: most fields of a table say the
same thing in every row. A row with anything amiss goes through the loader like a piece of YAML, so that its
mistakes are said in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Annotated, Any, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from suppliers.register.characters import DOTS, LONGEST_KEY, fault_of_key
from suppliers.register.files import TableFile
from suppliers.register.model import CompanyRecord, Mandate, Means, PersonRecord, Place, Register
from suppliers.register.problems import ConfigError, KeyPath, Problem, shown, taken
from suppliers.register.reading import Reading
from suppliers.register.records import (
    ANY_SERVICE,
    Called,
    MandateRecords,
    company_record,
    means_record,
    person_record,
)
from suppliers.register.schema import (
    LOST_ZERO,
    CompanyPart,
    MandatePart,
    MeansPart,
    PersonPart,
    Text,
    fields_of,
)
from suppliers.register.table import Table
from suppliers.register.yamlfile import Document

CHUNK = 250
MOST_PROBLEMS = 1_000  # in one table; whoever swapped two files needs no more
REMEMBERED = 500

ATTRIBUTE = "attributes."
MEANS_COLUMNS = fields_of(MeansPart)
PERSON_COLUMNS = ("key", *(name for name in fields_of(PersonPart) if name not in ("attributes", "means")))
COLUMNS = {
    "companies": ("key", *fields_of(CompanyPart)),
    "people": (*PERSON_COLUMNS, *MEANS_COLUMNS),
    "mandates": fields_of(MandatePart),
}
REQUIRED = {
    "companies": ("key", "name"),
    "people": ("key", "name"),
    "mandates": ("person", "company", "level"),
}
_TEXTS = (Text, Text | None)
Check = Callable[[Document], Register]
"""The records of a piece of a file, or ConfigError: see ``loader.records``."""


class Together(Mapping[str, Mapping[str, Any]]):
    """Records of the YAML and of tables, under one key each."""

    def __init__(
        self, first: Mapping[str, Mapping[str, Any]], second: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._first, self._second = first, second

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        return self._first[key] if key in self._first else self._second[key]

    def __contains__(self, key: object) -> bool:
        return key in self._first or key in self._second

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from self._second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @cached_property
    def as_allowed(self) -> tuple[str, ...]:
        return tuple(self)


class Seen(Mapping[str, Mapping[str, Any]]):
    """Records in the shape of the file, as far as others refer to them."""

    def __init__(self, records: Mapping[str, Any], fields: Iterable[str]) -> None:
        self._records, self._fields = records, tuple(fields)

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        record = self._records[key]
        return {name: getattr(record, name) for name in self._fields}

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


@dataclass(frozen=True)
class Row(Document):
    """One row as a piece of a file: the paths of its record, the names of its columns."""

    columns: Mapping[KeyPath, str] = field(default_factory=dict)

    def within(self, path: KeyPath) -> KeyPath:
        while path and path not in self.columns:
            if path[:-1] in self.columns and isinstance(path[-1], str) and len(path) > 2:
                return (path[-1],)
            path = path[:-1]
        name = self.columns.get(path, "")
        return (name,) if name else ()

    def problem(
        self, path: KeyPath, message: str, allowed: tuple[str, ...] = (), nearest: str | None = None
    ) -> Problem:
        if LOST_ZERO in message:
            message += "; in Excel, make the column Text first"
        return super().problem(path, message, allowed, nearest)


class _Fields:
    """Reads the fields of a row for one model."""

    def __init__(self, model: type[BaseModel], header: list[str], reading: Reading) -> None:
        self.reading = reading
        self.defaults: dict[str, Any] = {}
        self.required: list[str] = []
        self.texts: list[tuple[int, str]] = []
        self.columns: list[tuple[int, str, dict[str, Any], Callable[..., Any]]] = []
        for name, info in model.model_fields.items():
            if info.is_required():
                self.required.append(name)
            default = info.get_default(call_default_factory=True)
            self.defaults[name] = None if default is PydanticUndefined else default
            column = info.alias or name
            if column in header and column != "branches":
                kind: Any = info.annotation
                kind = Annotated[kind, *info.metadata] if info.metadata else kind
                if kind in _TEXTS:
                    self.texts.append((header.index(column), name))
                else:
                    read = TypeAdapter(kind).validator.validate_python
                    self.columns.append((header.index(column), name, {}, read))

    def part(self, values: list[str]) -> SimpleNamespace | None:
        """The fields as the model has them; None if one is wrong or missing."""
        made = SimpleNamespace(**self.defaults)
        found = made.__dict__
        for index, name in self.texts:
            if text := values[index].strip():
                found[name] = text
        for index, name, memo, read in self.columns:
            text = values[index]
            if not text or text.isspace():
                continue
            value = memo.get(text)
            if value is None:
                try:
                    value = read(text, context=self.reading)
                except ValidationError:
                    return None
                if len(memo) < REMEMBERED:
                    memo[text] = value
            found[name] = value
        for name in self.required:
            if found[name] is None:
                return None
        return made


@dataclass(slots=True)
class Tables:
    """What all tables hold. ``pause`` is called every few hundred rows, so that other threads come in between."""

    reading: Reading
    suppliers: Collection[str]
    smartcards: Collection[str]
    pause: Callable[[], None] = lambda: None
    people: dict[str, PersonRecord] = field(default_factory=dict)
    companies: dict[str, CompanyRecord] = field(default_factory=dict)
    mandates: list[Mandate] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    logins: dict[tuple[str, bool, str], Place] = field(default_factory=dict)
    opened: list[Table] = field(default_factory=list)
    _called: dict[str, Place] = field(default_factory=dict)
    made_up: Place | None = None

    def _open(self, file: TableFile) -> Table:
        free = (ATTRIBUTE,) if file.kind == "people" else ()
        table = Table(file, COLUMNS[file.kind], free, REQUIRED[file.kind])
        self.opened.append(table)
        return table

    def _each(self, table: Table) -> Iterator[tuple[int, list[str]]]:
        before = len(self.problems)
        for chunk in table.rows(CHUNK):
            self.pause()
            for line, values in chunk:
                yield line, values
                if len(self.problems) - before > MOST_PROBLEMS:
                    message = f"more than {MOST_PROBLEMS} mistakes: what follows is not read"
                    self.problems.append(Problem(table.file.name, line, 1, "", message))
                    self.problems += table.problems
                    return
        self.problems += table.problems

    # ---- people ----

    def read_people(self, file: TableFile, known: Mapping[str, Any], check: Check) -> None:
        """``known`` are the people that the YAML has."""
        table = self._open(file)
        persons = means_of = None
        attributes: list[tuple[int, str]] = []
        means_columns: list[int] = []
        for line, values in self._each(table):
            if persons is None or means_of is None:
                persons = _Fields(PersonPart, table.header, self.reading)
                means_of = _Fields(MeansPart, table.header, self.reading)
                attributes = [
                    (index, name.removeprefix(ATTRIBUTE))
                    for index, name in enumerate(table.header)
                    if name.startswith(ATTRIBUTE)
                ]
                means_columns = [i for i, name in enumerate(table.header) if name in MEANS_COLUMNS]
            key = values[table.header.index("key")].strip()
            if not key:
                self.problems.append(table.problem(line, "key", "is missing"))
                continue
            if len(key) > LONGEST_KEY or key in DOTS:
                self.problems.append(table.problem(line, "key", str(fault_of_key(key))))
                continue
            first = self.people.get(key)
            if first is None and key in known:
                message = f"{shown(key)} is in the YAML already: leave one out"
                self.problems.append(table.problem(line, "key", message))
                continue
            if first is not None and not self._same(table, line, values, first):
                continue
            place = Place(file.name, line)
            part = SimpleNamespace(**persons.defaults) if first else persons.part(values)
            has_means = any(values[index] for index in means_columns)
            means = means_of.part(values) if has_means else None
            if part is None or (has_means and (means is None or not self._fine(means))):
                checked = self._checked(table, line, values, key, first, check)
                if checked is None:
                    if first is None:  # known, so that its mandates are not wrong as well
                        self.people[key] = PersonRecord(key, "", email="?", place=place)
                    continue
                part, means = checked
            made = means_record(cast(MeansPart, means), place) if means else None
            if made is not None and not self._free_login(table, line, made):
                made = None
            if made is not None and made.username == key:
                object.__setattr__(made, "username", key)  # one text in memory, not two
            if first is not None:
                if made is not None:
                    object.__setattr__(first, "means", (*first.means, made))
                continue
            part.attributes = self._attributes(attributes, values) or part.attributes
            self.people[key] = person_record(key, cast(PersonPart, part), (made,) if made else (), place)

    @staticmethod
    def _attributes(columns: list[tuple[int, str]], values: list[str]) -> dict[str, str]:
        return {name: values[index].strip() for index, name in columns if values[index].strip()}

    def _same(self, table: Table, line: int, values: list[str], first: PersonRecord) -> bool:
        """Whether a further row of a person says nothing else of that person."""
        for index, name in enumerate(table.header):
            if name not in PERSON_COLUMNS[1:] or not values[index].strip():
                continue
            if values[index].strip() != (getattr(first, name) or "") and first.email != "?":
                message = (
                    f"differs from line {first.place.line}, where {first.key} was first: a further row of a person "
                    "adds a means only"
                )
                self.problems.append(table.problem(line, name, message))
                return False
        return True

    def _fine(self, means: Any) -> bool:
        if means.supplier not in self.suppliers:
            return False
        if means.card is None:
            return bool(means.username and means.password)
        other = means.username or means.password or means.renew or not means.app
        return bool(means.pin and not other and means.supplier in self.smartcards)

    def _free_login(self, table: Table, line: int, means: Means) -> bool:
        name = (means.supplier, means.card, means.username.casefold())
        taken = self.logins.setdefault(name, means.place)
        if taken is means.place:
            return True
        message = f"{shown(means.username)} is taken on line {taken.line}"
        message += "" if taken.file == table.file.name else f" of {taken.file}"
        column = "card" if means.card else "username"
        self.problems.append(table.problem(line, column, f"{message}: each needs one of its own"))
        return False

    def _checked(
        self, table: Table, line: int, values: list[str], key: str, first: PersonRecord | None, check: Check
    ) -> tuple[Any, Any] | None:
        person: dict[str, Any] = {"name": first.name or "?"} if first else {}
        means: dict[str, Any] = {}
        columns: dict[KeyPath, str] = {("people", key): "", ("people", key, "means", 0): ""}
        for name, text in zip(table.header, values, strict=True):
            if not text.strip() or name == "key":
                continue
            if name in MEANS_COLUMNS:
                means[name] = text
                columns["people", key, "means", 0, name] = name
            elif name.startswith(ATTRIBUTE):
                attribute = name.removeprefix(ATTRIBUTE)
                person.setdefault("attributes", {})[attribute] = text
                columns["people", key, "attributes", attribute] = name
            elif not first:
                person[name] = text
                columns["people", key, name] = name
        if means:
            person["means"] = [means]
        found = self._piece(table, line, {"people": {key: person}}, columns, check)
        if found is None:
            return None
        record = found.people[key]
        part = SimpleNamespace(
            name=record.name, email=record.email, phone=record.phone, attributes=record.attributes
        )
        made = record.means[0] if record.means else None
        if made is None:
            return part, None
        names = {name: getattr(made, name, None) for name in MeansPart.model_fields}
        names["card"] = made.username if made.card else None
        return part, SimpleNamespace(**names)

    def _piece(
        self,
        table: Table,
        line: int,
        data: dict[str, Any],
        columns: Mapping[KeyPath, str],
        check: Check,
    ) -> Register | None:
        """The records of a row that goes the long way; None if it is wrong, and then its problems are noted."""
        places: dict[KeyPath, tuple[int, int]] = {}
        for path, name in columns.items():
            place = line, table.column(line, table.header.index(name) if name else 0)
            for length in range(len(path)):
                places.setdefault(path[:length], (line, 1))
            places[path] = place
        try:
            return check(Row(table.file.name, data, places, columns=columns))
        except ConfigError as error:
            self.problems += error.problems
            return None

    # ---- companies ----

    def read_companies(self, file: TableFile, known: Mapping[str, Any], check: Check) -> None:
        table = self._open(file)
        for line, values in self._each(table):
            row = {n: v.strip() for n, v in zip(table.header, values, strict=True) if v.strip()}
            key = row.pop("key", "")
            if not key:
                self.problems.append(table.problem(line, "key", "is missing"))
                continue
            if len(key) > LONGEST_KEY or key in DOTS:
                self.problems.append(table.problem(line, "key", str(fault_of_key(key))))
                continue
            if key in known or key in self.companies:
                where = (
                    f"on line {self.companies[key].place.line}" if key in self.companies else "in the YAML"
                )
                self.problems.append(
                    table.problem(line, "key", f"{shown(key)} is taken {where}: each needs one of its own")
                )
                continue
            columns: dict[KeyPath, str] = {("companies", key): ""}
            columns.update({("companies", key, name): name for name in row})
            data: dict[str, Any] = dict(row)
            if "branches" in data:
                data["branches"] = _branches(row["branches"])
            place = Place(file.name, line)
            found: CompanyRecord | None = None
            try:
                part = CompanyPart.model_validate(data, context=self.reading)
                if (part.kvk or part.rsin) and part.manager is None:
                    found = company_record(key, part, place)
            except ValidationError:
                pass
            if found is None:
                register = self._piece(table, line, {"companies": {key: data}}, columns, check)
                found = register.companies[key] if register else CompanyRecord(key, "", "?", place=place)
            self.companies[key] = found

    # ---- mandates ----

    def read_mandates(
        self,
        file: TableFile,
        *,
        people: Mapping[str, Any],
        companies: Mapping[str, Mapping[str, Any]],
        names: Called,
        make: MandateRecords,
        ids: set[str],
        written: Mapping[str, Place],
        check: Check,
    ) -> None:
        """``people`` and ``companies`` are all that there are, ``ids`` those that mandates have already, and
        ``written`` where the YAML has them."""
        table = self._open(file)
        fields: _Fields | None = None
        services: dict[tuple[Any, Any], bool] = {}
        periods: dict[tuple[Any, Any, Any], bool] = {}
        for line, values in self._each(table):
            fields = fields or _Fields(MandatePart, table.header, self.reading)
            part = fields.part(values)
            if part is not None:
                asked, period = (part.service, part.provider), (part.from_, part.until, part.last_used)
                if asked not in services:
                    services[asked] = _one_service(names, *asked)
                if period not in periods:
                    periods[period] = _in_order(*period)
                person, company = self.people.get(part.person), self.companies.get(part.company)
                if person is not None:
                    part.person = person.key
                elif part.person not in people:
                    part = None
            if part is not None:
                if company is not None:
                    part.company = company.key
                elif part.company not in companies:
                    part = None
            fine = part is not None and services[asked] and periods[period]
            if fine and part is not None and (part.branch or part.intermediary):
                fine = _within(companies, part)
            if not fine or part is None:
                row = {n: v for n, v in zip(table.header, values, strict=True) if v.strip()}
                columns: dict[KeyPath, str] = {("mandates", 0): ""}
                columns.update({("mandates", 0, name): name for name in row})
                if self._piece(table, line, {"mandates": [row]}, columns, check) is None:
                    continue
                part = MandatePart.model_validate(row, context=self.reading)  # type: ignore[assignment]
                assert part is not None
            if part.id and (wrong := fault_of_key(part.id)):
                self.problems.append(table.problem(line, "id", wrong))
                continue
            if part.id and part.id in ids:
                where = self._mandate_called(part.id, file, written)
                self.problems.append(table.problem(line, "id", taken(part.id, where)))
                continue
            self.mandates.append(make.record(cast(MandatePart, part), Place(file.name, line)))

    def _mandate_called(self, id_: str, file: TableFile, written: Mapping[str, Place]) -> str:
        """Where the mandate with this id is that came first."""
        for mandate in self.mandates[len(self._called) :]:
            self._called[mandate.id] = mandate.place
        place = written.get(id_) or self._called.get(id_, Place())
        return f"on line {place.line}" + ("" if place.file == file.name else f" of {place.file}")


def _branches(text: str) -> dict[str, str] | str:
    """``000090000012 Head office | 000090000013 South``: numbers, each with a name."""
    found = [part.strip().split(None, 1) for part in re.split(r"\s*\|\s*", text) if part.strip()]
    return {part[0]: part[1] if len(part) > 1 else "" for part in found}


def _one_service(names: Called, service: str | None, provider: str | None) -> bool:
    if provider:
        return not service and len(names.providers_called(provider)) == 1
    return service == ANY_SERVICE or bool(service and len(names.called(service)) == 1)


def _in_order(start: Any, until: Any, used: Any) -> bool:
    days = [day for day in (start, used, until) if day is not None]
    return days == sorted(days)


def _within(companies: Mapping[str, Mapping[str, Any]], part: Any) -> bool:
    if part.branch and part.branch not in (companies[part.company].get("branches") or {}):
        return False
    if not part.intermediary:
        return True
    between: Mapping[str, Any] = companies.get(part.intermediary, {})
    return part.intermediary != part.company and bool(between.get("kvk"))
