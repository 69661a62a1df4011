"""Every supplier, when all goes well."""

from __future__ import annotations

from journeys.road import REGENBOOG, LoggedIn, road
from journeys.traveller import Traveller
from support.checking_sp import VAULT

THEME = "Every supplier, when all goes well"
EH3, EH4 = LoggedIn(REGENBOOG, "EH3"), LoggedIn(REGENBOOG, "EH4")


@road("reconi-sms", THEME, "m.devries", EH3, "Reconi: user name and password, code by SMS (always 123456)")
def reconi_sms(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.sees("service", "Mijn Helpdesk po")
    t.sees("provider", "Dienst Uitvoering Onderwijs")
    t.sees("level-asked", "3")
    t.log_in()
    t.by("sms")
    t.sees("pin-sent", "06******01")
    t.code("123456")


@road("reconi-email", THEME, "m.devries", EH3, "Reconi: the code by e-mail instead")
def reconi_email(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.by("email")
    t.sees("pin-sent", "m***@voorbeeld.example")
    t.code()


@road(
    "reconi-card",
    THEME,
    "z.smeets",
    EH4,
    "Reconi: smartcard 900000000030 with its own PIN, 246810, at Examenkluis, which asks EH4",
)
def reconi_card(t: Traveller) -> None:
    t.arrive_at("reconi", service=VAULT, force="yes")
    t.press("by-card")
    t.on("card")
    t.card()


@road(
    "digidentity",
    THEME,
    "a.yilmaz",
    EH3,
    "Digidentity: user name, then password on a page of its own, then SMS",
)
def digidentity(t: Traveller) -> None:
    t.arrive_at("digidentity")
    t.log_in()
    t.by("sms")
    t.code()


@road(
    "digidentity-email",
    THEME,
    "a.yilmaz",
    EH3,
    "Digidentity: a.yilmaz@voorbeeld.example for the user name, password, SMS",
)
def digidentity_email(t: Traveller) -> None:
    t.arrive_at("digidentity")
    t.write("username", "a.yilmaz@voorbeeld.example")
    t.press("next")
    t.on("login")
    t.log_in()
    t.by("sms")
    t.code()


@road("digidentity-eh4", THEME, "w.meijer", EH4, "Digidentity: at Examenkluis, which asks EH4")
def digidentity_eh4(t: Traveller) -> None:
    t.arrive_at("digidentity", service=VAULT, force="yes")
    t.log_in()
    t.by("sms")
    t.code()


@road("kpn", THEME, "p.bakker", EH3, "KPN: user name and password, code by SMS")
def kpn(t: Traveller) -> None:
    t.arrive_at("kpn")
    t.log_in()
    t.by("sms")
    t.code()


@road(
    "digidentity-no-app", THEME, "h.kaya", EH3, "Digidentity, no app: the code goes by SMS, nothing to choose"
)
def digidentity_no_app(t: Traveller) -> None:
    t.arrive_at("digidentity")
    t.log_in()
    t.on("pin")
    t.code()


@road("quovadis", THEME, "s.visser", EH3, "QuoVadis: user name and password, SMS")
def quovadis(t: Traveller) -> None:
    t.arrive_at("quovadis")
    t.log_in()
    t.code()


@road("we-id", THEME, "j.smit", EH3, "We-ID: user name, password, code by e-mail")
def we_id(t: Traveller) -> None:
    t.arrive_at("we-id")
    t.log_in()
    t.by("email")
    t.code()


@road("z-login", THEME, "f.elamrani", EH3, "Z login: user name and password, code by e-mail")
def z_login(t: Traveller) -> None:
    t.arrive_at("z-login")
    t.log_in()
    t.by("email")
    t.code()


@road(
    "email-only",
    THEME,
    "c.vandam",
    EH3,
    "Reconi, no mobile phone: the code goes by e-mail, nothing to choose",
)
def email_only(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.sees("pin-sent", "c***@voorbeeld.example")
    t.code()


@road(
    "sms-only", THEME, "d.sanders", EH3, "Reconi, no e-mail address: the code goes by SMS, nothing to choose"
)
def sms_only(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.sees("pin-sent", "06******20")
    t.code()
