"""For which branch, where the mandates for one company differ in that; here it is settled which mandate is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suppliers.authorise import take
from suppliers.choice import FIELDS, Options, best, branches, left, not_chosen, offer
from suppliers.visit import Arrival, Facts, Kind, Screen, Step, Tried, Visit


def asks(visit: Visit, facts: Facts) -> bool:
    return len(branches(left(visit, facts), facts.register)) > 1


def arrive(visit: Visit, facts: Facts) -> Arrival:
    """Passed, with the mandate in the visit, if there is no choice of branches."""
    held = left(visit, facts)
    options = branches(held, facts.register)
    visit = offer(replace(visit, mandate=""), Kind.BRANCH, options)
    if len(options) == 1 and (only := best(held, options[0].value)):
        taken = take(visit, only, facts)
        return Arrival(taken.visit, passed=True, told=taken.told)
    return Arrival(visit)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    options = branches(left(visit, facts), facts.register)
    company = facts.register.companies[visit.company].name
    return Screen("branch", values={"options": Options(tuple(options)), "company": company})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """The branch, or the whole company, that the person picked."""
    wanted = form.get(FIELDS[Kind.BRANCH], "")
    mandate = best(left(visit, facts), wanted)
    return take(visit, mandate, facts) if mandate else not_chosen(visit, Kind.BRANCH, wanted)
