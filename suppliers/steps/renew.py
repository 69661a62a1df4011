"""A new password, where the means says that the person must choose one. The last thing before the mandate."""

from __future__ import annotations

from collections.abc import Mapping

from suppliers.accounts import must_renew
from suppliers.passwords import SHORTEST, problems_of
from suppliers.visit import Arrival, Event, Facts, NewPassword, Screen, Step, Told, Tried, Visit


def asks(visit: Visit, facts: Facts) -> bool:
    holder = facts.holder(visit)
    return holder is not None and must_renew(holder[1], facts.account(holder[1]))


def arrive(visit: Visit, facts: Facts) -> Arrival:
    return Arrival(visit, passed=not asks(visit, facts))


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    return Screen("renew", values={"least": SHORTEST})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    holder = facts.holder(visit)
    if holder is None or not asks(visit, facts):
        return Tried(visit)
    means = holder[1]
    if problems := problems_of(form, means, facts.account(means)):
        return Tried(visit, problems)
    told = Told(Event.PASSWORD_RENEWED, {"username": means.username})
    return Tried(visit, told=(told,), changes=(NewPassword(means, form["new_password"]),))
