"""What the pages of people, companies and mandates share: a list, the page of one, and the forms that change it.

They do what the API does (``broker.api.register``, ``suppliers.register.editing``) and say what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.api import body, models
from broker.api.described import asked
from broker.api.problems import Answered, of_refusal
from broker.api.register import by, changed, listed
from broker.api.view import View
from broker.pages.room import room
from broker.parts import Parts
from suppliers.register import editing
from suppliers.register.changes import Entry, Section
from suppliers.register.editing import InUse, Missing, Refused, Step, Wrong
from suppliers.register.layer import Layer, Record, find
from suppliers.register.problems import KeyPath, Problem, shown

MOST = 50
DONE = ("saved", "same", "made", "gone", "restored", "means-saved", "means-gone")
_LONGEST = 1000
# By the fields of the forms, without "(optioneel)".
LABELS = {
    "key": "Sleutel",
    "name": "Naam",
    "email": "E-mailadres",
    "phone": "Mobiel telefoonnummer",
    "kvk": "KvK-nummer",
    "rsin": "RSIN",
    "branches": "Vestigingen",
    "manager": "Machtigingenbeheerder",
    "approves": "Keurt elke aanvraag meteen goed",
    "supplier": "Leverancier",
    "username": "Gebruikersnaam",
    "card": "Nummer van de kaart",
    "password": "Wachtwoord",
    "pin": "Vaste pincode",
    "level": "Niveau",
    "status": "Stand",
    "until": "Laatste dag",
    "from": "Eerste dag",
    "renew": "Moet een nieuw wachtwoord kiezen",
    "app": "Er hoort een app bij",
    "person": "Persoon",
    "company": "Organisatie",
    "service": "Dienst",
    "provider": "Of alle diensten van een dienstverlener",
    "intermediary": "Via een tussenpersoon",
    "branch": "Alleen voor vestiging",
}

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing was changed, in the words of the API: each text with the field that it is about, or none."""

    status: int
    texts: tuple[tuple[str, str], ...]
    cascade: bool = False

    def at(self, name: str) -> list[str]:
        return [text for about, text in self.texts if about == name]


@dataclass(frozen=True)
class Pages:
    """One section of the register as pages. ``read`` makes the body of what was typed, ``typed`` the other way
    round; ``besides`` is what the page of one shows besides."""

    section: Section
    where: str
    list_template: str
    template: str
    query: type[models.Paged]
    fields: tuple[str, ...]
    read: Callable[[Mapping[str, str]], Body]
    typed: Callable[[Body], dict[str, str]]
    new_fields: tuple[str, ...] = ("key",)
    besides: Callable[[View, Record], dict[str, Any]] = field(default=lambda view, record: {})
    about_list: Callable[[View, list[dict[str, Any]]], dict[str, Any]] = field(default=lambda view, rows: {})

    @property
    def api(self) -> str:
        return f"/api/v1/{self.section}"

    def address(self, key: str, **more: str) -> str:
        """Keys hold slashes, dots and what else one likes: they are no part of a path."""
        return f"/console{self.where}/one?{urlencode({'key': key, **more})}"


def add(pages: Blueprint, parts: Parts, kind: Pages) -> None:
    """On the console's own blueprint, so that its guards hold here too, also the one against other sites."""
    name = kind.list_template

    def list_() -> ResponseReturnValue:
        return _list(parts.seen_by(room()), kind)

    def new() -> ResponseReturnValue:
        here = parts.seen_by(room())
        if request.method == "GET":
            given = {field: one_line(request.args.get(field, "")) for field in kind.new_fields}
            return _new(here, kind, given)
        typed = sent(*kind.new_fields, *kind.fields)
        steps: list[Step] = []
        trouble = attempt(lambda: steps.append(_made(here, kind, typed)))
        if trouble:
            return _new(here, kind, typed, trouble)
        return redirect(kind.address(steps[0].key, done="made"), 303)

    def one() -> ResponseReturnValue:
        key, here = request.args.get("key", ""), parts.seen_by(room())
        if request.method == "GET":
            return shown_one(here, kind, key)
        return _changed(here, kind, key, request.form.get("do", ""))

    pages.add_url_rule(kind.where, name, list_)
    pages.add_url_rule(f"{kind.where}/new", f"{name}-new", new, methods=["GET", "POST"])
    pages.add_url_rule(f"{kind.where}/one", f"{name}-one", one, methods=["GET", "POST"])


def attempt(change: Callable[[], object]) -> Trouble | None:
    """Do it; what the API would say if it cannot be done."""
    try:
        change()
    except Refused as refused:
        document = of_refusal(refused).document
        cascade = isinstance(refused, InUse) and refused.cascade
    except Answered as answered:
        document, cascade = answered.document, False
    else:
        return None
    errors = document.get("errors") or [{"pointer": "", "text": document["detail"]}]
    return Trouble(document["status"], tuple(map(_at_field, errors)), cascade)


def _at_field(error: Mapping[str, Any]) -> tuple[str, str]:
    """The field, and the text without the key of the file: the field has its label."""
    field, text = error["pointer"].partition("/")[2].partition("/")[0], error["text"]
    return field, text.removeprefix(f"{error['key']}: ") if field in LABELS and error.get("key") else text


def sent(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in names}


def one_line(text: str) -> str:
    return text.strip()[:_LONGEST]


def without_empty(values: Mapping[str, str]) -> Body:
    """The body of what was typed: a field that is left open is a key that is not there."""
    return {name: value for name, value in values.items() if value.strip()}


def printable(typed: Mapping[str, str]) -> None:
    """Raises Wrong for what no record may hold, as the API does."""
    faults: list[tuple[KeyPath, Problem]] = []
    for name, text in typed.items():
        body.printable(text.replace("\r", "").replace("\n", ""), (name,), faults)
    if faults:
        raise Wrong(faults)


def render(parts: Parts, template: str, here: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    done = request.args.get("done", "")
    page = render_template(
        f"console/{template}.html",
        here=here,
        current=parts.current,
        now=parts.now(),
        # It comes by the URL, so it only chooses a text.
        done=done if done in DONE and status == 200 and request.method == "GET" else "",
        what=request.args.get("what", "")[:200],
        **{"trouble": None, "labels": LABELS, **context},
    )
    return page, status


def shown_one(
    parts: Parts,
    kind: Pages,
    key: str,
    trouble: Trouble | None = None,
    typed: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    view = View(parts)
    try:
        record = editing.existing(view.layer, kind.section, key)
    except Missing as missing:
        return _not_there(parts, kind, view.layer, key, missing)
    row = view.record(kind.section, record)
    if typed is None:
        typed = kind.typed(editing.as_written(view.layer, kind.section, key, record))
    return render(
        parts,
        kind.template,
        kind.list_template,
        trouble.status if trouble else 200,
        trouble=trouble,
        typed=typed,
        fields=kind.fields,
        row=row,
        key=key,
        address=kind.address(key),
        unfit=unfit(view.layer, kind.section, key),
        list_address=f"/console{kind.where}",
        api=f"{kind.api}/{quote(key, safe='/' if kind.section is Section.MANDATES else '')}"
        + _in_room(parts),
        **kind.besides(view, record),
    )


def _in_room(parts: Parts) -> str:
    """Behind an address of the API."""
    return f"?tag={parts.tag}" if parts.tag else ""


def unfit(layer: Layer, section: Section, key: str) -> list[str]:
    """What is wrong with a change that the files leave no room for."""
    return [str(p) for one in layer.unfit if one.change.about == (section, key) for p in one.problems]


def _list(parts: Parts, kind: Pages) -> ResponseReturnValue:
    names = [name for name in kind.query.model_fields if name not in ("limit", "tag")]
    given = {name: one_line(request.args.get(name, "")) for name in names}
    view = View(parts)
    rows: list[Record] = []
    total, following, trouble = 0, None, None
    try:
        query = asked(kind.query, {**given, "limit": str(MOST)})
        rows, total, following = listed(view, kind.section, query)
    except Answered as answered:
        trouble = Trouble(422, tuple((error["key"], error["text"]) for error in answered.document["errors"]))
    asked_for = {name: value for name, value in given.items() if value and name != "after"}
    found = [view.record(kind.section, record) for record in rows]
    asked_again = {**asked_for, "after": given["after"], "tag": parts.tag}
    asked_again = {name: value for name, value in asked_again.items() if value}
    following_query = urlencode({**asked_for, "after": following}) if following else ""
    return render(
        parts,
        kind.list_template,
        kind.list_template,
        trouble.status if trouble else 200,
        trouble=trouble,
        given=given,
        rows=found,
        total=total,
        following=f"/console{kind.where}?{following_query}" if following else "",
        beginning=f"/console{kind.where}?{urlencode(asked_for)}" if given["after"] else "",
        address=kind.address,
        api=f"{kind.api}?{urlencode(asked_again)}".rstrip("?"),
        **kind.about_list(view, found),
    )


def _new(
    parts: Parts, kind: Pages, typed: Mapping[str, str], trouble: Trouble | None = None
) -> ResponseReturnValue:
    return render(
        parts,
        kind.template,
        kind.list_template,
        trouble.status if trouble else 200,
        trouble=trouble,
        typed=typed,
        fields=(*kind.new_fields, *kind.fields),
        row=None,
        key="",
        address=f"/console{kind.where}/new",
        list_address=f"/console{kind.where}",
        api=kind.api,
        unfit=[],
    )


def _made(parts: Parts, kind: Pages, typed: Mapping[str, str]) -> Step:
    printable(typed)
    who, value = by(parts), kind.read(typed)
    if kind.section is Section.MANDATES:
        return changed(parts, lambda layer: editing.post_mandate(layer, value, who))
    key = typed["key"].strip()

    def decide(layer: Layer) -> Step:
        if layer.record(kind.section, key) is not None:
            message = f"there is a {editing.ONE[kind.section]} {shown(key)} already"
            raise Wrong([(("key",), Problem("", 0, 0, "key", message))])
        if not key:
            raise Wrong([(("key",), Problem("", 0, 0, "key", "has no value"))])
        return editing.put(layer, kind.section, key, value, who)

    return changed(parts, decide)


def _changed(parts: Parts, kind: Pages, key: str, what: str) -> ResponseReturnValue:
    if what == "restore":
        restore(parts, kind.section, key)
        return redirect(kind.address(key, done="restored"), 303)
    typed = sent(*kind.fields)
    if what in ("delete", "cascade"):
        trouble = attempt(lambda: _delete(parts, kind, key, cascade=what == "cascade"))
        if trouble:
            return shown_one(parts, kind, key, trouble, typed)
        told = {"done": "gone", "what": key}
        if person := request.form.get("person", ""):
            return redirect(f"/console/people/one?{urlencode({'key': person, **told})}", 303)
        return redirect(f"/console{kind.where}?{urlencode(told)}", 303)
    steps: list[Step] = []
    trouble = attempt(lambda: steps.append(_saved(parts, kind, key, typed)))
    if trouble:
        return shown_one(parts, kind, key, trouble, typed)
    return redirect(kind.address(key, done="saved" if steps[0].entry else "same"), 303)


def _saved(parts: Parts, kind: Pages, key: str, typed: Mapping[str, str]) -> Step:
    """What the form does not show stays as it is."""
    printable(typed)
    who, value = by(parts), kind.read(typed)

    def decide(layer: Layer) -> Step:
        was = editing.existing(layer, kind.section, key)
        written = editing.as_written(layer, kind.section, key, was)
        kept = {name: part for name, part in written.items() if name not in kind.fields}
        return editing.put(layer, kind.section, key, {**kept, **value}, who)

    return changed(parts, decide)


def _delete(parts: Parts, kind: Pages, key: str, *, cascade: bool) -> Step:
    who = by(parts)
    return changed(parts, lambda layer: editing.delete(layer, kind.section, key, who, cascade=cascade))


def restore(parts: Parts, section: Section, key: str) -> None:
    """Drop what was changed of one record in the room of ``parts``: what it lies over counts again."""
    dropped = Entry(dropped=((section, key),), tag=parts.tag)
    parts.configuration.change(lambda layer: dropped if (section, key) in layer.changes else None, parts.tag)


def _not_there(parts: Parts, kind: Pages, layer: Layer, key: str, missing: Missing) -> ResponseReturnValue:
    base = find(layer.base, kind.section, key)
    change = layer.changes.get((kind.section, key))
    return render(
        parts,
        "record-missing",
        kind.list_template,
        404,
        text=str(missing),
        nearest=missing.nearest,
        nearest_address=kind.address(missing.nearest or ""),
        address=kind.address(key),
        list_address=f"/console{kind.where}",
        hidden=str(base.place) if base is not None and change is not None else "",
    )
