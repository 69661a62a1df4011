"""What ends the road wherever the person is: the means cannot be used, is not strong enough, or has no way to
send a PIN."""

from __future__ import annotations

from dataclasses import dataclass

from suppliers.accounts import MOST_WRONG, Standing, standing
from suppliers.reasons import Step
from suppliers.register.model import Means, MeansStatus, PersonRecord
from suppliers.steps.channel import channels
from suppliers.steps.others import others
from suppliers.visit import Event, Facts, Kind, Screen, Told, Visit
from suppliers.wording import at_least


@dataclass(frozen=True, slots=True)
class Stop:
    """The page that says why and what now, what the exchange log gets, and the reason that both are of."""

    screen: Screen
    told: Told
    reason: Step


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
        reason = refused(means, state, "means")
        told = Told(Event.MEANS_REFUSED, {"standing": str(state), **_said(reason)})
        shown = {
            "standing": str(state),
            "why": reason.code,
            "until": means.until,
            "others": others(visit, facts),
        }
        return Stop(Screen("means", values=shown), told, reason)
    if means.level < visit.ask.level:
        data = {"asked": visit.ask.level.label, "has": means.level.label}
        reason = Step(
            "level",
            "level",
            False,
            "testers.level",
            means.place,
            {**data, "least": at_least(data["asked"])},
            "level",
        )
        told = Told(Event.LEVEL_REFUSED, {**data, **_said(reason)})
        shown = {"has": means.level.label, "others": others(visit, facts)}
        return Stop(Screen("level", values=shown), told, reason)
    return None


def _no_channel(person: PersonRecord, facts: Facts) -> Stop:
    factors = facts.profile.second_factors
    reason = Step("factor", "nochannel", False, "testers.nochannel", person.place, ends="nochannel")
    told = Told(Event.PIN_NO_CHANNEL, {"wanted": list(factors), **_said(reason)})
    # An app does both: it approves, and it scans a code.
    wanted = tuple(dict.fromkeys("app" if factor == "qr" else factor for factor in factors))
    return Stop(Screen("nochannel", values={"wanted": wanted}), told, reason)


def refused(means: Means, state: Standing, page: str) -> Step:
    """Why a means in this state cannot be used, which ``page`` says."""
    guessed = state is Standing.BLOCKED and means.status is not MeansStatus.BLOCKED
    code = "guesses" if guessed else str(state)
    values: dict[str, object] = {"date": means.until, "most": MOST_WRONG}
    return Step("standing", code, False, f"testers.{code}", means.place, values, page)


def _said(reason: Step) -> dict[str, object]:
    text = reason.text
    return {"nl": text.nl, "en": text.en, "place": str(reason.place)}
