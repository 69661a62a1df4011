"""The smartcard: which card is in the reader, and its own PIN. It needs no user name, password or code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from suppliers.register.model import MeansStatus
from suppliers.steps.pin import PIN_DIGITS
from suppliers.visit import Arrival, Event, Facts, Problem, Screen, Step, Told, Tried, Visit

_MOST_TYPED = 64
"""So much of a number that no card has goes into the exchange."""


def asks(visit: Visit, facts: Facts) -> bool:
    return visit.card


def arrive(visit: Visit, facts: Facts) -> Arrival:
    return Arrival(visit, passed=not visit.card)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    return Screen("card", values={"card": visit.username})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    if not visit.card:
        return Tried(visit, refused="early")
    empty = [Problem(name, f"{name}.empty") for name in ("card", "cardpin") if not form.get(name, "").strip()]
    if empty:
        return Tried(visit, tuple(empty))
    number = form["card"].strip()
    found = facts.register.login(facts.profile.slug, number, card=True)
    if found is None:
        told = Told(Event.CARD_WRONG, {"card": number[:_MOST_TYPED]})
        return Tried(visit, (Problem("card", "card.unknown"),), (told,))
    person, means = found
    pin = re.sub(r"[\s-]", "", form["cardpin"])
    if not re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", pin):
        # A slip of the keyboard costs no try, as with a code that was sent.
        return Tried(visit, (Problem("cardpin", "pin.format"),))
    guess = facts.guess(means, pin)
    if not guess.right:
        key = "cardpin.wrong" if guess.left else "cardpin.blocked"
        if means.status is MeansStatus.BLOCKED:
            key = "cardpin.blocked_by_supplier"
        event = Event.CARD_WRONG if guess.left else Event.MEANS_BLOCKED
        told = Told(event, {"card": means.username, "left": guess.left, "place": str(means.place)})
        values = {"left": guess.left} if guess.left else {}
        return Tried(visit, (Problem("cardpin", key, values),), (told,))
    data = {"card": means.username, "person": person.key, "level": means.level.label}
    known = replace(
        visit,
        person=person.key,
        username=means.username,
        proved=True,
        # This is a login of its own, also where a session had brought the person here.
        authenticated_at=None,
        session="",
    )
    return Tried(known, told=(Told(Event.CARD_RIGHT, data),))
