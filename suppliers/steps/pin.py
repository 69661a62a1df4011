"""The PIN by SMS or e-mail: sent on the way here, entered here."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from suppliers.steps.channel import mask, ways
from suppliers.visit import Event, Facts, Message, Pin, Problem, Screen, Step, Told, Tried, Visit
from suppliers.wording import Wording, clock_time

PIN_DIGITS = 6
PIN_MINUTES = 10
PIN_TRIES = 3
CHANNELS = ("sms", "email")
# An old message is told from a guess as long as it is one of the last few.
_PINS_KEPT = 5


def random_pin() -> str:
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    if visit.pin is None:
        return Screen("pin", values={"state": ""})
    state = pin_state(visit.pin, facts.now)
    values = {
        "state": state,
        "channel": visit.pin.channel,
        "address": visit.pin.address,
        "time": clock_time(visit.pin.sent_at),
        "minutes": PIN_MINUTES,
    }
    # Whoever comes back to a page that went well meets no error, only the way on.
    wrong = state in ("late", "blocked")
    problem = Problem("pin", f"pin.{state}", {"minutes": PIN_MINUTES, "most": PIN_TRIES})
    return Screen("pin", problems=(problem,) if wrong else (), values=values)


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """The PIN that the person got. A try is spent on a wrong PIN only, not on a slip of the keyboard."""
    if visit.pin is None:
        return Tried(visit, refused="early")
    pin, code = visit.pin, re.sub(r"[\s-]", "", form.get("pin", ""))
    if not code:
        return _no_pin(visit, "empty")
    if (state := pin_state(pin, facts.now)) != "open":
        return _no_pin(visit, state, Event(f"pin-{state}"))
    if _same(code, pin.code):
        used = replace(visit, pin=replace(pin, used=True))
        return Tried(used, told=(Told(Event.PIN_RIGHT, {"channel": pin.channel}),))
    replaced = [_same(code, old) for old in visit.old_pins]
    if any(replaced):
        return _no_pin(visit, "replaced", Event.PIN_USED)
    if not re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", code):
        return _no_pin(visit, "format")
    visit = replace(visit, pin=replace(pin, tries=pin.tries + 1))
    left = PIN_TRIES - pin.tries - 1
    wrong = Told(Event.PIN_WRONG, {"left": left})
    if left:
        return Tried(visit, (Problem("pin", "pin.wrong", {"left": left}),), (wrong,))
    blocked = _no_pin(visit, "blocked", Event.PIN_BLOCKED)
    return replace(blocked, told=(wrong, *blocked.told))


def send_pin(visit: Visit, facts: Facts) -> Tried:
    """A PIN on its way over ``visit.channel``; the one before is worth nothing from now on."""
    holder = facts.holder(visit)
    if holder is None:
        raise ValueError("a PIN is sent to a person that the register knows")
    person, means = holder
    address = ways(visit, facts)[visit.channel]
    code = means.pin or facts.make_pin()
    visit = without_pin(visit)
    pin = Pin(code, visit.channel, mask(address), facts.now)
    ask = visit.ask
    say = Wording(ask.language, facts.profile.wording)
    values = {
        "code": code,
        "minutes": PIN_MINUTES,
        "person": person.name,
        "supplier": facts.profile.name,
        "service": ask.service.name.in_(ask.language),
        "provider": ask.service.provider.in_(ask.language),
    }
    message = Message(
        at=facts.now,
        channel=visit.channel,
        to=address,
        subject=say("message.subject", **values) if visit.channel == "email" else "",
        body=say(f"message.{visit.channel}", **values),
        code=code,
        supplier=facts.profile.slug,
        ask_id=ask.id,
    )
    told = Told(Event.PIN_SENT, {"channel": visit.channel, "to": pin.address, "again": bool(visit.old_pins)})
    return Tried(replace(visit, pin=pin, sent=visit.sent + 1), told=(told,), sent=(message,))


def without_pin(visit: Visit) -> Visit:
    """The visit with its PIN or what its phone was asked, if there was any, worth nothing from now on."""
    visit = replace(visit, phone=None)
    if visit.pin is None:
        return visit
    return replace(visit, pin=None, old_pins=(visit.pin.code, *visit.old_pins)[:_PINS_KEPT])


def pin_state(pin: Pin, now: datetime) -> str:
    """``open``, or why this PIN is worth nothing any more: ``blocked``, ``used`` or ``late``."""
    if pin.tries >= PIN_TRIES:
        return "blocked"
    if pin.used:
        return "used"
    return "late" if now - pin.sent_at > timedelta(minutes=PIN_MINUTES) else "open"


def _no_pin(visit: Visit, why: str, event: Event | None = None) -> Tried:
    values = {"minutes": PIN_MINUTES, "most": PIN_TRIES}
    return Tried(visit, (Problem("pin", f"pin.{why}", values),), (Told(event),) if event else ())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
