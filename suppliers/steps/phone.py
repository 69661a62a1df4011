"""What the person's phone does instead of receiving a PIN: approve the login in an app, or scan a QR code.

The page asks and waits; the answer comes from elsewhere, where a tester plays the phone. Both are good for ten
minutes and for one visit.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from suppliers.steps.channel import ways
from suppliers.steps.pin import PIN_MINUTES, without_pin
from suppliers.visit import (
    Approval,
    Event,
    Facts,
    Message,
    PhoneAsked,
    Problem,
    Screen,
    Step,
    Told,
    Tried,
    Visit,
)
from suppliers.wording import Wording, clock_time

# Without the letters and digits that look like one another.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_BYTES = 24

Answer = Literal["approved", "refused"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: ``why`` it was not taken, empty if it was."""

    visit: Visit
    told: Told
    why: str = ""


def ask(visit: Visit, facts: Facts) -> Tried:
    """A question to the phone, by ``visit.channel``; whatever was asked or sent before is worth nothing from now on."""
    holder = facts.holder(visit)
    if holder is None:
        raise ValueError("only the phone of a person that the register knows is asked")
    person, means = holder
    visit = without_pin(visit)
    shown = f"{secrets.randbelow(90) + 10}" if visit.channel == "app" else _readable()
    approval = Approval(secrets.token_urlsafe(_ID_BYTES), visit.channel, shown, facts.now)
    told = Told(Event.PHONE_ASKED, {"factor": visit.channel, "again": visit.sent > 0})
    sent: tuple[Message, ...] = ()
    if visit.channel == "app":
        say = Wording(visit.ask.language, facts.profile.wording)
        body = say(
            "message.app",
            number=shown,
            minutes=PIN_MINUTES,
            person=person.name,
            supplier=ways(visit, facts)["app"],
            service=visit.ask.service.name.in_(visit.ask.language),
        )
        slug, id_ = facts.profile.slug, visit.ask.id
        sent = (Message(facts.now, "app", means.username, "", body, shown, slug, id_),)
    asked = replace(visit, phone=approval, sent=visit.sent + 1)
    return Tried(asked, told=(told,), sent=sent, changes=(PhoneAsked(visit.ask.id, approval),))


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    asked = visit.phone
    if asked is None:
        raise ValueError("nothing was asked of the phone")
    state = phone_state(asked, facts.now)
    values = {
        "state": state,
        "shown": asked.shown,
        "time": clock_time(asked.sent_at),
        "minutes": PIN_MINUTES,
    }
    problem = _problem(asked.factor, state) if state in ("late", "refused") else None
    return Screen(asked.factor, problems=(problem,) if problem else (), values=values)


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """ "Verder": passed once, if the phone approved."""
    asked = visit.phone
    if asked is None or "pin" in form:
        return Tried(visit, refused="early")
    state = phone_state(asked, facts.now)
    if state == "approved":
        told = Told(Event.PHONE_RIGHT, {"factor": asked.factor})
        return Tried(replace(visit, phone=replace(asked, used=True)), told=(told,))
    late = (Told(Event.PHONE_LATE, {"factor": asked.factor}),) if state == "late" else ()
    return Tried(visit, (_problem(asked.factor, state),), late)


def answer(visit: Visit, id_: str, given: Answer, now: datetime) -> Answered:
    """What the phone says to the question of this id. Only the last one that was asked counts, and once."""
    asked = visit.phone
    if asked is None or not hmac.compare_digest(asked.id.encode(), id_.encode()):
        return _not_taken(visit, "replaced")
    state = phone_state(asked, now)
    if state != "open":
        return _not_taken(visit, "used" if state in ("approved", "refused") else state)
    kind = Event.PHONE_APPROVED if given == "approved" else Event.PHONE_REFUSED
    return Answered(replace(visit, phone=replace(asked, answer=given)), Told(kind, {"factor": asked.factor}))


def phone_state(asked: Approval, now: datetime) -> str:
    """``open``, ``approved``, ``refused``, ``late``, or ``used`` where the login went on with it."""
    if asked.used:
        return "used"
    if asked.answer == "refused":
        return "refused"
    if now - asked.sent_at > timedelta(minutes=PIN_MINUTES):
        return "late"
    return asked.answer or "open"


def scan_url(asked: Approval, phone_url: str) -> str:
    """What the QR code says."""
    return f"{phone_url}?{urlencode({'code': asked.id})}"


def _problem(factor: str, state: str) -> Problem:
    return Problem("phone", f"{factor}.{state}", {"minutes": PIN_MINUTES})


def _not_taken(visit: Visit, why: str) -> Answered:
    return Answered(visit, Told(Event.PHONE_NOT_TAKEN, {"why": why}), why)


def _readable() -> str:
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"
