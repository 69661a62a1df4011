"""Asking for a mandate, in a login and outside one."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, road
from journeys.roads.e_mandates import known
from journeys.traveller import Traveller

THEME = "Asking for a mandate"
EH3 = LoggedIn(REGENBOOG, "EH3")
MANAGER = "m.beheer@voorbeeld.example"
REGENBOOG_KVK, KLIMOP_KVK, ZONNEBLOEM_KVK = "90000012", "90000055", "90000063"


def _asked(t: Traveller, number: str) -> None:
    known(t)
    t.on("nomandate")
    t.press("request-mandate")
    t.on("request")
    t.write("number", number)
    t.press("ask")
    t.on("requested")


def _manager(t: Traveller) -> Traveller:
    """The manager, who opens the link of the e-mail elsewhere."""
    manager = t.tab()
    manager.open(t.stand.link_sent_to(MANAGER))
    manager.on("approve")
    return manager


@road(
    "request-approved",
    THEME,
    "w.nieman",
    EH3,
    "no mandate: asks one; the manager approves by the link in the e-mail; on",
)
def approved(t: Traveller) -> None:
    _asked(t, REGENBOOG_KVK)
    manager = _manager(t)
    manager.press("approve")
    manager.on("decided")
    t.press("continue")


@road(
    "request-early",
    THEME,
    "w.nieman",
    CANCELLED,
    "asks one, goes on before the manager decided: not yet; cancel",
)
def early(t: Traveller) -> None:
    _asked(t, REGENBOOG_KVK)
    t.press("continue")
    t.sees("not-yet")
    t.cancel()


@road(
    "request-refused",
    THEME,
    "w.nieman",
    CANCELLED,
    "asks one, the manager refuses with a reason; goes on: the refusal and the reason; cancel",
)
def refused(t: Traveller) -> None:
    _asked(t, REGENBOOG_KVK)
    manager = _manager(t)
    manager.write("reason", "Vraag het eerst aan uw leidinggevende.")
    manager.press("refuse")
    manager.on("decided")
    t.press("continue")
    t.sees("heading", "geweigerd")
    t.sees("reason", "leidinggevende")
    t.cancel()


@road(
    "request-at-once",
    THEME,
    "w.nieman",
    LoggedIn(f"KvKnr {KLIMOP_KVK}", "EH3"),
    "asks one of a company that approves by itself; on",
)
def at_once(t: Traveller) -> None:
    _asked(t, KLIMOP_KVK)
    t.press("continue")


@road(
    "request-console", THEME, "w.nieman", LoggedIn(f"KvKnr {ZONNEBLOEM_KVK}", "EH3"),
    "asks one of a company without a manager; the tester approves it in the console; on",
)  # fmt: skip
def by_console(t: Traveller) -> None:
    _asked(t, ZONNEBLOEM_KVK)
    console = t.tab()
    console.open("/console/mandates")
    console.press("approve")
    console.sees("done")
    t.press("continue")


@road(
    "request-mistakes",
    THEME,
    "w.nieman",
    EH3,
    "asks one without a number, and with one that nobody has; then right",
)
def mistakes(t: Traveller) -> None:
    known(t)
    t.press("request-mandate")
    t.press("ask")
    t.on("request", "request.number.empty")
    t.write("number", "12345678")
    t.press("ask")
    t.on("request", "request.number.unknown")
    t.write("number", REGENBOOG_KVK)
    t.press("ask")
    _manager(t).press("approve")
    t.press("continue")


@road(
    "request-for-whom",
    THEME,
    "v.bosman",
    LoggedIn(f"KvKnr {KLIMOP_KVK}", "EH3"),
    "chooses one of her own and fills in another's number, told of both; then the other; on",
)
def for_whom(t: Traveller) -> None:
    known(t)
    t.press("request-mandate")
    t.tick("company-regenboog")
    t.write("number", KLIMOP_KVK)
    t.press("ask")
    t.on("request", "request.company.two")
    t.tick("company-other")
    t.press("ask")
    t.on("requested")
    t.press("continue")


@road(
    "request-outside",
    THEME,
    "w.nieman",
    EH3,
    "asks one at the supplier, outside a login; the manager approves; then logs in",
)
def outside(t: Traveller) -> None:
    t.open("/supplier/reconi/mandates")
    t.log_in()
    t.by("sms")
    t.code()
    t.on("mandates")
    t.write("number", REGENBOOG_KVK)
    t.pick_containing("service-choice", "Mijn Helpdesk po")
    t.press("ask")
    t.on("requested")
    _manager(t).press("approve")
    t.press("own-mandates")
    t.sees("own-mandate")
    known(t)
