"""What testers have on the pages and in the console."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, NoAnswer, road
from journeys.traveller import Traveller

THEME = "For testers"
EH3 = LoggedIn(REGENBOOG, "EH3")


@road(
    "panel",
    THEME,
    "m.devries",
    EH3,
    "the panel Voor testers: one click fills in the person, another the code",
)
def panel(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.toggle("testers")
    t.sees("verdict-m.devries")
    t.press("fill-m.devries")
    t.press("next")
    t.by("sms")
    t.toggle("testers")
    t.sees("testers-code", t.sent())
    t.press("fill-m.devries")
    t.press("next")


@road(
    "unblock",
    THEME,
    "m.devries",
    EH3,
    "blocked by three wrong passwords; the tester lifts it in the console; logs in",
)
def unblock(t: Traveller) -> None:
    t.arrive_at("reconi")
    for _ in range(3):
        t.log_in(password="verkeerd")
    t.on("login", "login.blocked")
    console = t.tab()
    console.open("/console/means")
    console.press("unblock")
    console.sees("done")
    t.all_right()


@road(
    "inbox-message",
    THEME,
    "l.jacobs",
    CANCELLED,
    "opens a message in the inbox, and the exchange that it belongs to; cancel",
)
def inbox_message(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.log_in()
    t.by("email")
    inbox = t.tab()
    inbox.open("/console/inbox")
    inbox.press("message-link")
    inbox.sees("inbox-code", t.sent())
    inbox.press("message-exchange")
    t.cancel()


@road(
    "eh1",
    THEME,
    "m.devries",
    NoAnswer("page-eh1"),
    "Reconi: the notice that EH1 has ended, and what to do about it",
)
def eh1(t: Traveller) -> None:
    t.arrive_at("reconi")
    t.sees("eh1-notice")
    t.press("eh1-more")
    t.on("eh1")
