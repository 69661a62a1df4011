"""What ends the road wherever the person is: the means cannot be used, is not strong enough, or has no way to
send a PIN."""

from __future__ import annotations

from dataclasses import dataclass

from suppliers.accounts import Standing, standing
from suppliers.register.model import Means, PersonRecord
from suppliers.steps.channel import channels
from suppliers.steps.others import others
from suppliers.visit import Event, Facts, Kind, Screen, Told, Visit
from suppliers.wording import day


@dataclass(frozen=True, slots=True)
class Stop:
    """The page that says why and what now, and what the exchange log gets."""

    screen: Screen
    told: Told


def stop(visit: Visit, kind: Kind, facts: Facts) -> Stop | None:
    """Why this person gets no further than here, if so. Nothing is said of a means before it was proved."""
    holder = facts.holder(visit)
    if holder is None:
        return None
    person, means = holder
    if visit.proved and (found := _means(visit, means, facts)):
        return found
    waiting = kind is Kind.CHANNEL or (kind is Kind.PIN and visit.pin is None)
    if waiting and not visit.card and not channels(person, means, facts.profile):
        return _no_channel(person, facts)
    return None


def _means(visit: Visit, means: Means, facts: Facts) -> Stop | None:
    state = standing(means, facts.account(means), facts.today)
    if state is not Standing.ACTIVE:
        told = Told(Event.MEANS_REFUSED, {"standing": str(state), "place": str(means.place)})
        until = day(means.until, visit.ask.language) if means.until else ""
        values = {"standing": str(state), "until": until, "others": others(visit, facts)}
        return Stop(Screen("means", values=values), told)
    if means.level < visit.ask.level:
        data = {"asked": visit.ask.level.label, "has": means.level.label, "place": str(means.place)}
        values = {"has": means.level.label, "others": others(visit, facts)}
        return Stop(Screen("level", values=values), Told(Event.LEVEL_REFUSED, data))
    return None


def _no_channel(person: PersonRecord, facts: Facts) -> Stop:
    factors = facts.profile.second_factors
    told = Told(Event.PIN_NO_CHANNEL, {"wanted": list(factors), "place": str(person.place)})
    # An app does both: it approves, and it scans a code.
    wanted = tuple(dict.fromkeys("app" if factor == "qr" else factor for factor in factors))
    return Stop(Screen("nochannel", values={"wanted": wanted}), told)
