"""A second login in the same browser: the remembered choice, staying logged in, logging out."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, road
from journeys.traveller import Traveller
from support.checking_sp import VAULT

THEME = "The second login"
EH3 = LoggedIn(REGENBOOG, "EH3")
VUURTOREN = LoggedIn("KvKnr 90000020", "EH3")


def _staying(t: Traveller, company: str = "") -> None:
    """A first login, with "ingelogd blijven"."""
    t.arrive_at("reconi")
    t.tick("stay")
    t.all_right()
    if company:
        t.tick(f"organisation-company-{company}")
        t.press("next")
    t.landed()


@road(
    "choice-remembered",
    THEME,
    "m.devries",
    EH3,
    "the second time straight to Reconi, the choice was remembered",
)
def remembered(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.all_right()
    t.landed()
    t.ask()
    t.on("login")
    t.all_right()


@road("choice-changed", THEME, "m.devries", EH3, "the second time: another supplier after all, and back")
def changed(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.all_right()
    t.landed()
    t.ask()
    t.press("other-supplier")
    t.choose("kpn")
    t.press("back")
    t.choose("reconi")
    t.all_right()


@road(
    "choice-not-remembered",
    THEME,
    "m.devries",
    EH3,
    "without Onthoud mijn keuze: the second time the choice again",
)
def not_remembered(t: Traveller) -> None:
    t.ask()
    t.tick("remember", on=False)
    t.choose("reconi")
    t.all_right()
    t.landed()
    t.arrive_at("reconi")
    t.all_right()


@road("sso", THEME, "m.devries", EH3, "ingelogd blijven: the second login passes without password or code")
def sso(t: Traveller) -> None:
    _staying(t)
    t.ask()


@road("sso-mandate", THEME, "t.mulder", VUURTOREN, "ingelogd blijven: for which organisation is asked again")
def sso_mandate(t: Traveller) -> None:
    _staying(t, "regenboog")
    t.ask()
    t.on("mandate")
    t.tick("organisation-company-vuurtoren")
    t.press("next")


@road("sso-force", THEME, "m.devries", EH3, "ingelogd blijven, and ForceAuthn: the password is asked again")
def sso_force(t: Traveller) -> None:
    _staying(t)
    t.ask(force="yes")
    t.on("login")
    t.all_right()


@road("sso-late", THEME, "m.devries", EH3, "ingelogd blijven, two hours later: the password is asked again")
def sso_late(t: Traveller) -> None:
    _staying(t)
    t.later(hours=2, seconds=1)
    t.ask()
    t.on("login")
    t.all_right()


@road(
    "sso-eh4",
    THEME,
    "z.smeets",
    LoggedIn(REGENBOOG, "EH4"),
    "ingelogd blijven with smartcard 900000000030 (PIN 246810), then EH4: the card is asked again",
)
def sso_eh4(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.tick("stay")
    t.press("by-card")
    t.card()
    t.landed()
    t.ask(service=VAULT, force="yes")
    t.on("login")
    t.sees_not("stay")
    t.press("by-card")
    t.card()


@road(
    "sso-log-out",
    THEME,
    "m.devries",
    CANCELLED,
    "ingelogd blijven, logs out at the service: the password is asked again; cancel",
)
def sso_log_out(t: Traveller) -> None:
    _staying(t)
    t.open(f"{t.stand.sps.base_url}/logout")
    t.ask()
    t.on("login")
    t.cancel()
