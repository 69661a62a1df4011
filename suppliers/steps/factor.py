"""The second factor: which one this person uses, and how often it is asked. The asking itself is of ``pin`` (SMS,
e-mail) and of ``phone`` (app, QR code)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType

from suppliers.register.days import DUTCH
from suppliers.steps import phone, pin
from suppliers.steps.channel import ways
from suppliers.visit import Approval, Arrival, Event, Facts, Pin, Problem, Screen, Step, Told, Tried, Visit

WAIT = timedelta(seconds=30)
"""So long after the last one another can be asked."""
MOST = 5
"""So many are sent or shown in one visit."""

_OVER = ("late", "blocked", "refused")


def asks(visit: Visit, facts: Facts) -> bool:
    return not visit.card


def arrive(visit: Visit, facts: Facts) -> Arrival:
    if visit.card:
        return Arrival(visit, passed=True)
    found = ways(visit, facts)
    if visit.channel not in found:
        visit = replace(visit, channel=next(iter(found)))
    if _same_again(visit, facts):
        return Arrival(visit)
    tried = _send(visit, facts)
    return Arrival(tried.visit, told=tried.told, sent=tried.sent, changes=tried.changes)


def page(visit: Visit, step: Step, facts: Facts) -> Screen:
    screen = _module(visit).page(visit, step, facts)
    assert isinstance(screen, Screen)
    over = _asked(visit) is None or screen.values["state"] in _OVER
    if visit.sent >= MOST and over:
        return Screen("nomore", values={"most": MOST})
    free = _free_at(visit, facts.now)
    more = {"again": visit.sent > 1, "more": visit.sent < MOST, "most": MOST}
    # How long to wait, not until when: the page may stand open past that.
    wait = {"from": _time(free) if free else "", "wait": int(WAIT.total_seconds())}
    return replace(screen, values={**screen.values, **more, **wait})


def act(visit: Visit, step: Step, form: Mapping[str, str], facts: Facts) -> Tried:
    tried = _module(visit).act(visit, step, form, facts)
    assert isinstance(tried, Tried)
    return tried


def ask_again(visit: Visit, facts: Facts) -> Tried:
    """Another PIN, request or code in place of the last one; a problem, and nothing sent, where that is too soon or
    too often."""
    data = {"channel": visit.channel, "sent": visit.sent}
    if visit.sent >= MOST:
        problem = Problem("resend", "factor.most", {"most": MOST})
        return Tried(visit, (problem,), (Told(Event.FACTOR_NO_MORE, data),))
    if free := _free_at(visit, facts.now):
        problem = Problem("resend", f"{_name(visit.channel)}.early", {"time": _time(free)})
        return Tried(visit, (problem,), (Told(Event.FACTOR_EARLY, data),))
    return _send(visit, facts)


def _send(visit: Visit, facts: Facts) -> Tried:
    if visit.sent >= MOST:
        told = Told(Event.FACTOR_NO_MORE, {"channel": visit.channel, "sent": visit.sent})
        return Tried(pin.without_pin(visit), told=(told,))
    return pin.send_pin(visit, facts) if visit.channel in pin.CHANNELS else phone.ask(visit, facts)


def _same_again(visit: Visit, facts: Facts) -> bool:
    """Whether whoever chose the same way once more has one on its way that was sent just now."""
    asked = _asked(visit)
    if asked is None or asked.used or _free_at(visit, facts.now) is None:
        return False
    return visit.channel == (asked.factor if isinstance(asked, Approval) else asked.channel)


def _asked(visit: Visit) -> Pin | Approval | None:
    return visit.phone or visit.pin


def _free_at(visit: Visit, now: datetime) -> datetime | None:
    """From when another can be asked; None if that is now. A clock that was set back is no reason to wait."""
    asked = _asked(visit)
    if asked is None or not timedelta(0) <= now - asked.sent_at < WAIT:
        return None
    return asked.sent_at + WAIT


def _time(at: datetime) -> str:
    """Dutch clock time to the second above, so that whoever waits for it is never too early."""
    above = at.replace(microsecond=0) + timedelta(seconds=1 if at.microsecond else 0)
    return above.astimezone(DUTCH).strftime("%H:%M:%S")


def _module(visit: Visit) -> ModuleType:
    return phone if visit.phone else pin


def _name(channel: str) -> str:
    return "pin" if channel in pin.CHANNELS else channel
