"""A page on which the road ends, as a stop: its code, its own words, and what there is to choose."""

from __future__ import annotations

from dataclasses import replace

from broker.completing.wish import Choice, Stop, choices
from suppliers.authorise import ELSEWHERE, considered
from suppliers.desk import Desk
from suppliers.reasons import Step
from suppliers.said import said
from suppliers.visit import Facts, Screen, Visit

CHOOSING = {"mandate": "choose-company", "chain": "choose-client", "branch": "choose-branch"}
_MOST_REASONS = 5


def facts_of(desk: Desk, visit: Visit) -> Facts | None:
    """What the supplier decides on now; None where the visit is over."""
    found = desk.peek(visit.supplier, visit.ask.id)[1]
    return found if isinstance(found, Facts) else None


def stop_of(desk: Desk, visit: Visit | None, screen: Screen, code: str = "") -> Stop:
    """``code`` is for a page that has nothing against anybody: the caller knows why it ends here."""
    profile = desk.profiles.get(visit.supplier) if visit else None
    words = said(screen, visit, profile)
    stop = Stop(screen.step, screen.name, code or _code(screen), words.heading, words.text)
    if screen.name in CHOOSING:
        return replace(stop, options=choices(screen.values["options"].all))
    if screen.name == "channel":
        return replace(stop, options=tuple(Choice(way, to) for way, to in screen.values["ways"].items()))
    if screen.name == "nomandate" and visit:
        reasons = _reasons(desk, visit)
        return replace(stop, code=reasons[0].code if reasons else "none", reasons=reasons)
    return stop


def _code(screen: Screen) -> str:
    if screen.problems:
        return screen.problems[0].key
    return str(screen.values.get("why") or screen.name)


def _reasons(desk: Desk, visit: Visit) -> tuple[Step, ...]:
    """Why the mandates that are meant for here do not count, with the lines that say so."""
    facts = facts_of(desk, visit)
    if facts is None:
        return ()
    near = [reason for reason in considered(visit, facts).reasons if reason.code not in ELSEWHERE]
    return tuple(reason.step for reason in near[:_MOST_REASONS])
