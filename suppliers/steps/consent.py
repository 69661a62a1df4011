"""Extra attributes (spec 4.4): what a service asks beyond identifiers, and what the person lets go.

Those of the person come from the AD and only after consent; those of the company from the MR, and nobody is
asked. Consent is not remembered: it is asked at each login, as a tester wants to see it each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from suppliers.ask import Ask, Company, Outcome, RequestedAttribute, Word
from suppliers.authorise import delivered, permit, taken
from suppliers.register.model import Mandate, PersonRecord
from suppliers.visit import Arrival, Event, Facts, Problem, Screen, Step, Told, Tried, Visit

FIELD = "attribute:"
"""Before the URN in the name of a checkbox."""
LEAVE = "leave"
"""The field of the form on the page that says what is missing."""

_OF_PERSON = re.compile(r"urn:etoegang:1\.[0-9]+:attribute:(.+)")
_REPRESENTED = "urn:etoegang:1.11:attribute-represented:"


@dataclass(frozen=True, slots=True)
class Item:
    """An attribute of the person: how it is asked, and what would be given."""

    asked: RequestedAttribute
    value: str

    @property
    def field(self) -> str:
        return FIELD + self.asked.name


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is asked and can be given; ``missing`` is what is required and cannot."""

    of_person: tuple[Item, ...] = ()
    of_company: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[RequestedAttribute, ...] = ()

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """What the person sees, and so what consent is about."""
        return tuple((item.asked.name, item.value) for item in self.of_person)


def disclosure(ask: Ask, person: PersonRecord, company: Company) -> Disclosure:
    """What of the attributes that are asked there is. An optional one that there is not is left out."""
    items: list[Item] = []
    given: dict[str, str] = {}
    missing: list[RequestedAttribute] = []
    of_company = _represented(company)
    for asked in ask.requested:
        of_person = _OF_PERSON.fullmatch(asked.name)
        if of_person and (value := person.attributes.get(asked.name) or person.attributes.get(of_person[1])):
            items.append(Item(asked, value))
        elif asked.name in of_company:
            given[asked.name] = of_company[asked.name]
        elif asked.required:
            missing.append(asked)
    return Disclosure(tuple(items), given, tuple(missing))


def weigh(visit: Visit, facts: Facts) -> tuple[Mandate, Disclosure] | None:
    """The mandate of this visit and what goes along with it; None when it lets in no more."""
    holder, mandate = facts.holder(visit), taken(visit, facts)
    if holder is None or mandate is None:
        return None
    return mandate, disclosure(visit.ask, holder[0], delivered(mandate.company, facts))


def asks(visit: Visit, facts: Facts) -> bool:
    return True


def arrive(visit: Visit, facts: Facts) -> Arrival:
    """With the Word in the visit where there is nothing to ask. The caller has a mandate in the visit."""
    weighed = weigh(visit, facts)
    if weighed is None:
        return Arrival(visit)
    mandate, found = weighed
    visit = replace(visit, shown=found.shown)
    if found.missing:
        lacking = {"missing": [asked.name for asked in found.missing], "place": str(mandate.place)}
        return Arrival(visit, told=(Told(Event.ATTRIBUTES_MISSING, lacking),))
    if found.of_person:
        return Arrival(visit)
    passed = permit(visit, mandate, facts, {}, found.of_company)
    return Arrival(passed.visit, passed=True, told=passed.told, changes=passed.changes)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    weighed = weigh(visit, facts)
    if weighed is None:
        raise ValueError("consent is asked of whoever may log in")
    mandate, found = weighed
    if found.missing:
        company = facts.register.companies[mandate.company].name
        return Screen("missing", values={"missing": found.missing, "company": company})
    items = found.of_person
    return Screen(
        "consent",
        values={
            "required": [item for item in items if item.asked.required],
            "optional": [item for item in items if not item.asked.required],
        },
    )


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """What the person ticked; passed when the Word is in the visit. Neither Word nor problem: look again."""
    weighed = weigh(visit, facts)
    if weighed is None:
        raise ValueError("consent is asked of whoever may log in")
    mandate, found = weighed
    ticked = {name.removeprefix(FIELD) for name in form if name.startswith(FIELD)}
    if not ticked <= {name for name, _ in (*found.shown, *visit.shown)}:
        return Tried(visit, refused="choice")
    if bool(found.missing) is not (LEAVE in form):
        return Tried(visit)
    if found.missing:
        return _unavailable(visit, found)
    if found.shown != visit.shown:
        # Whoever agreed to one value did not agree to another.
        return Tried(replace(visit, shown=found.shown), (Problem("consent", "consent.changed"),))
    given = {
        item.asked.name: item.value
        for item in found.of_person
        if item.asked.required or item.asked.name in ticked
    }
    withheld = [name for name, _ in found.shown if name not in given]
    told = Told(Event.CONSENT_GIVEN, {"given": list(given), "withheld": withheld})
    passed = permit(visit, mandate, facts, given, found.of_company)
    return replace(passed, told=(told, *passed.told))


def _unavailable(visit: Visit, found: Disclosure) -> Tried:
    missing = tuple(asked.name for asked in found.missing)
    word = Word(visit.ask.id, visit.supplier, Outcome.UNAVAILABLE, missing=missing)
    told = {"outcome": str(word.outcome), "person": visit.person, "missing": list(missing)}
    return Tried(replace(visit, word=word), told=(Told(Event.WORD_GIVEN, told),))


def _represented(company: Company) -> dict[str, str]:
    """All that the MR has of a company; the tax numbers are made of the RSIN."""
    has = {"CompanyName": company.name}
    if kvk := company.identifiers.get("KvKnr"):
        has["KvKnr"] = kvk
    if rsin := company.identifiers.get("RSIN"):
        has |= {"VATRegistrationNumber": f"NL{rsin}B01", "TaxReferenceNumber": rsin}
    return {_REPRESENTED + name: value for name, value in has.items()}
