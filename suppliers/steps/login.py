"""User name and password, on one page or on two; or the choice to use a smartcard instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice

from suppliers.accounts import stranger
from suppliers.ask import Level
from suppliers.profiles import Profile
from suppliers.register.model import Means, MeansStatus, PersonRecord, Register
from suppliers.steps.pin import without_pin
from suppliers.visit import Arrival, Event, Facts, Problem, Screen, Step, Told, Tried, Visit

BY_CARD = "card"
"""The name of the button on the first page that leads to the smartcard; ``number`` may come with it."""
_MOST_OF_A_NUMBER = 64
_MOST_OF_A_NAME = 64
# So many of the supplier's clients are looked through for a name that is like the one that was typed.
_MOST_NAMES = 500
_LIKE = 0.8


def asks(visit: Visit, facts: Facts) -> bool:
    return not visit.card


def arrive(visit: Visit, facts: Facts) -> Arrival:
    # Whoever has chosen the smartcard has no further page with a user name or a password.
    return Arrival(visit, passed=visit.card)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    gone = bool(visit.person) and facts.holder(visit) is None and "username" in step.fields
    problems = (Problem("username", "login.gone"),) if gone else ()
    values = {
        "fields": step.fields,
        "username": "" if visit.card else visit.username,
        "stay": visit.stay,
    }
    return Screen("login", problems=problems, values=values)


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    names, proves = "username" in step.fields, "password" in step.fields
    if names and BY_CARD in form and facts.profile.smartcard:
        number = form.get("number", "").strip()[:_MOST_OF_A_NUMBER]
        # A number that came along is only filled in on the page of the card: nobody is known by it yet.
        return Tried(replace(_nobody(visit, form, facts), username=number, card=True))
    empty = [Problem(name, f"{name}.empty") for name in step.fields if not form.get(name, "").strip()]
    if empty:
        return Tried(visit, tuple(empty))
    username = form["username"].strip() if names else visit.username
    found = facts.register.login(facts.profile.slug, username)
    if found is None and (named := by_address(username, facts.profile, facts.ordinary or facts.register)):
        found = facts.register.login(facts.profile.slug, named[1].username)
    if found is None:
        return _unknown(visit, step, username, form, facts)
    person, means = found
    if proves:
        guess = facts.guess(means, form["password"])
        if not guess.right:
            data = {"username": means.username, "left": guess.left, "place": str(means.place)}
            told = Told(Event.PASSWORD_WRONG if guess.left else Event.MEANS_BLOCKED, data)
            if means.status is MeansStatus.BLOCKED:
                return Tried(visit, (Problem(step.fields[0], "login.blocked_by_supplier"),), (told,))
            return _wrong(visit, step, guess.left, told)
    data = {"username": means.username, "person": person.key, "level": means.level.label}
    right = (Told(Event.PASSWORD_RIGHT if proves else Event.USERNAME_KNOWN, data),)
    if names:
        visit = replace(_nobody(visit, form, facts), person=person.key, username=means.username)
    return Tried(replace(visit, proved=visit.proved or proves), told=right)


def by_address(address: str, profile: Profile, register: Register) -> tuple[PersonRecord, Means] | None:
    """Whose e-mail address this is, at a supplier that takes one for a user name; nobody where that could be two
    means."""
    if not profile.email_as_username or "@" not in address:
        return None
    found = [
        (person, means)
        for person in register.at_address(address.strip())
        for means in person.means
        if means.supplier == profile.slug and not means.card
    ]
    return found[0] if len(found) == 1 else None


def _nobody(visit: Visit, form: Mapping[str, str], facts: Facts) -> Visit:
    """The visit of whoever comes to the first page: nothing that somebody proved before may stay."""
    return replace(
        without_pin(visit),
        person="",
        username="",
        card=False,
        proved=False,
        channel="",
        authenticated_at=None,
        session="",
        stay="stay" in form and may_stay(visit, facts.profile),
    )


def may_stay(visit: Visit, profile: Profile) -> bool:
    """Whether to offer to stay logged in: not at the highest level, which has no single sign-on (spec 9), nor on
    business of one's own.

    ForceAuthn asks for a login of its own now; whether a later one may pass without is for that one to say.
    """
    return profile.stay_logged_in and visit.ask.level < Level.EH4 and not visit.alone


def _unknown(visit: Visit, step: Step, username: str, form: Mapping[str, str], facts: Facts) -> Tried:
    """Nobody has this user name. With a password beside it, that must not show."""
    if "password" not in step.fields:
        problem = Problem("username", "username.wrong")
        return Tried(visit, (problem,), (Told(Event.USERNAME_UNKNOWN, _typed(username, facts)),))
    guess = facts.guess(stranger(facts.profile.slug, username), form["password"])
    data = {**_typed(username, facts), "known": False, "left": guess.left}
    told = Told(Event.PASSWORD_WRONG, data)
    return _wrong(visit, step, guess.left, told)


def _typed(username: str, facts: Facts) -> dict[str, object]:
    """What the exchange gets of a user name that nobody has: how it begins, for it may be a password that was typed
    in the wrong field; and ``meant``, a user name that is much like it."""
    clients = islice(facts.register.clients(facts.profile.slug), _MOST_NAMES)
    names = {means.username.casefold(): means.username for _, means in clients if not means.card}
    # Whoever types a page of text means nobody, and comparing that takes long.
    typed = username.casefold() if len(username) <= _MOST_OF_A_NAME else ""
    like = get_close_matches(typed, names, n=1, cutoff=_LIKE)
    meant = {"meant": names[like[0]]} if like else {}
    return {"username": f"{username[:2]}…", "length": len(username), **meant}


def _wrong(visit: Visit, step: Step, left: int, told: Told) -> Tried:
    if left == 0:
        return Tried(visit, (Problem(step.fields[0], "login.blocked"),), (told,))
    key = "login.wrong" if "username" in step.fields else "password.wrong"
    return Tried(visit, (Problem(step.fields[0], key, {"left": left}),), (told,))
