"""User name and password, on one page or on two; or the choice to use a smartcard instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suppliers.steps.pin import without_pin
from suppliers.visit import Arrival, Event, Facts, Problem, Screen, Step, Told, Tried, Visit

BY_CARD = "card"
"""The name of the button on the first page that leads to the smartcard."""


def asks(visit: Visit, facts: Facts) -> bool:
    return not visit.card


def arrive(visit: Visit, facts: Facts) -> Arrival:
    # Whoever has chosen the smartcard has no further page with a user name or a password.
    return Arrival(visit, passed=visit.card)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    gone = bool(visit.person) and facts.holder(visit) is None and "username" in step.fields
    problems = (Problem("username", "login.gone"),) if gone else ()
    username = "" if visit.card else visit.username
    return Screen(
        "login", problems=problems, values={"fields": step.fields, "username": username, "stay": visit.stay}
    )


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    names, proves = "username" in step.fields, "password" in step.fields
    if names and BY_CARD in form and facts.profile.smartcard:
        blank = replace(without_pin(visit), person="", username="", card=True, proved=False, channel="")
        return Tried(replace(blank, session="", stay="stay" in form and facts.profile.stay_logged_in))
    empty = [Problem(name, f"{name}.empty") for name in step.fields if not form.get(name, "").strip()]
    if empty:
        return Tried(visit, tuple(empty))
    username = form["username"].strip() if names else visit.username
    found = facts.register.login(facts.profile.slug, username)
    if found is None:
        return _wrong(visit, step, username)
    person, means = found
    told: tuple[Told, ...] = ()
    if proves:
        guess = facts.guess(means, form["password"])
        if not guess.right and guess.left == 0:
            blocked = Told(Event.MEANS_BLOCKED, {"username": means.username, "place": str(means.place)})
            return Tried(visit, (Problem(step.fields[0], "login.blocked"),), (blocked,))
        if not guess.right:
            return _wrong(visit, step, username, left=guess.left)
    data = {"username": means.username, "person": person.key, "level": means.level.label}
    told = (Told(Event.PASSWORD_RIGHT if proves else Event.USERNAME_KNOWN, data),)
    if names:
        # Another name is another person: nothing that the one before proved may stay.
        visit = replace(
            without_pin(visit),
            person=person.key,
            username=means.username,
            card=False,
            proved=False,
            channel="",
            session="",
            stay="stay" in form and facts.profile.stay_logged_in,
        )
    return Tried(replace(visit, proved=visit.proved or proves), told=told)


def _wrong(visit: Visit, step: Step, username: str, **told: object) -> Tried:
    proves = "password" in step.fields
    both = proves and "username" in step.fields
    event = Event.PASSWORD_WRONG if proves else Event.USERNAME_UNKNOWN
    problem = Problem(step.fields[0], "login.wrong" if both else f"{step.fields[0]}.wrong")
    return Tried(visit, (problem,), (Told(event, {"username": username, **told}),))
