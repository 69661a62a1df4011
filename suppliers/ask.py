"""What a broker may ask of a supplier, and what a supplier answers: the whole interface between the two.

An :class:`Ask` goes in, a :class:`Word` comes out. Both are frozen and survive a trip through JSON.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

ASSURANCE_CLASS = "urn:etoegang:core:assurance-class:"


class Level(enum.IntEnum):
    """Assurance level (betrouwbaarheidsniveau), ordered; EH1 ended on 1 July 2021 (spec 2.3)."""

    EH2 = 20
    EH2_PLUS = 25
    EH3 = 30
    EH4 = 40

    @property
    def label(self) -> str:
        """How people write it: EH2, EH2+, EH3, EH4."""
        return self.name.replace("_PLUS", "+")

    @property
    def urn(self) -> str:
        """How messages write it, e.g. urn:etoegang:core:assurance-class:loa3."""
        return ASSURANCE_CLASS + self.name.lower().replace("eh", "loa").replace("_", "")

    @classmethod
    def of(cls, text: str) -> Level:
        """The level that a label or a URN names; ValueError if none."""
        for level in cls:
            if text in (level.label, level.urn):
                return level
        raise ValueError(f"{text!r} is not a level; allowed: {', '.join(level.label for level in cls)}")


@dataclass(frozen=True, slots=True)
class Names:
    """One name in two languages."""

    nl: str
    en: str

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.nl


@dataclass(frozen=True, slots=True)
class AskedService:
    """The service that the person logs in to, by every name that a mandate may use for it."""

    service_id: str
    uuids: tuple[str, ...]
    name: Names
    provider_id: str
    provider: Names


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """An extra attribute (spec 4.4) by its URN, what it is for, and whether there is no login without it."""

    name: str
    purpose: Names | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One login, as the supplier needs to know it.

    ``identifier_sets`` are the sets of spec 5 in order of preference, e.g. ``(("RSIN", "KvKnr"), ("KvKnr",))``.
    ``return_path`` is where the supplier sends the browser when its Word is ready, ``choice_path`` where
    "Vorige" leads from its first page; empty where there is no such page, as the supplier was chosen elsewhere.
    ``requested`` are the extra attributes, in the order in which they are asked. ``remembered`` is whether the
    person came here by a choice of an earlier day, and never saw that there is one. No Word is of use after
    ``until``; None where that never is. ``tag`` is the room in which it happens: what is remembered in one is
    unknown in another, and in the one without a tag.
    """

    id: str
    service: AskedService
    level: Level
    identifier_sets: tuple[tuple[str, ...], ...]
    return_path: str
    choice_path: str
    return_origins: tuple[str, ...] = ()
    branches_accepted: bool = False
    force_authn: bool = True
    language: str = "nl"
    requested: tuple[RequestedAttribute, ...] = ()
    remembered: bool = False
    until: datetime | None = None
    tag: str = ""


class Outcome(enum.StrEnum):
    """UNAVAILABLE: the person did all that was asked, and an attribute that is required cannot be given."""

    PERMIT = "permit"
    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Person:
    """The acting subject. ``subject`` is the supplier's internal pseudonym: stable, never on the wire.

    ``attributes`` are those that were asked and that the person let go, by URN.
    """

    key: str
    subject: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """The legal subject. ``identifiers`` by type name: KvKnr, RSIN; ``attributes`` that were asked, by URN."""

    key: str
    name: str
    identifiers: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mandated:
    """What the register says the person may do: for which company, at which level, for which branch.

    With an ``intermediary`` the person works for that one, which acts for the company (chain mandate).
    """

    company: Company
    level: Level
    branch: str | None = None
    intermediary: Company | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """The supplier's answer: who, at which level, since when, and for whom.

    ``person``, ``level``, ``authenticated_at`` and ``mandate`` are there if and only if ``outcome`` is PERMIT.
    ``missing`` are the URNs of the attributes for want of which it is UNAVAILABLE.
    """

    id: str
    supplier: str
    outcome: Outcome
    person: Person | None = None
    level: Level | None = None
    authenticated_at: datetime | None = None
    mandate: Mandated | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A supplier as the broker lists it: ``ad`` and ``mr`` are its entity ids as AD and as MR.

    ``next_register`` is the slug of the supplier whose register confirms chain mandates, itself if empty.
    """

    slug: str
    name: str
    levels: tuple[Level, ...]
    identifiers: tuple[str, ...]
    ad: str
    mr: str
    next_register: str = ""

    def reaches(self, level: Level) -> bool:
        """Whether it has means that are strong enough."""
        return max(self.levels) >= level

    def delivers(self, identifier_sets: Iterable[Iterable[str]]) -> bool:
        """Whether it can give one of these sets as a whole."""
        return any(set(wanted) <= set(self.identifiers) for wanted in identifier_sets)


class Suppliers(Protocol):
    """What the broker needs of the suppliers; ``suppliers.desk`` fulfils it."""

    def offers(self) -> tuple[Offer, ...]:
        """Every supplier, alphabetical on its name, case ignored."""

    def open(self, slug: str, ask: Ask) -> str:
        """Start a visit; the path of the supplier's first page. KeyError for an unknown supplier."""

    def word(self, ask_id: str) -> Word | None:
        """The answer to this Ask, or None as long as there is none."""

    def log_out(self, ask_id: str) -> str | None:
        """End the session of the person who answered this Ask; the supplier's name, or None if there was none."""
