"""Which client the intermediary acts for now (spec 10.2): its own register was asked, the client's confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suppliers.choice import FIELDS, Options, clients, not_chosen, offer, through
from suppliers.visit import Arrival, Event, Facts, Kind, Screen, Step, Told, Tried, Visit


def asks(visit: Visit, facts: Facts) -> bool:
    return bool(visit.intermediary) and len(clients(through(visit, facts), facts.register)) > 1


def arrive(visit: Visit, facts: Facts) -> Arrival:
    """Passed without an intermediary, and with the client in the visit if it has one only."""
    if not visit.intermediary:
        return Arrival(visit, passed=True)
    options = clients(through(visit, facts), facts.register)
    visit = offer(replace(visit, company=""), Kind.CHAIN, options)
    if len(options) == 1:
        confirmed = _confirmed(visit, options[0].value, facts)
        return Arrival(confirmed.visit, passed=True, told=confirmed.told)
    return Arrival(visit)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    options = clients(through(visit, facts), facts.register)
    through_whom = facts.register.companies[visit.intermediary].name
    return Screen("chain", values={"options": Options(tuple(options)), "intermediary": through_whom})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """The client that the person picked."""
    if not visit.intermediary:
        return Tried(visit, refused="early")
    wanted = form.get(FIELDS[Kind.CHAIN], "")
    options = clients(through(visit, facts), facts.register)
    if any(option.value == wanted for option in options):
        return _confirmed(visit, wanted, facts)
    return not_chosen(visit, Kind.CHAIN, wanted)


def _confirmed(visit: Visit, client: str, facts: Facts) -> Tried:
    """The client's register has it that the intermediary may act for it."""
    data = {
        "register": facts.profile.next_register or facts.profile.slug,
        "company": facts.register.companies[client].name,
        "intermediary": facts.register.companies[visit.intermediary].name,
    }
    return Tried(replace(visit, company=client, mandate=""), told=(Told(Event.CHAIN_CONFIRMED, data),))
