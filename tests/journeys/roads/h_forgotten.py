"""A user name or password that was forgotten."""

from __future__ import annotations

from journeys.road import REGENBOOG, LoggedIn, NoAnswer, road
from journeys.traveller import Traveller

THEME = "Forgotten"
EH3 = LoggedIn(REGENBOOG, "EH3")
NEW = "Ander-Wachtwoord-9"


def _asked(t: Traveller, address: str = "") -> None:
    t.arrive_at("reconi")
    t.press("forgotten")
    t.on("forgotten")
    t.write("email", address or f"{t.person}@voorbeeld.example")
    t.press("next")
    t.on("forgottensent")


@road(
    "forgotten",
    THEME,
    "m.devries",
    EH3,
    "forgotten: the link in the e-mail, a new password, and on with the login",
)
def forgotten(t: Traveller) -> None:
    _asked(t)
    mail = t.tab()
    mail.open(t.stand.link_sent_to("m.devries@voorbeeld.example"))
    mail.on("reset")
    mail.new_password("kort")
    mail.on("reset", "new_password.short")
    mail.new_password(NEW)
    mail.on("resetdone")
    t.press("login")
    t.log_in()
    t.on("login", "login.wrong")
    t.log_in(password=NEW)
    t.by("sms")
    t.code()


@road(
    "forgotten-mail",
    THEME,
    "m.devries",
    EH3,
    "forgotten: no address, one that is none, one that nobody has; logs in after all",
)
def forgotten_mail(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.press("forgotten")
    t.press("next")
    t.on("forgotten", "email.empty")
    t.write("email", "geen-adres")
    t.press("next")
    t.on("forgotten", "email.wrong")
    t.write("email", "niemand@voorbeeld.example")
    t.press("next")
    t.on("forgottensent")
    assert t.stand.api("inbox")["messages"] == []
    t.press("login")
    t.all_right()


@road(
    "forgotten-twice",
    THEME,
    "m.devries",
    NoAnswer("page-resettrouble"),
    "opens the link of the e-mail again: used already",
)
def forgotten_twice(t: Traveller) -> None:
    _asked(t)
    link = t.stand.link_sent_to("m.devries@voorbeeld.example")
    t.open(link)
    t.new_password(NEW)
    t.on("resetdone")
    t.open(link)
    t.on("resettrouble")


@road(
    "forgotten-late",
    THEME,
    "m.devries",
    NoAnswer("page-resettrouble"),
    "opens the link of the e-mail a day later: expired",
)
def forgotten_late(t: Traveller) -> None:
    _asked(t)
    t.later(hours=25)
    t.open(t.stand.link_sent_to("m.devries@voorbeeld.example"))
    t.on("resettrouble")
