"""The MR's step: for whom may this person act here, and if for nobody, why not."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from suppliers.ask import Ask, Company, Mandated, Names, Outcome, Person, Word
from suppliers.register.model import (
    CompanyRecord,
    Mandate,
    MandateStatus,
    Means,
    PersonRecord,
    Place,
    Register,
)
from suppliers.visit import Event, Facts, Problem, Told, Tried, Visit
from suppliers.wording import DUTCH_TIME, TEXTS, both

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
) -> Decision:
    """Which mandates of a person (its key) let them in here, at this moment, and why the others do not.

    ``identifiers`` are the types that the supplier can deliver.
    """
    today = at.astimezone(DUTCH_TIME).date()
    fitting: list[Mandate] = []
    reasons: list[Reason] = []
    for mandate in register.mandates_of(person):
        company = register.companies.get(mandate.company)
        code = _against(mandate, company, ask, today, identifiers)
        if code is None:
            fitting.append(mandate)
        else:
            reasons.append(_reason(code, mandate, company, ask))
    return Decision(tuple(fitting), tuple(reasons))


def choices(fitting: Iterable[Mandate], register: Register) -> list[Mandate]:
    """One mandate for each company and branch, by name: two mandates for the same are no choice to a person.

    The highest level stays, so that the answer says what the person may do.
    """
    best: dict[tuple[str, str | None], Mandate] = {}
    for mandate in fitting:
        key = (mandate.company, mandate.branch)
        if key not in best or mandate.level > best[key].level:
            best[key] = mandate
    return sorted(
        best.values(), key=lambda m: (register.companies[m.company].name.casefold(), m.branch or "")
    )


def choose(visit: Visit, form: Mapping[str, str], facts: Facts) -> Tried:
    """The company that the person picked; passed when the Word is in the visit."""
    wanted = form.get("mandate", "")
    decision = considered(visit, facts)
    told = (tell(decision, facts.register),)
    chosen = next((mandate for mandate in decision.fitting if mandate.id == wanted), None)
    if chosen:
        passed = permit(visit, chosen, facts)
        return replace(passed, told=(*told, *passed.told))
    if not wanted:
        return Tried(visit, (Problem("mandate", "mandate.empty"),), told)
    if wanted in visit.offered:
        return Tried(visit, (Problem("mandate", "mandate.gone"),), told)
    return Tried(visit, told=told, refused="choice")


def considered(visit: Visit, facts: Facts) -> Decision:
    """What the register says of this visit's person now."""
    return decide(facts.register, visit.person, visit.ask, facts.now, facts.profile.identifiers)


def permit(visit: Visit, mandate: Mandate, facts: Facts) -> Tried:
    """The Word: this person, this means, for this company."""
    holder = facts.holder(visit)
    if holder is None:
        raise ValueError("a Word is given of a person that the register knows")
    person, means = holder
    word = Word(
        id=visit.ask.id,
        supplier=visit.supplier,
        outcome=Outcome.PERMIT,
        person=_person(person, visit.supplier),
        level=means.level,
        # Not set yet for whoever was stopped on the way here, until the register was changed.
        authenticated_at=visit.authenticated_at or facts.now,
        mandate=_mandated(mandate, facts),
    )
    chosen = Told(Event.MANDATE_CHOSEN, _about(mandate, facts.register))
    return Tried(replace(visit, word=word), told=(chosen, _given(person, means, mandate)))


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
    mandate: Mandate, company: CompanyRecord | None, ask: Ask, today: date, identifiers: Collection[str]
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
    )
    return next((code for code, stands in checks if stands), None)


def _can_fill(company: CompanyRecord, ask: Ask, identifiers: Collection[str]) -> bool:
    # A Pseudo is made of the person, so every company has one.
    has = {"Pseudo", *company.identifiers} & set(identifiers)
    return any(has.issuperset(wanted) for wanted in ask.identifier_sets)


def _reason(code: Code, mandate: Mandate, company: CompanyRecord | None, ask: Ask) -> Reason:
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
        },
    )


def _person(person: PersonRecord, supplier: str) -> Person:
    # Each supplier knows a person by a pseudonym of its own (spec 10.1): stable, and not to be linked by name.
    subject = uuid.uuid5(uuid.NAMESPACE_URL, f"{supplier}/{person.key}")
    return Person(person.key, str(subject), person.name, dict(person.attributes), person.email)


def _mandated(mandate: Mandate, facts: Facts) -> Mandated:
    record = facts.register.companies[mandate.company]
    can: set[str] = set(facts.profile.identifiers)
    delivered = {name: value for name, value in record.identifiers.items() if name in can}
    return Mandated(Company(record.key, record.name, delivered), mandate.level, mandate.branch)
