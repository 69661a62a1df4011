"""The MR's step: for whom may this person act here, and if for nobody, why not."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from suppliers.ask import Ask, Company, Level, Mandated, Names, Outcome, Person, Word
from suppliers.grants import Held
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
from suppliers.wording import DUTCH_TIME, TEXTS, both

NOTHING = Held()
ALL_IDENTIFIERS = ("KvKnr", "RSIN", "Pseudo")
# The exchange log is bounded, and somebody may hold thousands of mandates.
_MOST_TOLD = 50


class Code(enum.StrEnum):
    SERVICE = "service"
    REQUESTED = "requested"
    REVOKED = "revoked"
    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    LEVEL = "level"
    BRANCH = "branch"
    IDENTIFIERS = "identifiers"
    INTERMEDIARY = "intermediary"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one mandate does not fit: the first thing that is against it, and the line that says so."""

    code: Code
    mandate: str
    text: Names
    place: Place


@dataclass(frozen=True, slots=True)
class Decision:
    """``fitting`` and ``reasons`` are in the order of the file and hold each mandate of the person once."""

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
    mandates beside the register.
    """
    today = at.astimezone(DUTCH_TIME).date()
    fitting: list[Mandate] = []
    reasons: list[Reason] = []
    for mandate in register.mandates_of(person):
        company = register.companies.get(mandate.company)
        between = register.companies.get(mandate.intermediary or "")
        code = _against(mandate, company, between, ask, today, identifiers)
        if code is None:
            fitting.append(mandate)
        else:
            reasons.append(_reason(code, mandate, company, between, ask))
    return Decision(tuple(fitting), tuple(reasons))


def choices(fitting: Iterable[Mandate], register: Register) -> list[Mandate]:
    """One mandate for each company, branch and intermediary, by name: two for the same are no choice to a person.

    The highest level stays, so that the answer says what the person may do.
    """
    best: dict[tuple[str, str | None, str | None], Mandate] = {}
    for mandate in fitting:
        key = (mandate.company, mandate.branch, mandate.intermediary)
        if key not in best or mandate.level > best[key].level:
            best[key] = mandate

    def by_name(m: Mandate) -> tuple[str, str, str]:
        via = register.companies[m.intermediary].name.casefold() if m.intermediary else ""
        return register.companies[m.company].name.casefold(), m.branch or "", via

    return sorted(best.values(), key=by_name)


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
        begun = Session(new_id(), visit.supplier, person.key, means.username, means.card, since)
        visit = replace(visit, session=begun.id)
        told, changes = (
            (*told, Told(Event.SESSION_BEGUN, {"person": person.key})),
            (*changes, SessionBegun(begun)),
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
        for reason in decision.reasons
    ]
    return Told(
        Event.MANDATES_CONSIDERED,
        {
            "fitting": [_about(mandate, register) for mandate in decision.fitting[:_MOST_TOLD]],
            "refused": refused[:_MOST_TOLD],
            "left_out": max(0, len(decision.fitting) - _MOST_TOLD) + max(0, len(refused) - _MOST_TOLD),
        },
    )


def _against(
    mandate: Mandate,
    company: CompanyRecord | None,
    between: CompanyRecord | None,
    ask: Ask,
    today: date,
    identifiers: Collection[str],
) -> Code | None:
    checks: tuple[tuple[Code, bool], ...] = (
        (Code.SERVICE, mandate.service not in ("*", ask.service.service_id, *ask.service.uuids)),
        (Code.REQUESTED, mandate.status is MandateStatus.REQUESTED),
        (Code.REVOKED, mandate.status is MandateStatus.REVOKED),
        (Code.NOT_STARTED, mandate.start is not None and today < mandate.start),
        (Code.EXPIRED, mandate.until is not None and today > mandate.until),
        (Code.LEVEL, mandate.level < ask.level),
        (Code.BRANCH, mandate.branch is not None and not ask.branches_accepted),
        (Code.IDENTIFIERS, company is None or not _can_fill(company, ask, identifiers)),
        (Code.INTERMEDIARY, mandate.intermediary is not None and not _can_name(between, identifiers)),
    )
    return next((code for code, stands in checks if stands), None)


def _can_fill(company: CompanyRecord, ask: Ask, identifiers: Collection[str]) -> bool:
    # A Pseudo is made of the person, so every company has one.
    has = {"Pseudo", *company.identifiers} & set(identifiers)
    return any(has.issuperset(wanted) for wanted in ask.identifier_sets)


def _can_name(between: CompanyRecord | None, identifiers: Collection[str]) -> bool:
    # An intermediary is known by its KvK number, never by anything else (spec 10.2).
    return between is not None and bool(between.kvk) and "KvKnr" in identifiers


def _reason(
    code: Code, mandate: Mandate, company: CompanyRecord | None, between: CompanyRecord | None, ask: Ask
) -> Reason:
    a_set = {
        language: TEXTS["or"]
        .in_(language)
        .join(
            TEXTS["and"].in_(language).join(TEXTS[f"identifier.{t}"].in_(language) for t in wanted)
            for wanted in ask.identifier_sets
        )
        for language in ("nl", "en")
    }
    text = both(
        f"reason.{code}",
        company=company.name if company else mandate.company,
        intermediary=between.name if between else mandate.intermediary or "",
        service=ask.service.name,
        date=mandate.start if code is Code.NOT_STARTED else mandate.until,
        has=mandate.level.label,
        asked=ask.level.label,
        branch=branch_name(mandate, company),
        wanted=Names(a_set["nl"], a_set["en"]),
    )
    return Reason(code, mandate.id, text, mandate.place)


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
