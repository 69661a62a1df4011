"""The page behind the link in the mandate manager's mail: what is asked, and "Goedkeuren" or "Weigeren"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from suppliers.approving import MOST_REASON, Approvals, Link, LinkState
from suppliers.visit import Problem, Screen


def page(approvals: Approvals, slug: str, token: str) -> Screen:
    """What the link shows now. Looking decides nothing."""
    return _screen(approvals, approvals.follow(slug, token))


def act(approvals: Approvals, slug: str, token: str, form: Mapping[str, str]) -> Screen | None:
    """What the manager chose; None once that counts."""
    link = approvals.follow(slug, token)
    request = link.request
    if request is None:
        return _screen(approvals, link)
    if link.state is not LinkState.OPEN:
        approvals.refused_to(request, str(link.state))
        return _screen(approvals, link, too_late=True)
    choice = form.get("decision", "")
    if choice == "refuse":
        done = approvals.refuse(request, form.get("reason", ""), "manager")
    elif choice == "approve":
        until = _day(form.get("until", ""))
        if wrong := _wrong(approvals, link, until, form.get("until", "")):
            screen = _screen(approvals, link)
            values = {**screen.values, "until": form.get("until", "")[:20]}
            return replace(screen, status=422, problems=(wrong,), values=values)
        assert until
        done = approvals.approve(request, until, "manager")
    else:
        approvals.refused_to(request, "choice")
        return replace(_screen(approvals, link), status=403)
    if done:
        return None
    # Somebody was first.
    approvals.refused_to(request, "decided")
    return _screen(approvals, approvals.follow(slug, token), too_late=True)


def _screen(approvals: Approvals, link: Link, *, too_late: bool = False) -> Screen:
    request = link.request
    if request is None:
        return Screen("nolink", 404, values={"why": "unknown"})
    about = {"request": request, **approvals.told_of(request)}
    if link.state is LinkState.LATE:
        return Screen("nolink", 410, values={**about, "why": "late"})
    if link.state is LinkState.DECIDED:
        return Screen("decided", 409 if too_late else 200, values={**about, "too_late": too_late})
    last = approvals.last_day(request)
    values = {"until": last.isoformat(), "last": last, "today": approvals.today(request), "most": MOST_REASON}
    return Screen("approve", values={**about, **values})


def _wrong(approvals: Approvals, link: Link, until: date | None, given: str) -> Problem | None:
    if until is None:
        return Problem("until", "until.format" if given.strip() else "until.empty")
    wrong = approvals.wrong_until(link.request, until) if link.request else ""
    return Problem("until", f"until.{wrong}") if wrong else None


def _day(text: str) -> date | None:
    """As a browser's date field sends it, or as people write it: 2031-11-22, 22-11-2031."""
    text = text.strip().replace("/", "-").replace(".", "-")
    dutch = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})", text)
    try:
        return date(int(dutch[3]), int(dutch[2]), int(dutch[1])) if dutch else date.fromisoformat(text)
    except ValueError:
        return None
