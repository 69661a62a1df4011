"""Which of the things on a page is meant, and whether what came of it is what was asked for."""

from __future__ import annotations

from collections.abc import Iterable

from broker.completing.wish import Wish
from suppliers.ask import Word
from suppliers.authorise import considered
from suppliers.choice import WHOLE, Option
from suppliers.register.model import CompanyRecord, Register
from suppliers.visit import Facts, Visit

_INTERMEDIARY = "intermediary:"


def organisation(
    options: Iterable[Option], wish: Wish, visit: Visit, facts: Facts
) -> tuple[Option | None, str]:
    """The organisation that the wish names, and the client where it named that: a company behind exactly one
    intermediary."""
    listed = list(options)
    if not wish.company:
        return (listed[0] if len(listed) == 1 else None), ""
    found = _named(listed, wish.company)
    if len(found) > 1:
        # Directly, unless a client is named too.
        found = [one for one in found if one.through is bool(wish.client)]
    if found:
        return (found[0] if len(found) == 1 else None), ""
    behind = {
        (_INTERMEDIARY + mandate.intermediary, mandate.company)
        for mandate in considered(visit, facts).fitting
        if mandate.intermediary and is_company(facts.register.companies[mandate.company], wish.company)
    }
    if len(behind) != 1:
        return None, ""
    through, client = behind.pop()
    return next((one for one in listed if one.value == through), None), client


def client(options: Iterable[Option], text: str) -> Option | None:
    return _one(list(options), text)


def branch(options: Iterable[Option], text: str) -> Option | None:
    """By number, by name with or without the number behind it, or ``whole``."""
    listed, wanted = list(options), text.strip().casefold()
    if found := [
        one for one in listed if wanted and wanted == one.name.casefold().removesuffix(f" ({one.value})")
    ]:
        return found[0] if len(found) == 1 else None
    return _one(listed, text)


def unlike(word: Word, wish: Wish, register: Register) -> str:
    """Which part of the wish the answer of the supplier is not: other-company, other-client, other-branch; empty
    where it is all that was asked for."""
    mandate = word.mandate
    if mandate is None:
        return ""
    company = register.companies.get(mandate.company.key)
    between = register.companies.get(mandate.intermediary.key) if mandate.intermediary else None
    either = [one for one in (company, between) if one]
    if wish.company and not any(is_company(one, wish.company) for one in either):
        return "other-company"
    if wish.client and not (between and company and is_company(company, wish.client)):
        return "other-client"
    if wish.branch and not _is_branch(mandate.branch or WHOLE, company, wish.branch):
        return "other-branch"
    return ""


def is_company(company: CompanyRecord, text: str) -> bool:
    """Whether a key, KvK number, RSIN, name, or a value of the page is of this company."""
    wanted = text.strip()
    key = wanted.removeprefix("company:").removeprefix(_INTERMEDIARY)
    return key == company.key or wanted.casefold() in (company.kvk, company.rsin, company.name.casefold())


def _is_branch(number: str, company: CompanyRecord | None, text: str) -> bool:
    wanted = text.strip().casefold()
    name = company.branches.get(number, "") if company else ""
    return wanted == number or (bool(name) and wanted == name.casefold())


def _one(listed: list[Option], text: str) -> Option | None:
    found = _named(listed, text) if text else listed
    return found[0] if len(found) == 1 else None


def _named(listed: list[Option], text: str) -> list[Option]:
    wanted = text.strip()
    if found := [one for one in listed if one.value == wanted]:
        return found
    folded = wanted.casefold()
    return [
        one
        for one in listed
        if folded in (one.kvk, one.rsin, one.name.casefold()) or one.value.partition(":")[2] == wanted
    ]
