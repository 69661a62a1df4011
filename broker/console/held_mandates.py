"""The console's pages of the mandates in the register: which there are, and forms to change them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from broker.api import models
from broker.api.view import View
from broker.console import records
from broker.console.people import service_names
from broker.console.records import Pages
from broker.parts import Parts
from suppliers.register.changes import Section
from suppliers.register.layer import Record
from suppliers.register.model import Mandate

WHERE = "/register/mandates"
FIELDS = ("level", "from", "until", "branch", "status")
WHOSE = ("person", "company", "service", "provider", "intermediary")


def add(pages: Blueprint, parts: Parts) -> None:
    kind = Pages(
        Section.MANDATES,
        WHERE,
        "held-mandates",
        "held-mandate",
        models.MandatesQuery,
        FIELDS,
        read=lambda typed: records.without_empty({name: typed.get(name, "") for name in (*WHOSE, *FIELDS)}),
        typed=lambda written: {name: str(written.get(name) or "") for name in FIELDS},
        new_fields=WHOSE,
        besides=_about,
        about_list=_about_list,
    )
    records.add(pages, parts, kind)


def _about(view: View, record: Record) -> dict[str, Any]:
    assert isinstance(record, Mandate)
    companies = view.register.companies
    between = companies.get(record.intermediary or "")
    return {
        "person_name": view.register.people[record.person].name,
        "company_name": companies[record.company].name,
        "intermediary_name": between.name if between else "",
        "service_name": service_names(view).get(record.service, record.service),
        "branches": companies[record.company].branches,
    }


def _about_list(view: View, rows: list[dict[str, Any]]) -> dict[str, Any]:
    people, companies, names = view.register.people, view.register.companies, service_names(view)
    return {
        "people": {row["person"]: people[row["person"]].name for row in rows},
        "companies": {row["company"]: companies[row["company"]].name for row in rows},
        "service_names": names,
        "services": [(key, service.name.nl) for key, service in view.register.services.items()][:200],
    }
