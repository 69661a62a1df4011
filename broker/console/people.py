"""The console's pages of people: who there are, their means and mandates, and forms to change all of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from broker import explaining
from broker.api import models
from broker.api.explain import scene
from broker.api.register import by, changed
from broker.api.view import View
from broker.console import means_held, records
from broker.console.records import Body, Pages, Trouble, attempt, printable, render, sent
from broker.pages.room import room
from broker.parts import Parts
from suppliers.ask import Level
from suppliers.desk import Desk
from suppliers.register import editing
from suppliers.register.changes import Section
from suppliers.register.editing import Missing, Step, Wrong
from suppliers.register.layer import Layer, Record
from suppliers.register.model import Mandate, MeansStatus, PersonRecord
from suppliers.register.problems import Problem, shown

WHERE = "/people"
FIELDS = ("name", "email", "phone")
MEANS_FIELDS = ("supplier", "username", "password", "card", "pin", "level", "status", "until", "renew", "app")
STATUSES = {
    MeansStatus.ACTIVE: "actief",
    MeansStatus.BLOCKED: "geblokkeerd",
    MeansStatus.SUSPENDED: "geschorst",
    MeansStatus.REVOKED: "ingetrokken",
}
_MOST_SERVICES = 200
_MOST_MANDATES = 100


def add(pages: Blueprint, parts: Parts, desk: Desk) -> None:
    def besides(view: View, record: Record) -> dict[str, Any]:
        assert isinstance(record, PersonRecord)
        return _about(parts.seen_by(view.tag), desk, view, record)

    def about_list(view: View, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"suppliers": {slug: profile.name for slug, profile in desk.profiles.items()}}

    kind = Pages(
        Section.PEOPLE,
        WHERE,
        "people",
        "person",
        models.PeopleQuery,
        FIELDS,
        read=lambda typed: records.without_empty({name: typed[name] for name in FIELDS}),
        typed=lambda written: {name: str(written.get(name) or "") for name in FIELDS},
        besides=besides,
        about_list=about_list,
    )
    records.add(pages, parts, kind)

    @pages.route(f"{WHERE}/means", methods=["GET", "POST"])
    def person_means() -> ResponseReturnValue:
        here = parts.seen_by(room())
        given = {name: request.args.get(name, "") for name in ("key", "supplier", "name")}
        if request.method == "GET":
            return _form(here, desk, kind, given)
        if request.form.get("do") == "delete":
            trouble = attempt(
                lambda: changed(
                    here,
                    lambda layer: editing.delete_means(
                        layer, given["key"], given["supplier"], given["name"], by(here)
                    ),
                )
            )
            if trouble:
                return records.shown_one(here, kind, given["key"], trouble)
            return redirect(kind.address(given["key"], done="means-gone"), 303)
        typed = sent(*MEANS_FIELDS)
        trouble = attempt(lambda: _save(here, given["key"], given["supplier"], given["name"], typed))
        if trouble:
            return _form(here, desk, kind, given, typed, trouble)
        return redirect(kind.address(given["key"], done="means-saved"), 303)


def _save(parts: Parts, key: str, supplier: str, name: str, typed: Mapping[str, str]) -> None:
    """Supplier and name are those of the address; without a name it is a new means, and they are in the form."""
    printable(typed)
    who, value = by(parts), _means(typed)
    new, field = not name, "card" if typed["card"].strip() else "username"
    if new:
        supplier, name = typed["supplier"].strip(), typed[field].strip()

    def decide(layer: Layer) -> Step:
        was = editing.existing(layer, Section.PEOPLE, key)
        if new and isinstance(was, PersonRecord):
            wanted = (supplier, field == "card", name.casefold())
            if any((m.supplier, m.card, m.username.casefold()) == wanted for m in was.means):
                message = f"there is a means {shown(f'{supplier}/{name}')} already"
                raise Wrong([((field,), Problem("", 0, 0, field, message))])
        return editing.put_means(layer, key, supplier, name, value, who)

    changed(parts, decide)


def _means(typed: Mapping[str, str]) -> Body:
    texts = {name: typed[name] for name in MEANS_FIELDS if name not in ("renew", "app")}
    value = records.without_empty(texts)
    if typed["renew"]:
        value["renew"] = "true"
    if not typed["app"]:
        value["app"] = "false"
    return value


def _form(
    parts: Parts,
    desk: Desk,
    kind: Pages,
    given: Mapping[str, str],
    typed: Mapping[str, str] | None = None,
    trouble: Trouble | None = None,
) -> ResponseReturnValue:
    """The form of one means; without a name that of a new one."""
    view = View(parts)
    key, supplier, name = given["key"], given["supplier"], given["name"]
    try:
        person = editing.existing(view.layer, Section.PEOPLE, key)
        assert isinstance(person, PersonRecord)
        at = editing.means_at(person, supplier, name) if name else None
    except Missing:
        return records.shown_one(parts, kind, key, Trouble(404, (("", _missing(name, supplier)),)))
    if typed is None:
        typed = {"app": "true", "supplier": supplier}
        if at is not None:
            written = editing.as_written(view.layer, Section.PEOPLE, key, person)["means"][at]
            typed = {field: str(written.get(field) or "") for field in MEANS_FIELDS}
            typed["renew"] = "true" if person.means[at].renew else ""
            typed["app"] = "true" if person.means[at].app else ""
    address = {"key": key, **({"supplier": supplier, "name": name} if name else {})}
    api = f"/api/v1/people/{quote(key, safe='')}/means"
    return render(
        parts,
        "person-means",
        kind.list_template,
        trouble.status if trouble else 200,
        trouble=trouble,
        typed=typed,
        fields=MEANS_FIELDS,
        person=person,
        means=None if at is None else person.means[at],
        address=f"/console{WHERE}/means?{urlencode(address)}",
        back=kind.address(key),
        suppliers={slug: profile.name for slug, profile in desk.profiles.items()},
        levels=[(level.label, level.label) for level in Level],
        statuses=[(str(status), STATUSES[status]) for status in MeansStatus],
        api=f"{api}/{quote(supplier, safe='')}/{quote(name, safe='')}" if name else api,
    )


def _missing(name: str, supplier: str) -> str:
    return str(Missing("means", f"{supplier}/{name}"))


def _about(parts: Parts, desk: Desk, view: View, person: PersonRecord) -> dict[str, Any]:
    here = scene(parts, desk)
    services = [(one.key, one.service.name.nl) for one in explaining.services(here)][:_MOST_SERVICES]
    wanted = request.args.get("service", "")
    service = wanted if wanted in dict(services) else services[0][0] if services else ""
    mandates = view.register.mandates_of(person.key)
    accounts = desk.accounts.of_all(person.means, parts.tag)
    return {
        "means": [
            {
                **means_held.described(parts, desk, person, means, account),
                "edit": f"/console{WHERE}/means?"
                + urlencode({"key": person.key, "supplier": means.supplier, "name": means.username}),
            }
            for means, account in zip(person.means, accounts, strict=True)
        ],
        "mandates": _mandates(here, view, person, mandates[:_MOST_MANDATES], service),
        "more_mandates": max(0, len(mandates) - _MOST_MANDATES),
        "services": services,
        "service": service,
    }


def _mandates(
    here: explaining.Scene, view: View, person: PersonRecord, mandates: tuple[Mandate, ...], service: str
) -> list[dict[str, Any]]:
    """Each with what would come of a login to this service for its company."""
    outcomes: dict[str, dict[str, Any]] = {}
    for company in {mandate.company for mandate in mandates} if service else ():
        question = explaining.Question(person.key, service, company=company)
        found = explaining.as_json(explaining.explained(here, question))
        why = next((step for step in found["steps"] if step["ok"] is False), None)
        outcomes[company] = {"passes": found["passes"], "why": why}
    names = service_names(view)
    return [
        {
            **view.record(Section.MANDATES, mandate),
            "company_name": view.register.companies[mandate.company].name,
            "service_name": names.get(mandate.service, mandate.service),
            "outcome": outcomes.get(mandate.company),
        }
        for mandate in mandates
    ]


def service_names(view: View) -> dict[str, str]:
    """What services are called, by what mandates call them."""
    found = {"*": "alle diensten"}
    for service in view.register.services.values():
        found |= dict.fromkeys((service.service_id, service.uuid, service.instance_uuid), service.name.nl)
    return found
