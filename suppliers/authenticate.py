"""The AD's steps: who is it, do we believe it, and is the means strong enough.

Each function takes the visit and what the person filled in, and says what came of it. ``walk.py`` decides
which step it is and what comes after.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from suppliers.profiles import Profile
from suppliers.register.model import PersonRecord
from suppliers.visit import Event, Facts, Message, Pin, Problem, Step, Told, Tried, Visit
from suppliers.wording import Wording

PIN_DIGITS = 6
PIN_MINUTES = 10
PIN_TRIES = 3
# An old message is told from a guess as long as it is one of the last few.
_PINS_KEPT = 5


def random_pin() -> str:
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


def log_in(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    """A page with a user name, a password or both."""
    empty = [Problem(name, f"{name}.empty") for name in step.fields if not form.get(name, "").strip()]
    if empty:
        return Tried(visit, tuple(empty))
    names, proves = "username" in step.fields, "password" in step.fields
    username = form["username"].strip() if names else visit.username
    found = facts.register.login(facts.profile.slug, username)
    # Compared for an unknown name too: the answer takes as long, and reads the same.
    right = not proves or _same(form["password"], found[1].password if found else "")
    if found is None or not right:
        event = Event.PASSWORD_WRONG if proves else Event.USERNAME_UNKNOWN
        key = "login.wrong" if names and proves else f"{step.fields[0]}.wrong"
        return Tried(visit, (Problem(step.fields[0], key),), (Told(event, {"username": username}),))
    person, means = found
    if names:
        # Another name is another person: nothing that the one before proved may stay.
        visit = replace(without_pin(visit), person=person.key, username=means.username, channel="")
    data = {"username": means.username, "person": person.key, "level": means.level.label}
    told = Told(Event.PASSWORD_RIGHT if proves else Event.USERNAME_KNOWN, data)
    return Tried(visit, told=(told,))


def channels(person: PersonRecord, profile: Profile) -> dict[str, str]:
    """The ways to send this person a PIN, in the supplier's order, each with its address."""
    known = {"sms": person.phone, "email": person.email}
    return {factor: address for factor in profile.second_factors if (address := known[factor])}


def choose_channel(visit: Visit, form: Mapping[str, str], person: PersonRecord, profile: Profile) -> Tried:
    """SMS or e-mail, where this person has both."""
    wanted = form.get("channel", "")
    if not wanted:
        return Tried(visit, (Problem("channel", "channel.empty"),))
    if wanted not in channels(person, profile):
        return Tried(visit, refused="choice")
    return Tried(replace(visit, channel=wanted))


def send_pin(visit: Visit, facts: Facts) -> Tried:
    """A PIN on its way over ``visit.channel``; the one before is worth nothing from now on."""
    holder = facts.holder(visit)
    if holder is None:
        raise ValueError("a PIN is sent to a person that the register knows")
    person, means = holder
    address = channels(person, facts.profile)[visit.channel]
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
    return Tried(replace(visit, pin=pin), told=(told,), sent=(message,))


def without_pin(visit: Visit) -> Visit:
    """The visit with its PIN, if it had one, worth nothing from now on."""
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


def enter_pin(visit: Visit, form: Mapping[str, str], now: datetime) -> Tried:
    """The PIN that the person got. A try is spent on a wrong PIN only, not on a slip of the keyboard."""
    if visit.pin is None:
        return Tried(visit, refused="early")
    pin, code = visit.pin, re.sub(r"[\s-]", "", form.get("pin", ""))
    if not code:
        return _no_pin(visit, "empty")
    if (state := pin_state(pin, now)) != "open":
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


def mask(address: str) -> str:
    """Enough for its owner to know it by: 06******78, j***@example.nl."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    digits = address.replace(" ", "")
    return f"{digits[:2]}{'*' * max(len(digits) - 4, 1)}{digits[-2:]}"


def _no_pin(visit: Visit, why: str, event: Event | None = None) -> Tried:
    values = {"minutes": PIN_MINUTES, "most": PIN_TRIES}
    return Tried(visit, (Problem("pin", f"pin.{why}", values),), (Told(event),) if event else ())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
