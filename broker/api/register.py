"""Services, companies, people and mandates: read, make, change, take away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from broker.api import body, examples, models
from broker.api.described import Answer, Body, Calls, Operation, answer, asked
from broker.api.problems import wrong
from broker.api.view import View
from broker.parts import Parts
from suppliers.register import editing, search
from suppliers.register.changes import Section
from suppliers.register.editing import By, Step
from suppliers.register.layer import Layer, Layered, Record
from suppliers.register.model import CompanyRecord, Mandate, PersonRecord, Register
from suppliers.register.problems import Problem
from suppliers.register.schema import CompanyPart, MandatePart, PersonPart, ServicePart

_CURSOR = re.compile(r"([0-9]{1,9})\.(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the four kinds of records, as the API knows it."""

    section: Section
    one: str
    query: type[models.Paged]
    part: type[BaseModel]
    out: type[BaseModel]
    page: type[BaseModel]
    example: Mapping[str, Any]
    key: str = "key"


KINDS = (
    Kind(
        Section.SERVICES,
        "service",
        models.Paged,
        ServicePart,
        models.Service,
        models.Services,
        examples.SERVICE,
    ),
    Kind(
        Section.COMPANIES,
        "company",
        models.CompaniesQuery,
        CompanyPart,
        models.Company,
        models.Companies,
        examples.COMPANY,
    ),
    Kind(
        Section.PEOPLE,
        "person",
        models.PeopleQuery,
        PersonPart,
        models.Person,
        models.People,
        examples.PERSON,
    ),
    Kind(
        Section.MANDATES,
        "mandate",
        models.MandatesQuery,
        MandatePart,
        models.Mandate,
        models.Mandates,
        examples.MANDATE,
        "id",
    ),
)


def add(calls: Calls, parts: Parts) -> None:
    for kind in KINDS:
        _reading(calls, parts, kind)
        _changing(calls, parts, kind)
    _posting(calls, parts)


def by(parts: Parts) -> By:
    """Who changes something in the room of ``parts``."""
    return By(parts.tag, parts.now())


def changed(parts: Parts, decide: Callable[[Layer], Step]) -> Step:
    """Have a change made, in the room of ``parts``; what it came to. Refused goes on to the caller."""
    steps: list[Step] = []

    def decided(layer: Layer) -> Any:
        steps[:] = [decide(layer)]
        return steps[0].entry

    parts.configuration.change(decided, parts.tag)
    return steps[0]


def _reading(calls: Calls, parts: Parts, kind: Kind) -> None:
    path = f"/api/v1/{kind.section}"

    @calls(
        Operation(
            "GET",
            path,
            f"List {kind.section}",
            str(kind.section),
            {200: Answer("a page of them, in the order of the files", kind.page)},
            query=kind.query,
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(kind.query)
        view = View(parts.seen_by(query.tag))
        rows, total, after = listed(view, kind.section, query)
        found = [view.record(kind.section, record) for record in rows]
        return answer({str(kind.section): found, "total": total, "next": after})

    @calls(
        Operation(
            "GET",
            f"{path}/{{{kind.key}}}",
            f"One {kind.one}",
            str(kind.section),
            {200: Answer(f"the {kind.one} in force", kind.out)},
            query=models.InRoom,
            problems=(404,),
            rest=_rest(kind),
        )
    )
    def get(**key: str) -> ResponseReturnValue:
        view = View(parts.seen_by(asked(models.InRoom).tag))
        return answer(view.record(kind.section, editing.existing(view.layer, kind.section, key[kind.key])))


def _changing(calls: Calls, parts: Parts, kind: Kind) -> None:
    path = f"/api/v1/{kind.section}/{{{kind.key}}}"
    read_again = Answer("it is as asked; nothing changed if it was so already", kind.out)

    def done(here: Parts, step: Step) -> ResponseReturnValue:
        view = View(here)
        record = editing.existing(view.layer, kind.section, step.key)
        return answer(view.record(kind.section, record), 201 if step.new else 200)

    @calls(
        Operation(
            "PUT",
            path,
            f"Make or replace a {kind.one}",
            str(kind.section),
            {200: read_again, 201: Answer("made", kind.out)},
            query=models.Tagged,
            body=Body(kind.part, kind.example),
            problems=(409,),
            rest=_rest(kind),
        )
    )
    def put(**key: str) -> ResponseReturnValue:
        here = parts.seen_by(asked(models.Tagged).tag)
        value = body.record(key[kind.key])
        who = by(here)
        step = changed(here, lambda layer: editing.put(layer, kind.section, key[kind.key], value, who))
        return done(here, step)

    @calls(
        Operation(
            "PATCH",
            path,
            f"Change some keys of a {kind.one}",
            str(kind.section),
            {200: read_again},
            query=models.Tagged,
            body=Body(
                kind.part,
                {"level": "EH4"} if kind.one in ("mandate", "service") else {"name": "Anders"},
                body.MERGE,
                partial=True,
            ),
            problems=(404, 409),
            rest=_rest(kind),
            more="A JSON merge patch (RFC 7396): keys that are left out stay, null takes one away, a list is replaced.",
        )
    )
    def patch(**key: str) -> ResponseReturnValue:
        here = parts.seen_by(asked(models.Tagged).tag)
        value = body.record(key[kind.key])
        who = by(here)
        step = changed(here, lambda layer: editing.patch(layer, kind.section, key[kind.key], value, who))
        return done(here, step)

    @calls(
        Operation(
            "DELETE",
            path,
            f"Take a {kind.one} away",
            str(kind.section),
            {200: Answer("what went; what a file has of it is hidden, and back after a reset", models.Gone)},
            query=models.Deletion,
            problems=(404, 409),
            rest=_rest(kind),
        )
    )
    def delete(**key: str) -> ResponseReturnValue:
        query = asked(models.Deletion)
        here = parts.seen_by(query.tag)
        who = by(here)
        step = changed(
            here,
            lambda layer: editing.delete(layer, kind.section, key[kind.key], who, cascade=query.cascade),
        )
        return answer(gone(step, query.tag))


def gone(step: Step, tag: str) -> dict[str, Any]:
    hidden = sum(1 for change in step.entry.said if change.value is None) if step.entry else 0
    where = "stand outside the room: hidden in it" if tag else "stand in a file: hidden there"
    back = "POST /api/v1/reset?what=changes" + (f"&tag={tag}" if tag else "")
    note = (
        f"{hidden} of {len(step.gone)} {where}, and back after {back}"
        if hidden
        else "made over the API, and gone"
    )
    return {
        "gone": [{"section": str(section), "key": key} for section, key in step.gone],
        "hidden": hidden,
        "note": note,
    }


def _posting(calls: Calls, parts: Parts) -> None:
    @calls(
        Operation(
            "POST",
            "/api/v1/mandates",
            "Make a mandate",
            "mandates",
            {201: Answer("made; Location names it", models.Mandate)},
            query=models.Tagged,
            body=Body(MandatePart, examples.MANDATE),
            problems=(409,),
            more="Without an id it gets one that says whose it is, for which company and service.",
        )
    )
    def post() -> ResponseReturnValue:
        here = parts.seen_by(asked(models.Tagged).tag)
        value, who = body.read(), by(here)
        step = changed(here, lambda layer: editing.post_mandate(layer, value, who))
        view = View(here)
        record = editing.existing(view.layer, Section.MANDATES, step.key)
        where = f"/api/v1/mandates/{quote(step.key)}" + (f"?tag={here.tag}" if here.tag else "")
        return answer(view.record(Section.MANDATES, record), 201, Location=where)


def _rest(kind: Kind) -> str:
    """The id of a mandate has slashes in it by nature."""
    return "id" if kind.section is Section.MANDATES else ""


# ---- lists ----


def listed(view: View, section: Section, query: models.Paged) -> tuple[list[Record], int, str | None]:
    """A page of what fits, how much fits on all pages, and where the next begins."""
    key = "id" if section is Section.MANDATES else "key"
    return _page(_rows(view, section, query), key, query.limit, query.after)


def _rows(view: View, section: Section, query: models.Paged) -> Iterable[Record]:
    register, text = view.register, query.q.strip().casefold()
    if isinstance(query, models.MandatesQuery):
        return _mandates(view, query, text)
    if isinstance(query, models.PeopleQuery):
        return _people(view, query, text)
    if isinstance(query, models.CompaniesQuery):
        return _companies(register, query, text)
    services = register.services.values()
    return (
        [s for s in services if _said(text, s.key, s.name.nl, s.name.en, s.service_id)]
        if text
        else list(services)
    )


def _companies(register: Register, query: models.CompaniesQuery, text: str) -> Iterable[Record]:
    found: Iterable[CompanyRecord] = register.companies.values()
    if query.person:
        keys = {m.company for m in register.mandates_of(query.person)}
        found = [register.companies[key] for key in register.companies if key in keys] if keys else []
    return [c for c in found if _said(text, c.key, c.name, c.kvk, c.rsin)] if text else list(found)


def _people(view: View, query: models.PeopleQuery, text: str) -> Iterable[Record]:
    found: Iterable[PersonRecord]
    if text:
        changed = view.layer.changed(Section.PEOPLE)
        in_file = (p for p in search.people(view.layer.files).having(text) if p.key not in changed)
        given = (p for p in changed.values() if p and text in search.text_of_person(p).casefold())
        found = [*in_file, *given]
    else:
        found = view.register.people.values()
    if query.company:
        company, people = query.company, view.register.people
        keys = {
            m.person for m in view.register.mandates() if m.company == company or m.intermediary == company
        }
        # Of all of the people the values are only looked at where they are wanted.
        found = (
            (p for p in found if p.key in keys) if text else (people[key] for key in people if key in keys)
        )
    if query.supplier:
        found = [p for p in found if any(m.supplier == query.supplier for m in p.means)]
    return list(found)


def _mandates(view: View, query: models.MandatesQuery, text: str) -> Iterable[Record]:
    register = view.register
    found: Iterable[Mandate]
    if query.person:
        found = [m for m in register.mandates_of(query.person) if text in m.id.casefold()]
    elif text:
        found = _mandates_having(view.layer, text)
    else:
        found = register.mandates()
    if query.company:
        found = [m for m in found if query.company in (m.company, m.intermediary)]
    if query.service:
        names = _service_names(register, query.service)
        found = [m for m in found if m.service in names]
    if query.state:
        found = [m for m in found if view.state(m) == query.state]
    return found


def _mandates_having(layer: Layer, text: str) -> Iterable[Mandate]:
    """Those of the file first, and then what lies over it."""
    over = layer.changed(Section.MANDATES)
    in_file = [m for m in search.mandates(layer.files).having(text) if m.id not in over]
    given = [m for m in over.values() if m and text in search.text_of_mandate(m).casefold()]
    found = [*in_file, *given]
    return layer.register.standing(found) if isinstance(layer.register, Layered) else found


def _service_names(register: Register, text: str) -> set[str]:
    """What mandates may call the services that are called so."""
    found = {text, text.lower()}
    for s in register.services.values():
        names = {s.key, s.service_id, s.uuid, s.instance_uuid, s.name.nl, s.name.en}
        if names & {text, text.lower()}:
            found |= names
    return found


def _said(text: str, *parts: str | None) -> bool:
    return any(part is not None and text in part.casefold() for part in parts)


def _page(rows: Iterable[Record], key: str, limit: int, after: str) -> tuple[list[Record], int, str | None]:
    """The rows of a page, how many there are on all, and where the next begins."""
    found = list(rows)
    start = 0
    if after:
        cursor = _CURSOR.fullmatch(after)
        if cursor is None:
            message = "is what `next` of the page before says, or left out"
            raise wrong([(("after",), Problem("", 0, 0, "after", message))])
        start = min(int(cursor[1]), len(found))
        # The row may have moved since; where it has gone the place that it had is near enough.
        if not (0 < start <= len(found) and getattr(found[start - 1], key) == cursor[2]):
            start = next((at + 1 for at, row in enumerate(found) if getattr(row, key) == cursor[2]), start)
    end = start + limit
    following = f"{end}.{getattr(found[end - 1], key)}" if end < len(found) else None
    return found[start:end], len(found), following
