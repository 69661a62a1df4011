"""States of a means, and what a person can do about each."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, road
from journeys.traveller import Traveller
from support.checking_sp import SUBSIDY

THEME = "The state of the means"
EH3 = LoggedIn(REGENBOOG, "EH3")


def _stopped(t: Traveller, page: str, supplier: str = "reconi") -> None:
    t.arrive_at(supplier)
    t.log_in()
    t.on(page)
    t.sees("what")
    t.sees("reference", t.login_id)
    t.cancel()


@road(
    "means-blocked",
    THEME,
    "b.geerts",
    CANCELLED,
    "a means that the file has blocked: told so at the password; cancel",
)
def blocked(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.on("login", "login.blocked_by_supplier")
    t.cancel()


@road("means-suspended", THEME, "s.tacke", CANCELLED, "a suspended means, after the password; cancel")
def suspended(t: Traveller) -> None:
    _stopped(t, "means")


@road("means-revoked", THEME, "x.vermeer", CANCELLED, "a revoked means; cancel")
def revoked(t: Traveller) -> None:
    _stopped(t, "means")


@road("means-expired", THEME, "q.lammers", CANCELLED, "an expired means; cancel")
def expired(t: Traveller) -> None:
    _stopped(t, "means")


@road(
    "means-no-channel", THEME, "p.nijhuis", CANCELLED, "KPN knows no phone and no app of this person; cancel"
)
def no_channel(t: Traveller) -> None:
    _stopped(t, "nochannel", "kpn")


@road(
    "password-renew",
    THEME,
    "m.renkema",
    EH3,
    "must choose a new password: too short, not the same, then a good one",
)
def renew(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.by("sms")
    t.code()
    t.on("renew")
    t.new_password("kort")
    t.on("renew", "new_password.short")
    t.new_password("Nieuwe-Welkom-456", "Nieuwe-Welkom-457")
    t.on("renew", "repeat_password.differs")
    t.new_password("Nieuwe-Welkom-456")


@road(
    "level-too-low", THEME, "n.postma", CANCELLED, "EH2+ at a service of EH3, and has no other means; cancel"
)
def level_too_low(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.on("level")
    t.sees("why", "EH2+")
    t.cancel()


@road(
    "level-enough",
    THEME,
    "n.postma",
    LoggedIn(REGENBOOG, "EH2+"),
    "the same means at Subsidieloket, which asks EH2+",
)
def level_enough(t: Traveller) -> None:
    t.arrive_at("reconi", service=SUBSIDY)
    t.log_in()
    t.by("sms")
    t.code()


@road("step-up", THEME, "u.brouwer", EH3, "EH2+ at a service of EH3: goes on with the other means, of EH3")
def step_up(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.on("level")
    t.press("other-means")
    t.log_in(nth=1)
    t.by("sms")
    t.code()


@road(
    "card-wrong",
    THEME,
    "z.smeets",
    LoggedIn(REGENBOOG, "EH4"),
    "smartcard 900000000030: nothing, a PIN that is too short, a wrong one, then the right one, 246810",
)
def card_wrong(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.press("by-card")
    t.press("next")
    t.on("card", "card.empty", "cardpin.empty")
    t.card(pin="24681")
    t.on("card", "pin.format")
    t.card(pin="000000")
    t.on("card", "cardpin.wrong")
    t.card()


@road(
    "card-blocked", THEME, "z.smeets", CANCELLED, "smartcard 900000000030: three wrong PINs, blocked; cancel"
)
def card_blocked(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.press("by-card")
    for _ in range(2):
        t.card(pin="000000")
        t.on("card", "cardpin.wrong")
    t.card(pin="000000")
    t.on("card", "cardpin.blocked")
    t.cancel()
