"""The MR's step: for whom may this person act here, and if for nobody, why not."""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, date, datetime

from suppliers.ask import Ask, AskedService, Company, Level, Mandated, Names, Outcome, Person, Word
from suppliers.grants import Held
from suppliers.reasons import Step
from suppliers.register.days import dutch_day
from suppliers.register.model import (
    CompanyRecord,
    Mandate,
    MandateStatus,
    Means,
    PersonRecord,
    Place,
    Register,
)
from suppliers.sessions import Session, new_id
from suppliers.visit import Change, Event, Facts, MandateUsed, SessionBegun, Told, Tried, Visit
from suppliers.wording import TEXTS, at_least

NOTHING = Held()
ALL_IDENTIFIERS = ("KvKnr", "RSIN", "Pseudo")
# The exchange log is bounded, and somebody may hold thousands of mandates.
_MOST_TOLD = 50
_OIN = re.compile(r"urn:etoegang:DV:([0-9]{20}):services:[0-9]+")


class Code(enum.StrEnum):
    """What may be against a mandate, in the order in which it is looked at: the first that holds is the reason."""

    SERVICE = "service"
    PROVIDER = "provider"
    REQUESTED = "requested"
    REVOKED = "revoked"
    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    LEVEL = "level"
    BRANCH = "branch"
    IDENTIFIERS = "identifiers"
    INTERMEDIARY = "intermediary"


ELSEWHERE = frozenset({Code.SERVICE, Code.PROVIDER})
"""A mandate for somewhere else says nothing to whoever wants to log in here."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one mandate does not fit: the first thing that is against it, and the line that says so."""

    code: Code
    mandate: str
    place: Place
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        """The same as a step of the login: everybody who says why prints this."""
        return Step("mandate", str(self.code), False, f"reason.{self.code}", self.place, self.values)

    @property
    def text(self) -> Names:
        """For people. Put in words only when somebody reads it: a person may hold thousands of mandates."""
        return self.step.text


@dataclass(frozen=True, slots=True)
class Decision:
    """``fitting`` and ``reasons`` are in the order of the file, with what is not in the file behind it, and hold
    each mandate of the person once."""

    fitting: tuple[Mandate, ...]
    reasons: tuple[Reason, ...]


def decide(
    register: Register,
    person: str,
    ask: Ask,
    at: datetime,
    identifiers: Collection[str] = ALL_IDENTIFIERS,
    held: Held = NOTHING,
) -> Decision:
    """Which mandates of a person (its key) let them in here, at this moment, and why the others do not.

    ``identifiers`` are the types that the supplier can deliver; ``held`` is what there is of this person's
    mandates beside the register, and replaces what has the same id. Takes time for the mandates of this person
    only, whoever else the register knows.
    """
    today = dutch_day(at)
    in_file = register.mandates_of(person)
    used = _last_use(in_file, held)
    wanted: Names | None = None
    least: Names | None = None
    fitting: list[Mandate] = []
    reasons: list[Reason] = []
    for mandate in held.over(in_file):
        if mandate.person != person:
            continue
        company = register.companies.get(mandate.company)
        between = register.companies.get(mandate.intermediary or "")
        code = _against(mandate, company, between, ask, today, used, identifiers)
        if code is None:
            fitting.append(mandate)
            continue
        # Put in words once, and only where a mandate is against the person: most logins need none.
        wanted, least = wanted or _wanted(ask), least or at_least(ask.level.label)
        values = {
            "company": company.name if company else mandate.company,
            "intermediary": between.name if between else mandate.intermediary or "",
            "service": ask.service.name,
            "provider": ask.service.provider,
            "date": {Code.NOT_STARTED: mandate.start, Code.LAPSED: used}.get(code, mandate.until),
            "has": mandate.level.label,
            "least": least,
            "branch": branch_name(mandate, company),
            "wanted": wanted,
        }
        reasons.append(Reason(code, mandate.id, mandate.place, values))
    return Decision(tuple(fitting), tuple(reasons))


def considered(visit: Visit, facts: Facts) -> Decision:
    """What the register says of this visit's person now."""
    held = facts.held(visit.person)
    return decide(facts.register, visit.person, visit.ask, facts.now, facts.profile.identifiers, held)


def take(visit: Visit, mandate: Mandate, facts: Facts) -> Tried:
    """This is the mandate that the person will use."""
    chosen = Told(Event.MANDATE_CHOSEN, _about(mandate, facts.register))
    return Tried(replace(visit, mandate=mandate.id), told=(chosen,))


def taken(visit: Visit, facts: Facts) -> Mandate | None:
    """The mandate of this visit, as the register has it now; None when it lets in no more."""
    return next((m for m in considered(visit, facts).fitting if m.id == visit.mandate), None)


def permit(
    visit: Visit,
    mandate: Mandate,
    facts: Facts,
    of_person: Mapping[str, str],
    of_company: Mapping[str, str],
) -> Tried:
    """The Word: this person, this means, for this company; and the extra attributes of both."""
    holder = facts.holder(visit)
    if holder is None:
        raise ValueError("a Word is given of a person that the register knows")
    person, means = holder
    word = Word(
        id=visit.ask.id,
        supplier=visit.supplier,
        outcome=Outcome.PERMIT,
        person=_person(person, visit.supplier, of_person),
        level=means.level,
        # Not set yet for whoever was stopped on the way here, until the register was changed.
        authenticated_at=visit.authenticated_at or facts.now,
        mandate=_mandated(mandate, facts, of_company),
    )
    told: tuple[Told, ...] = (_given(person, means, mandate),)
    changes: tuple[Change, ...] = (MandateUsed(person.key, facts.today),)
    # The highest level has no single sign-on (spec 9): such a login leaves no session behind either.
    if visit.stay and not visit.session and visit.ask.level < Level.EH4:
        since = visit.authenticated_at or facts.now
        begun = Session(
            new_id(), visit.supplier, person.key, means.username, means.card, since, login=visit.ask.id
        )
        visit = replace(visit, session=begun.id)
        told, changes = (
            (*told, Told(Event.SESSION_BEGUN, {"person": person.key})),
            (*changes, SessionBegun(means, begun)),
        )
    return Tried(replace(visit, word=word), told=told, changes=changes)


def tell(decision: Decision, register: Register) -> Told:
    """The event of having looked: what fits, what does not, and the line of the file for each."""
    refused = [
        {
            "mandate": reason.mandate,
            "code": str(reason.code),
            "nl": reason.text.nl,
            "en": reason.text.en,
            "place": str(reason.place),
        }
        for reason in decision.reasons[:_MOST_TOLD]
    ]
    return Told(
        Event.MANDATES_CONSIDERED,
        {
            "fitting": [_about(mandate, register) for mandate in decision.fitting[:_MOST_TOLD]],
            "refused": refused,
            "left_out": sum(max(0, len(of) - _MOST_TOLD) for of in (decision.fitting, decision.reasons)),
        },
    )


def _last_use(in_file: tuple[Mandate, ...], held: Held) -> date | None:
    """The last day on which this person used any mandate; None if nobody knows of one."""
    days = [mandate.last_used for mandate in (*in_file, *held.mandates) if mandate.last_used]
    return max([*days, *filter(None, [held.last_used])], default=None)


def _lapses(mandate: Mandate, used: date | None, today: date) -> bool:
    """Mandates lapse once their holder has used not one of them for 24 months (spec 10.1).

    One that began after that last use has 24 months of its own: else whoever let them lapse could never be
    given another.
    """
    if used is None:
        return False
    since = max(used, mandate.start) if mandate.start else used
    return today > _two_years_after(since)


def _two_years_after(day: date) -> date:
    """The same day of the month; 28 February where there is no 29th."""
    if day.year + 2 > MAXYEAR:
        return date.max
    if (day.month, day.day) == (2, 29):
        return date(day.year + 2, 2, 28)
    return day.replace(year=day.year + 2)


def _covers(mandate: Mandate, service: AskedService) -> bool:
    if mandate.provider:
        found = _OIN.fullmatch(service.service_id)
        return mandate.provider in (found[1] if found else None, service.provider_id)
    return mandate.service == "*" or (
        bool(mandate.service) and mandate.service in (service.service_id, *service.uuids)
    )


def _against(
    mandate: Mandate,
    company: CompanyRecord | None,
    between: CompanyRecord | None,
    ask: Ask,
    today: date,
    used: date | None,
    identifiers: Collection[str],
) -> Code | None:
    """The first thing against a mandate, in the order of :class:`Code`."""
    if not _covers(mandate, ask.service):
        return Code.PROVIDER if mandate.provider else Code.SERVICE
    if mandate.status is MandateStatus.REQUESTED:
        return Code.REQUESTED
    if mandate.status is MandateStatus.REVOKED:
        return Code.REVOKED
    if mandate.start is not None and today < mandate.start:
        return Code.NOT_STARTED
    if mandate.until is not None and today > mandate.until:
        return Code.EXPIRED
    if _lapses(mandate, used, today):
        return Code.LAPSED
    if mandate.level < ask.level:
        return Code.LEVEL
    if mandate.branch is not None and not ask.branches_accepted:
        return Code.BRANCH
    if company is None or not _can_fill(company, ask, identifiers):
        return Code.IDENTIFIERS
    if mandate.intermediary is not None and not _can_name(between, identifiers):
        return Code.INTERMEDIARY
    return None


def _can_fill(company: CompanyRecord, ask: Ask, identifiers: Collection[str]) -> bool:
    can = {"Pseudo"} & set(identifiers)
    return filled(set(company.identifiers) & set(identifiers), ask, beside=can) is not None


def filled(has: Collection[str], ask: Ask, beside: Collection[str] = ("Pseudo",)) -> tuple[str, ...] | None:
    """The first identifier set of the service that these types fill; None where they fill none.

    A Pseudo is made of the person, so every company has one where it can be delivered.
    """
    return next((wanted for wanted in ask.identifier_sets if {*has, *beside}.issuperset(wanted)), None)


def _can_name(between: CompanyRecord | None, identifiers: Collection[str]) -> bool:
    # An intermediary is known by its KvK number, never by anything else (spec 10.2).
    return between is not None and bool(between.kvk) and "KvKnr" in identifiers


def _wanted(ask: Ask) -> Names:
    """The identifier sets of the service in words: "RSIN and KvK number or KvK number"; a type that no company
    here has, as a catalogue may ask, by its name in messages."""

    def word(name: str, language: str) -> str:
        known = TEXTS.get(f"identifier.{name}")
        return known.in_(language) if known else name

    def in_(language: str) -> str:
        between = TEXTS["and"].in_(language)
        sets = (between.join(word(name, language) for name in wanted) for wanted in ask.identifier_sets)
        return TEXTS["or"].in_(language).join(sets)

    return Names(in_("nl"), in_("en"))


def branch_name(mandate: Mandate, company: CompanyRecord | None) -> str:
    """The branch as people know it, with its number; empty for a mandate without."""
    if not mandate.branch:
        return ""
    name = company.branches.get(mandate.branch) if company else None
    return f"{name} ({mandate.branch})" if name else mandate.branch


def _about(mandate: Mandate, register: Register) -> dict[str, object]:
    company = register.companies[mandate.company]
    return {
        "mandate": mandate.id,
        "company": company.name,
        "branch": mandate.branch,
        "intermediary": register.companies[mandate.intermediary].name if mandate.intermediary else None,
        "level": mandate.level.label,
        "place": str(mandate.place),
    }


def _given(person: PersonRecord, means: Means, mandate: Mandate) -> Told:
    return Told(
        Event.WORD_GIVEN,
        {
            "outcome": str(Outcome.PERMIT),
            "person": person.key,
            "level": means.level.label,
            "company": mandate.company,
            "branch": mandate.branch,
            "intermediary": mandate.intermediary,
        },
    )


def _person(person: PersonRecord, supplier: str, attributes: Mapping[str, str]) -> Person:
    # Each supplier knows a person by a pseudonym of its own (spec 10.1): stable, and not to be linked by name.
    subject = uuid.uuid5(uuid.NAMESPACE_URL, f"{supplier}/{person.key}")
    return Person(person.key, str(subject), person.name, dict(attributes), person.email)


def delivered(key: str, facts: Facts) -> Company:
    """A company with what this supplier can deliver of it."""
    record = facts.register.companies[key]
    can: set[str] = set(facts.profile.identifiers)
    identifiers = {name: value for name, value in record.identifiers.items() if name in can}
    return Company(record.key, record.name, identifiers)


def _mandated(mandate: Mandate, facts: Facts, attributes: Mapping[str, str]) -> Mandated:
    company = replace(delivered(mandate.company, facts), attributes=dict(attributes))
    between = delivered(mandate.intermediary, facts) if mandate.intermediary else None
    return Mandated(company, mandate.level, mandate.branch, between)
