"""The person's phone: an app that approves, a QR code to scan. The tester plays it in the console."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, road
from journeys.traveller import Traveller

THEME = "App and QR code"
EH3 = LoggedIn(REGENBOOG, "EH3")


def _phone(t: Traveller) -> Traveller:
    """The phone, in another tab."""
    phone = t.tab()
    phone.open("/console/phone")
    phone.sees("phone-request")
    return phone


@road("app", THEME, "p.bakker", EH3, "KPN: the app shows the same number, approve it there; the page goes on")
def app(t: Traveller) -> None:
    t.arrive_at("kpn")
    t.log_in()
    t.by("app")
    t.on("app")
    phone = _phone(t)
    phone.sees("phone-number", t.at("app-number").inner_text())
    t.is_left()
    phone.press("approve")
    t.goes_on("next")


@road("app-refuse", THEME, "p.bakker", CANCELLED, "KPN: refuses in the app; the page says so; cancel")
def app_refuse(t: Traveller) -> None:
    t.arrive_at("kpn")
    t.log_in()
    t.by("app")
    phone = _phone(t)
    t.is_left()
    phone.press("refuse")
    t.goes_on("next")
    t.on("app", "app.refused")
    t.cancel()


@road("app-not-yet", THEME, "p.bakker", EH3, "KPN: Verder before the app approved, told so; then approves")
def app_not_yet(t: Traveller) -> None:
    t.arrive_at("kpn")
    t.log_in()
    t.by("app")
    t.press("next")
    t.on("app", "app.open")
    phone = _phone(t)
    t.is_left()
    phone.press("approve")
    t.goes_on("next")


@road(
    "app-late",
    THEME,
    "p.bakker",
    EH3,
    "KPN: the request in the app expired after ten minutes; a code by SMS instead",
)
def app_late(t: Traveller) -> None:
    t.arrive_at("kpn")
    t.log_in()
    t.by("app")
    t.later(minutes=10, seconds=1)
    t.reload()
    t.on("app", "app.late")
    t.press("back")
    t.by("sms")
    t.code()


@road(
    "qr",
    THEME,
    "a.yilmaz",
    EH3,
    "Digidentity: types the code under the QR code into the phone; the page goes on",
)
def qr(t: Traveller) -> None:
    t.arrive_at("digidentity")
    t.log_in()
    t.by("qr")
    t.on("qr")
    t.sees("qr-image")
    phone = _phone(t)
    phone.write("code", "ABCD-EFGH")
    phone.press("scan-code")
    phone.sees("wrong")
    phone.write("code", t.at("qr-code").inner_text())
    t.is_left()
    phone.press("scan-code")
    t.goes_on("next")
