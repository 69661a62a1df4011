"""For which organisation: the mandates that let this person in here, if there is more than one to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suppliers.authorise import Code, branch_name, choices, considered, take, tell
from suppliers.register.model import Mandate
from suppliers.visit import Arrival, Facts, Problem, Screen, Step, Tried, Visit

_MOST_REASONS = 5


def asks(visit: Visit, facts: Facts) -> bool:
    return len(_options(visit, facts)) > 1


def arrive(visit: Visit, facts: Facts) -> Arrival:
    """Passed with a mandate in the visit if there is nothing to choose."""
    # Whoever was still logged in here proved who they are when that session began.
    since = visit.authenticated_at if visit.session else facts.now
    visit = replace(visit, mandate="", authenticated_at=since)
    decision = considered(visit, facts)
    told = (tell(decision, facts.register),)
    options = choices(decision.fitting, facts.register)
    if len(options) == 1:
        taken = take(visit, options[0], facts)
        return Arrival(taken.visit, passed=True, told=(*told, *taken.told))
    return Arrival(replace(visit, offered=tuple(mandate.id for mandate in options)), told=told)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    decision = considered(visit, facts)
    if not decision.fitting:
        # A mandate for another service says nothing to whoever wants to log in here.
        near = [reason.text for reason in decision.reasons if reason.code is not Code.SERVICE]
        return Screen("nomandate", values={"reasons": near[:_MOST_REASONS]})
    companies = facts.register.companies
    options = [
        {
            "id": mandate.id,
            "company": companies[mandate.company].name,
            "kvk": companies[mandate.company].kvk,
            "rsin": companies[mandate.company].rsin,
            "branch": branch_name(mandate, companies[mandate.company]),
            "via": companies[mandate.intermediary].name if mandate.intermediary else "",
        }
        for mandate in choices(decision.fitting, facts.register)
    ]
    return Screen("mandate", values={"options": options})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """The organisation that the person picked; passed when the mandate is in the visit."""
    wanted = form.get("mandate", "")
    decision = considered(visit, facts)
    told = (tell(decision, facts.register),)
    chosen = next((mandate for mandate in decision.fitting if mandate.id == wanted), None)
    if chosen:
        passed = take(visit, chosen, facts)
        return replace(passed, told=(*told, *passed.told))
    if not wanted:
        return Tried(visit, (Problem("mandate", "mandate.empty"),), told)
    if wanted in visit.offered:
        return Tried(visit, (Problem("mandate", "mandate.gone"),), told)
    return Tried(visit, told=told, refused="choice")


def _options(visit: Visit, facts: Facts) -> list[Mandate]:
    return choices(considered(visit, facts).fitting, facts.register)
