"""Where a login stands, for whoever does not see its pages. Looking changes nothing and leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.completing.stops import stop_of
from broker.completing.wish import CHOICE, RETURN, Choice, Stop
from broker.login import ADAPTER, KIND, Login, LoginProblem, State, offers
from broker.parts import Parts
from broker.settings import LOGIN_LIFE
from suppliers.ask import Offer
from suppliers.desk import Desk
from suppliers.visit import Facts, Screen
from suppliers.walk import show

ASKS: Mapping[str, tuple[str, ...]] = {
    CHOICE: ("supplier",),
    "channel": ("channel",),
    "pin": ("pin",),
    "app": ("phone",),
    "qr": ("phone",),
    "card": ("card", "pin"),
    "renew": ("new_password",),
    "mandate": ("company",),
    "chain": ("client",),
    "branch": ("branch",),
    "consent": ("consent",),
}
"""What each page asks, by the names that a Wish has for it."""
_OF_LOGIN = {"username": "person", "password": "password"}


@dataclass(frozen=True, slots=True)
class View:
    """``state`` is that of the login, or late; ``page`` is None where the login is over. ``path`` is where a browser
    goes on."""

    login: Login
    state: str
    offered: tuple[Offer, ...] = ()
    page: Stop | None = None
    asks: tuple[str, ...] = ()
    path: str = ""


def look(parts: Parts, desk: Desk, login_id: str) -> View:
    """Raises LoginProblem: unknown."""
    found = parts.store.get(KIND, login_id)
    if found is None:
        raise LoginProblem("unknown")
    login = ADAPTER.validate_json(found)
    parts = parts.seen_by(login.tag)
    if login.state is State.ANSWERED:
        return View(login, str(login.state))
    if parts.now_of(login.sp) - login.created_at > LOGIN_LIFE:
        return View(login, "late")
    try:
        offered = offers(parts, login)
    except LoginProblem:
        offered = ()
    view = View(login, str(login.state), offered)
    if login.state is State.ASKED:
        page = Stop(0, CHOICE, "", options=tuple(Choice(one.slug, one.name) for one in offered))
        return View(login, view.state, offered, page, ASKS[CHOICE], f"/login/{login.id}")
    return _at_supplier(desk, view, str(login.supplier))


def _at_supplier(desk: Desk, view: View, slug: str) -> View:
    login = view.login
    path = desk.path(slug, login.id)
    visit, facts = desk.peek(slug, login.id)
    if visit is None or not isinstance(facts, Facts):
        page = Stop(0, RETURN, "")
        return View(login, view.state, view.offered, page, (), f"/login/{login.id}/return")
    n = visit.done + 1 if visit.done == 0 or facts.holder(visit) else 1
    screen = show(visit, n, facts).to
    if not isinstance(screen, Screen):
        return View(login, view.state, view.offered, None, (), path)
    asks = ASKS.get(screen.name, ())
    if screen.name == "login":
        asks = tuple(_OF_LOGIN[field] for field in screen.values["fields"])
    return View(login, view.state, view.offered, stop_of(desk, visit, screen), asks, path)
