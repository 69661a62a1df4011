"""The console's pages of companies: which there are, and forms to change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from broker.api import models
from broker.console import records
from broker.console.records import Body, Pages
from broker.parts import Parts
from suppliers.register.changes import Section
from suppliers.register.editing import Wrong
from suppliers.register.problems import Problem, shown

WHERE = "/companies"
FIELDS = ("name", "kvk", "rsin", "branches", "manager", "approves")
_TEXTS = ("name", "kvk", "rsin", "manager")


def add(pages: Blueprint, parts: Parts) -> None:
    kind = Pages(
        Section.COMPANIES,
        WHERE,
        "companies",
        "company",
        models.CompaniesQuery,
        FIELDS,
        read=read,
        typed=typed,
    )
    records.add(pages, parts, kind)


def read(typed: Mapping[str, str]) -> Body:
    value = records.without_empty({name: typed[name] for name in _TEXTS})
    if branches := _branches(typed["branches"]):
        value["branches"] = branches
    if typed["approves"]:
        value["approves"] = "true"
    return value


def typed(written: Body) -> dict[str, str]:
    branches: dict[str, Any] = written.get("branches") or {}
    return {
        **{name: str(written.get(name) or "") for name in _TEXTS},
        "branches": "\n".join(f"{number} {name}" for number, name in branches.items()),
        "approves": "true" if str(written.get("approves", "")).lower() in ("true", "1", "yes", "on") else "",
    }


def _branches(text: str) -> dict[str, str]:
    """A branch on each line: its number and then its name."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        number, _, name = line.partition(" ")
        if number in found:
            message = f"{shown(number)} is here twice: remove one"
            raise Wrong([(("branches",), Problem("", 0, 0, "branches", message))])
        found[number] = name.strip()
    return found
