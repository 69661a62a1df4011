"""For which organisation: those that this person may log in for here, and those through which they may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suppliers.authorise import considered, tell
from suppliers.awaited import lines
from suppliers.choice import FIELDS, Options, chosen, not_chosen, offer, organisation_of, organisations
from suppliers.visit import Arrival, Facts, Kind, Problem, Screen, Step, Tried, Visit

_MOST_REASONS = 5


def asks(visit: Visit, facts: Facts) -> bool:
    return len(organisations(considered(visit, facts).fitting, facts.register)) > 1


def arrive(visit: Visit, facts: Facts) -> Arrival:
    """Passed, with the organisation in the visit, if there is one only."""
    # Whoever was still logged in here proved who they are when that session began.
    since = visit.authenticated_at if visit.session else facts.now
    decision = considered(visit, facts)
    told = (tell(decision, facts.register),)
    options = organisations(decision.fitting, facts.register)
    fresh = replace(visit, company="", intermediary="", mandate="", authenticated_at=since)
    visit = offer(fresh, Kind.MANDATE, options)
    if len(options) == 1:
        return Arrival(_with(visit, options[0].value), passed=True, told=told)
    return Arrival(visit, told=told)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    decision = considered(visit, facts)
    if not decision.fitting:
        # Whoever can wait for something is told that first.
        why = sorted(lines(visit, facts, decision), key=lambda line: not line.waits)[:_MOST_REASONS]
        return Screen("nomandate", values={"reasons": why, "waits": bool(why) and why[0].waits})
    options = organisations(decision.fitting, facts.register)
    there = {option.value for option in options} | {mandate.id for mandate in decision.fitting}
    gone = {value for value in (organisation_of(visit), visit.mandate) if value} - there
    problems = (Problem(FIELDS[Kind.MANDATE], "mandate.gone"),) if gone else ()
    return Screen("mandate", problems=problems, values={"options": Options(tuple(options))})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """The organisation that the person picked; which mandate that comes down to, the next steps find out."""
    wanted = form.get(FIELDS[Kind.MANDATE], "")
    decision = considered(visit, facts)
    told = (tell(decision, facts.register),)
    options = organisations(decision.fitting, facts.register)
    if any(option.value == wanted for option in options):
        return Tried(replace(_with(visit, wanted), mandate=""), told=told)
    return replace(not_chosen(visit, Kind.MANDATE, wanted), told=told)


def _with(visit: Visit, organisation: str) -> Visit:
    company, intermediary = chosen(organisation)
    return replace(visit, company=company, intermediary=intermediary)
