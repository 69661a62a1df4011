"""What happens with a code."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, road
from journeys.traveller import Traveller

THEME = "The code by SMS or e-mail"
EH3 = LoggedIn(REGENBOOG, "EH3")
PERSON = "l.jacobs"


def _at_the_code(t: Traveller) -> str:
    """The code that was sent."""
    t.arrive_at("reconi")
    t.log_in()
    t.by("sms")
    t.on("pin")
    return t.sent()


def _other(code: str) -> str:
    return "000000" if code != "000000" else "111111"


@road("code-wrong", THEME, PERSON, EH3, "a wrong code, then the right one")
def code_wrong(t: Traveller) -> None:
    right = _at_the_code(t)
    t.code(_other(right))
    t.on("pin", "pin.wrong")
    t.code(right)


@road(
    "code-slip", THEME, PERSON, EH3, "no code, then one of four digits: no try is spent; then the right one"
)
def code_slip(t: Traveller) -> None:
    right = _at_the_code(t)
    t.press("next")
    t.on("pin", "pin.empty")
    t.code("1234")
    t.on("pin", "pin.format")
    t.code(right[:3] + " " + right[3:])


@road("code-blocked", THEME, PERSON, EH3, "three wrong codes: this one is blocked; a new one does it")
def code_blocked(t: Traveller) -> None:
    right = _at_the_code(t)
    for _ in range(2):
        t.code(_other(right))
        t.on("pin", "pin.wrong")
    t.code(_other(right))
    t.on("pin", "pin.blocked")
    t.later(seconds=31)
    t.press("resend")
    t.on("pin")
    t.code()


@road("code-late", THEME, PERSON, EH3, "after ten minutes the code has expired; a new one does it")
def code_late(t: Traveller) -> None:
    right = _at_the_code(t)
    t.later(minutes=10, seconds=1)
    t.code(right)
    t.on("pin", "pin.late")
    t.press("resend")
    t.code()


@road(
    "code-again",
    THEME,
    PERSON,
    EH3,
    "a new code after 30 seconds; the old one is refused, the new one does it",
)
def code_again(t: Traveller) -> None:
    old = _at_the_code(t)
    t.later(seconds=31)
    t.reload()
    t.press("resend")
    t.on("pin")
    t.code(old)
    t.on("pin", "pin.replaced")
    t.code()


@road(
    "code-too-soon",
    THEME,
    PERSON,
    EH3,
    "asks for a new code at once: told from when; the first code still does it",
)
def code_too_soon(t: Traveller) -> None:
    right = _at_the_code(t)
    t.press("resend")
    t.on("pin", "pin.early")
    t.code(right)


@road("code-other-way", THEME, PERSON, EH3, "Vorige at the code: by e-mail instead")
def code_other_way(t: Traveller) -> None:
    _at_the_code(t)
    t.press("back")
    t.on("channel")
    t.by("email")
    t.sees("pin-sent", "l***@voorbeeld.example")
    t.code()


@road("code-way-empty", THEME, PERSON, EH3, "Volgende without SMS or e-mail chosen; then SMS")
def code_way_empty(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.press("next")
    t.on("channel", "channel.empty")
    t.by("sms")
    t.code()


@road("code-reload", THEME, PERSON, EH3, "reload at the code: nothing is sent again, the same code does it")
def code_reload(t: Traveller) -> None:
    right = _at_the_code(t)
    t.reload()
    t.on("pin")
    assert t.sent() == right
    t.code(right)


@road(
    "code-browser-back",
    THEME,
    PERSON,
    EH3,
    "the browser's back button at the code, then on; the code does it",
)
def code_browser_back(t: Traveller) -> None:
    right = _at_the_code(t)
    t.browser_back()
    t.on("channel")
    t.press("resume")
    t.on("pin")
    t.code(right)


@road("code-cancel", THEME, PERSON, CANCELLED, "Annuleren at the code")
def code_cancel(t: Traveller) -> None:
    _at_the_code(t)
    t.cancel()


@road("way-cancel", THEME, PERSON, CANCELLED, "Annuleren at the choice between SMS and e-mail")
def way_cancel(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.on("channel")
    t.cancel()


@road("code-inbox", THEME, PERSON, EH3, "reads the code in the console's inbox, in another tab")
def code_inbox(t: Traveller) -> None:
    right = _at_the_code(t)
    inbox = t.tab()
    inbox.open("/console/inbox")
    inbox.sees("inbox-code", right)
    t.code(inbox.at("inbox-code").first.inner_text())
