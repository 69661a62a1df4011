"""Why a login would pass or fail, step by step as it goes, each step with the line that decides.

Nothing is decided in this module. An imagined visit is taken along the supplier's road, and each step is asked with
the functions that decide when somebody really comes by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from suppliers.accounts import Standing
from suppliers.ask import Ask, Company, Names
from suppliers.authorise import ELSEWHERE, Reason, considered, delivered, filled
from suppliers.choice import best, branches, chosen, clients, left_of, organisations, through_of
from suppliers.profiles import Profile
from suppliers.reasons import NOWHERE, Step
from suppliers.register.model import Mandate, Means, MeansStatus, PersonRecord, Place
from suppliers.steps import renew
from suppliers.steps.channel import channels
from suppliers.steps.consent import Disclosure, disclosure
from suppliers.steps.stops import refused, stop
from suppliers.visit import Facts, Kind, Visit, road
from suppliers.wording import TEXTS, at_least

MOST_MANDATES = 50
"""So many mandates are told of one by one; somebody may hold thousands."""
# Where a stop shows for the first time: on the way to the second factor, or else once all was proved.
_STOPPING = (Kind.CHANNEL, Kind.PIN, Kind.RENEW)


@dataclass(frozen=True, slots=True)
class Given:
    """What the service provider would get. ``identifiers`` by type name of spec 4.2."""

    person: str
    level: str
    company: Company
    identifiers: dict[str, str]
    mandate: str
    branch: str | None = None
    intermediary: Company | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``means`` is None for a person without one at the supplier; ``given`` is there for those who pass."""

    person: PersonRecord
    supplier: str
    means: Means | None
    steps: tuple[Step, ...]
    given: Given | None = None

    @property
    def passes(self) -> bool:
        return self.given is not None


def explain(
    person: PersonRecord,
    means: Means | None,
    ask: Ask,
    facts: Facts,
    *,
    company: str = "",
    service_place: Place = NOWHERE,
) -> Explanation:
    """With this means at the supplier of ``facts``; they type everything right, and choose what lets them in.

    ``company`` (its key) is the one that they want to act for, any if empty; ``service_place`` is where the service
    stands.
    """
    found = [_found(person), supplier_step(ask, facts.profile, service_place)]
    given = None
    if found[-1].ok is not False:
        found.append(_holds(person, means, facts.profile))
        if means is not None:
            walked = walk(person, means, ask, facts, company=company)
            found += walked.steps
            given = walked.given
    return Explanation(person, facts.profile.slug, means, tuple(found), given)


@dataclass(frozen=True, slots=True)
class Walked:
    """``steps`` from the means on. ``given`` is None for whoever is stopped, and for a visit that is no login."""

    steps: tuple[Step, ...]
    given: Given | None = None


def walk(
    person: PersonRecord, means: Means, ask: Ask, facts: Facts, *, company: str = "", alone: bool = False
) -> Walked:
    """Along the road of the supplier. ``alone`` ends it where it is known who they are."""
    visit = Visit(
        ask, facts.profile.slug, person=person.key, username=means.username, card=means.card, alone=alone
    )
    steps = list(_authenticated(visit, person, means, facts))
    if steps[-1].ends or alone:
        return Walked(tuple(steps))
    for_whom, given = _authorised(visit, person, means, facts, company)
    return Walked((*steps, *for_whom), given)


def supplier_step(ask: Ask, profile: Profile, place: Place) -> Step:
    """Whether "Maak een keuze" has the supplier for this service: it reaches level and identifiers."""
    offer = profile.offer()
    values: dict[str, object] = {
        "supplier": profile.name,
        "service": ask.service.name,
        "asked": ask.level.label,
    }
    if not offer.reaches(ask.level):
        has = max(offer.levels).label
        return Step(
            "supplier", "level", False, "explain.supplier.level", place, {**values, "has": has}, "choice"
        )
    if not offer.delivers(ask.identifier_sets):
        return Step("supplier", "identifiers", False, "explain.supplier.identifiers", place, values, "choice")
    values["least"] = at_least(ask.level.label)
    return Step("supplier", "offered", True, "explain.supplier.offered", place, values)


def _found(person: PersonRecord) -> Step:
    values = {"name": person.name, "key": person.key}
    return Step("person", "found", True, "explain.person", person.place, values)


def _holds(person: PersonRecord, means: Means | None, profile: Profile) -> Step:
    values: dict[str, object] = {"name": person.name, "supplier": profile.name}
    if not person.means:
        return Step("means", "nowhere", False, "explain.means.nowhere", person.place, values, "login")
    if means is None:
        return Step("means", "none", False, "explain.means.none", person.place, values, "login")
    values |= {"username": means.username, "level": means.level.label}
    code = "card" if means.card else "password"
    return Step("means", code, True, f"explain.means.{code}", means.place, values)


def _authenticated(visit: Visit, person: PersonRecord, means: Means, facts: Facts) -> Iterator[Step]:
    """From the password or the card to where it is known who they are, or to what stops them."""
    level = {"has": means.level.label, "asked": visit.ask.level.label}
    good = [
        Step("standing", "active", True, "explain.active", means.place),
        Step("level", "enough", True, "explain.level", means.place, level),
    ]
    for step in road(facts.profile, alone=True):
        if step.kind in _STOPPING:
            stopped = stop(visit, step.kind, facts)
            reason = stopped.reason if stopped else None
            while visit.proved and good and (reason is None or good[0].name != reason.name):
                yield good.pop(0)
            if reason:
                yield reason
                return
        if step.kind is Kind.PIN:
            yield _factor(person, means, facts.profile)
        at_password = step.kind is Kind.LOGIN and not means.card and "password" in step.fields
        if at_password or (step.kind is Kind.CARD and means.card):
            if _is_blocked(means, facts):
                yield refused(means, Standing.BLOCKED, str(step.kind))
                return
            visit = replace(visit, proved=True)
        if step.kind is Kind.RENEW:
            asked = renew.asks(visit, facts)
            yield (
                Step("renew", "asked", True, "testers.renew", means.place, notable=True)
                if asked
                else Step("renew", "not_asked", True, "explain.renew.not", means.place)
            )


def _is_blocked(means: Means, facts: Facts) -> bool:
    # As a guess has it: it says no to the right password too.
    return means.status is MeansStatus.BLOCKED or facts.account(means).blocked


def _factor(person: PersonRecord, means: Means, profile: Profile) -> Step:
    if means.card:
        return Step("factor", "card", True, "explain.factor.card", means.place)
    ways = listed([TEXTS[f"explain.way.{way}"] for way in channels(person, means, profile)])
    return Step("factor", "ways", True, "explain.factor.ways", person.place, {"ways": ways})


def _authorised(
    visit: Visit, person: PersonRecord, means: Means, facts: Facts, company: str
) -> tuple[list[Step], Given | None]:
    """From the mandates to the answer. Where there is a choice, the first that lets them in is taken."""
    decision = considered(visit, facts)
    fitting = [mandate for mandate in decision.fitting if _is_for(mandate, company)]
    against = decision.reasons
    if company:
        of_company = {
            m.id
            for m in facts.held(person.key).over(facts.register.mandates_of(person.key))
            if _is_for(m, company)
        }
        against = tuple(reason for reason in against if reason.mandate in of_company)
    steps = list(_mandates(fitting, against, facts))
    if not fitting:
        return [*steps, _no_mandate(visit, person, against, facts, company)], None
    weighed = [
        _weighed(visit, person, option.value, decision.fitting, facts, company)
        for option in organisations(fitting, facts.register)
    ]
    at, mandate, found = next((one for one in weighed if not one[2].missing), weighed[0])
    steps += _choices(at, mandate, len(weighed), decision.fitting, facts, company)
    steps.append(_attributes(visit.ask, found, mandate))
    if found.missing:
        return steps, None
    given = _given(visit.ask, person, means, mandate, facts)
    return [*steps, _answer(visit.ask, given, mandate)], given


def _is_for(mandate: Mandate, company: str) -> bool:
    return not company or company in (mandate.company, mandate.intermediary)


def _mandates(fitting: Sequence[Mandate], against: Sequence[Reason], facts: Facts) -> Iterator[Step]:
    """What fits, then what does not, and of those first what is meant for here."""
    for mandate in fitting[:MOST_MANDATES]:
        company = facts.register.companies[mandate.company].name
        values = {"company": company, "level": mandate.level.label}
        yield Step("mandate", "fits", True, "explain.mandate.fits", mandate.place, values)
    # What is against one mandate is against the login only where there is no other.
    ok = None if fitting else False
    nearest = sorted(against, key=lambda reason: reason.code in ELSEWHERE)
    for reason in islice(nearest, MOST_MANDATES):
        yield replace(reason.step, ok=ok)
    more = sum(max(0, len(of) - MOST_MANDATES) for of in (fitting, against))
    if more:
        yield Step("mandate", "more", None, "explain.mandate.more", values={"count": more})


def _no_mandate(
    visit: Visit, person: PersonRecord, against: Sequence[Reason], facts: Facts, company: str
) -> Step:
    near = next((reason for reason in against if reason.code not in ELSEWHERE), None)
    place = near.place if near else person.place
    service = visit.ask.service.name
    if company:
        values: dict[str, object] = {"service": service, "company": facts.register.companies[company].name}
        return Step("mandate", "none", False, "explain.mandate.none", place, values, "nomandate")
    return Step("mandate", "none", False, "testers.nomandate", place, {"service": service}, "nomandate")


def _weighed(
    visit: Visit,
    person: PersonRecord,
    organisation: str,
    fitting: Sequence[Mandate],
    facts: Facts,
    company: str,
) -> tuple[Visit, Mandate, Disclosure]:
    """What comes of choosing this organisation, and then the client that is wanted, or the first one."""
    key, intermediary = chosen(organisation)
    visit = replace(visit, company=key, intermediary=intermediary)
    if intermediary:
        found = [option.value for option in clients(through_of(fitting, visit), facts.register)]
        visit = replace(visit, company=company if company in found else found[0])
    held = left_of(fitting, visit)
    mandate = best(held, branches(held, facts.register)[0].value)
    assert mandate is not None
    return visit, mandate, disclosure(visit.ask, person, delivered(mandate.company, facts))


def _choices(
    visit: Visit, mandate: Mandate, count: int, fitting: Sequence[Mandate], facts: Facts, company: str
) -> Iterator[Step]:
    """Organisation, client of an intermediary, branch: what there is to choose, and what is taken here."""
    companies, place = facts.register.companies, mandate.place
    if count > 1:
        yield Step("organisation", "choice", True, "testers.companies", place, {"count": count}, notable=True)
    first = companies[mandate.intermediary or mandate.company].name
    yield Step("organisation", "taken", True, "explain.organisation", place, {"company": first})
    if mandate.intermediary:
        found = {option.value for option in clients(through_of(fitting, visit), facts.register)}
        if len(found) > 1 and company not in found:
            values: dict[str, object] = {"count": len(found), "intermediary": first}
            yield Step("chain", "choice", True, "explain.chain.choice", place, values, notable=True)
        client = companies[mandate.company].name
        yield Step("chain", "through", True, "testers.chain", place, {"intermediary": first}, notable=True)
        yield Step("chain", "client", True, "explain.chain.client", place, {"company": client})
    parts = branches(left_of(fitting, visit), facts.register)
    if len(parts) > 1:
        yield Step(
            "branch", "choice", True, "explain.branch.choice", place, {"count": len(parts)}, notable=True
        )
    if mandate.branch:
        yield Step(
            "branch",
            "one",
            True,
            "testers.branch",
            place,
            {"branch": mandate.branch},
            notable=len(parts) == 1,
        )
    elif len(parts) > 1:
        yield Step("branch", "whole", True, "explain.branch.whole", place)


def _attributes(ask: Ask, found: Disclosure, mandate: Mandate) -> Step:
    if found.missing:
        names = ", ".join(asked.name.rpartition(":")[2] for asked in found.missing)
        return Step(
            "attributes", "missing", False, "testers.missing", mandate.place, {"names": names}, "missing"
        )
    if found.of_person:
        return Step("attributes", "consent", True, "testers.consent", mandate.place, notable=True)
    code = "given" if found.of_company else "none"
    return Step("attributes", code, True, f"explain.attributes.{code}", mandate.place)


def _given(ask: Ask, person: PersonRecord, means: Means, mandate: Mandate, facts: Facts) -> Given:
    company = delivered(mandate.company, facts)
    wanted = filled(company.identifiers, ask) or ()
    identifiers = {name: company.identifiers[name] for name in wanted if name in company.identifiers}
    between = delivered(mandate.intermediary, facts) if mandate.intermediary else None
    return Given(person.key, means.level.label, company, identifiers, mandate.id, mandate.branch, between)


def _answer(ask: Ask, given: Given, mandate: Mandate) -> Step:
    numbers = [
        Names(*(f"{TEXTS[f'identifier.{name}'].in_(language)} {value}" for language in ("nl", "en")))
        for name, value in given.identifiers.items()
    ]
    values: dict[str, object] = {
        "service": ask.service.name,
        "company": given.company.name,
        "level": given.level,
        "identifiers": listed(numbers) if numbers else TEXTS["explain.pseudonym"],
    }
    return Step("answer", "given", True, "explain.answer", mandate.place, values)


def listed(items: Sequence[Names]) -> Names:
    """As a sentence lists them, with commas."""
    return Names(", ".join(one.nl for one in items), ", ".join(one.en for one in items))


__all__ = ["MOST_MANDATES", "Explanation", "Given", "Walked", "explain", "supplier_step", "walk"]
