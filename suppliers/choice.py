"""What a person chooses between on the way to one mandate: organisations, clients of an intermediary, branches.

Each function takes the mandates that let the person in and gives what a page lists, each thing once. What is
posted is a key of the register, never a mandate: of several mandates for the same thing the highest level counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from suppliers.authorise import branch_name, considered, taken
from suppliers.register.model import CompanyRecord, Mandate, Register
from suppliers.visit import Facts, Kind, Problem, Tried, Visit

FIELDS = {Kind.MANDATE: "organisation", Kind.CHAIN: "client", Kind.BRANCH: "branch"}
"""The name of the field on each of the pages."""
WHOLE = "whole"
"""Posted for a mandate that is for the whole organisation; a branch has 12 digits."""

_COMPANY, _INTERMEDIARY = "company:", "intermediary:"
_SEARCHED_ABOVE = 10
_MOST_SHOWN = 50
_LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: what is posted for it, and what a page says of it.

    ``kvk`` and ``rsin`` are those of a company, where it has them. With ``through`` it is an intermediary. ``only``
    is the one branch or client that there is behind it, empty for more than one.
    """

    value: str
    name: str
    kvk: str | None = None
    rsin: str | None = None
    through: bool = False
    only: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: ``shown`` of ``count``, out of ``total``; ``text`` is what was typed."""

    text: str
    shown: tuple[Option, ...]
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Options:
    """The list of a page, by name."""

    all: tuple[Option, ...]

    @property
    def searched(self) -> bool:
        """Whether there are so many that a search field is of use."""
        return len(self.all) > _SEARCHED_ABOVE

    @property
    def whole(self) -> Found:
        """All of it, for a list that is never too long to read."""
        return Found("", self.all, len(self.all), len(self.all))

    def find(self, text: str) -> Found:
        """Those with every word of a text in their name or a number, accents and case ignored; all for an empty one."""
        text = text.strip()[:_LONGEST_SEARCH]
        # People write numbers in groups.
        words = re.sub(r"(?<=[0-9])[ .-]+(?=[0-9])", "", plain(text)).split()
        found = [option for option in self.all if all(word in _searched_in(option) for word in words)]
        return Found(text, tuple(found[:_MOST_SHOWN]), len(found), len(self.all))


def plain(text: str) -> str:
    """Without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def organisations(fitting: Iterable[Mandate], register: Register) -> list[Option]:
    """For whom the person may log in directly, and through whom for others."""
    directly: dict[str, list[Mandate]] = {}
    through: dict[str, list[Mandate]] = {}
    for mandate in fitting:
        if mandate.intermediary:
            through.setdefault(mandate.intermediary, []).append(mandate)
        else:
            directly.setdefault(mandate.company, []).append(mandate)
    found = [_direct(register.companies[key], held) for key, held in directly.items()]
    for key, held in through.items():
        company = register.companies[key]
        clients = {mandate.company for mandate in held}
        only = register.companies[clients.pop()].name if len(clients) == 1 else ""
        found.append(Option(_INTERMEDIARY + key, company.name, company.kvk, company.rsin, True, only))
    return _by_name(found)


def clients(through: Iterable[Mandate], register: Register) -> list[Option]:
    """For whom the intermediary acts that these mandates go through."""
    held: dict[str, list[Mandate]] = {}
    for mandate in through:
        held.setdefault(mandate.company, []).append(mandate)
    found = [_direct(register.companies[key], of) for key, of in held.items()]
    return _by_name([replace(option, value=option.value.removeprefix(_COMPANY)) for option in found])


def branches(held: Iterable[Mandate], register: Register) -> list[Option]:
    """For which part of one company; the whole of it first."""
    found = {
        mandate.branch or WHOLE: Option(
            mandate.branch or WHOLE, branch_name(mandate, register.companies[mandate.company])
        )
        for mandate in held
    }
    return sorted(found.values(), key=lambda option: (bool(option.name), plain(option.name), option.value))


def best(held: Iterable[Mandate], branch: str) -> Mandate | None:
    """The mandate of the highest level for a branch, or for the whole company; of equals the first in the file."""
    fits = (mandate for mandate in held if (mandate.branch or WHOLE) == branch)
    return max(fits, key=lambda mandate: mandate.level, default=None)


def chosen(value: str) -> tuple[str, str]:
    """Company and intermediary (keys, one of them empty) that an organisation's value stands for."""
    if value.startswith(_INTERMEDIARY):
        return "", value.removeprefix(_INTERMEDIARY)
    return value.removeprefix(_COMPANY), ""


def organisation_of(visit: Visit) -> str:
    """The value of what was chosen on the page of the organisations; empty as long as nothing was."""
    if visit.intermediary:
        return _INTERMEDIARY + visit.intermediary
    return _COMPANY + visit.company if visit.company else ""


def through(visit: Visit, facts: Facts) -> list[Mandate]:
    """What lets this visit's person in now through the intermediary that they chose; directly where they chose a
    company."""
    return through_of(considered(visit, facts).fitting, visit)


def through_of(fitting: Iterable[Mandate], visit: Visit) -> list[Mandate]:
    """The same of mandates that are known to let them in."""
    if not visit.intermediary:
        return left_of(fitting, visit)
    return [mandate for mandate in fitting if mandate.intermediary == visit.intermediary]


def left(visit: Visit, facts: Facts) -> list[Mandate]:
    """What lets this visit's person in now for the company that they chose, the way that they chose."""
    return left_of(considered(visit, facts).fitting, visit)


def left_of(fitting: Iterable[Mandate], visit: Visit) -> list[Mandate]:
    """The same of mandates that are known to let them in."""
    if not visit.company:
        return []
    return [
        mandate
        for mandate in fitting
        if (mandate.intermediary or "", mandate.company) == (visit.intermediary, visit.company)
    ]


def lost(visit: Visit, kind: Kind, facts: Facts) -> bool:
    """Whether nothing lets this visit's person in any more that agrees with what they chose before this step."""
    match kind:
        case Kind.CHAIN:
            return not through(visit, facts)
        case Kind.BRANCH:
            return not left(visit, facts)
        case Kind.CONSENT:
            return taken(visit, facts) is None
        case _:
            return False


def offer(visit: Visit, kind: Kind, options: Sequence[Option]) -> Visit:
    """The visit with what this page has to choose from; what a later page had is offered no more."""
    fields = list(FIELDS.values())
    earlier = fields[: fields.index(FIELDS[kind])]
    kept = tuple(one for one in visit.offered if one.partition(":")[0] in earlier)
    return replace(visit, offered=kept + tuple(f"{FIELDS[kind]}:{option.value}" for option in options))


def not_chosen(visit: Visit, kind: Kind, wanted: str) -> Tried:
    """What to say of a choice that is not on the page now: nothing was picked, it has gone, or it was never there."""
    field = FIELDS[kind]
    if not wanted:
        return Tried(visit, (Problem(field, f"{kind}.empty"),))
    if f"{field}:{wanted}" in visit.offered:
        return Tried(visit, (Problem(field, f"{kind}.gone"),))
    return Tried(visit, refused="choice")


def _direct(company: CompanyRecord, held: Sequence[Mandate]) -> Option:
    parts = {mandate.branch: mandate for mandate in held}
    only = branch_name(held[0], company) if len(parts) == 1 else ""
    return Option(_COMPANY + company.key, company.name, company.kvk, company.rsin, only=only)


def _by_name(options: Iterable[Option]) -> list[Option]:
    return sorted(options, key=lambda option: (plain(option.name), option.through, option.value))


def _searched_in(option: Option) -> str:
    return " ".join(filter(None, (plain(option.name), option.kvk, option.rsin, plain(option.only))))
