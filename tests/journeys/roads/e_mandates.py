"""For whom: every case of the mandate."""

from __future__ import annotations

from journeys.road import CANCELLED, REGENBOOG, LoggedIn, road
from journeys.traveller import Traveller
from support.checking_sp import SUBSIDY

THEME = "The mandate"
EH3 = LoggedIn(REGENBOOG, "EH3")
VUURTOREN = "KvKnr 90000020"
KOMPAS = "90000047"


def known(t: Traveller, supplier: str = "reconi", **how: str) -> None:
    """Past password and code."""
    t.arrive_at(supplier, **how)
    t.log_in()
    if t.at("channel-sms").count():
        t.by("sms")
    t.code()


def _none(t: Traveller, **how: str) -> None:
    known(t, **how)
    t.on("nomandate")
    t.sees("reference", t.login_id)
    t.cancel()


@road("mandate-one-service", THEME, "l.jacobs", EH3, "a mandate for Mijn Helpdesk po only, there")
def one_service(t: Traveller) -> None:
    known(t)


@road(
    "mandate-other-service",
    THEME,
    "l.jacobs",
    CANCELLED,
    "the same mandate at Subsidieloket: none there; cancel",
)
def other_service(t: Traveller) -> None:
    _none(t, service=SUBSIDY)


@road(
    "mandate-two",
    THEME,
    "t.mulder",
    LoggedIn(VUURTOREN, "EH3"),
    "two organisations: none chosen, told so; then the second",
)
def two(t: Traveller) -> None:
    known(t)
    t.on("mandate")
    t.press("next")
    t.on("mandate", "mandate.empty")
    t.tick("organisation-company-vuurtoren")
    t.press("next")


@road(
    "mandate-expired-by-name",
    THEME,
    "verlopen-machtiging",
    CANCELLED,
    "whose user name says it: none in force any more; cancel",
)
def expired_by_name(t: Traveller) -> None:
    _none(t)


@road("mandate-two-first", THEME, "t.mulder", EH3, "two organisations: the first")
def two_first(t: Traveller) -> None:
    known(t)
    t.tick("organisation-company-regenboog")
    t.press("next")


@road("mandate-cancel", THEME, "t.mulder", CANCELLED, "two organisations: Annuleren")
def cancel(t: Traveller) -> None:
    known(t)
    t.on("mandate")
    t.cancel()


@road(
    "mandate-search",
    THEME,
    "k.hoogland",
    LoggedIn("KvKnr 90000106", "EH3"),
    "eleven organisations: searches one, and takes it",
)
def search(t: Traveller) -> None:
    known(t)
    t.on("mandate")
    t.write("search", "grutto")
    t.press("search-button")
    t.sees("search-result", "1")
    t.tick("organisation-company-grutto")
    t.press("next")


@road(
    "mandate-search-none",
    THEME,
    "k.hoogland",
    EH3,
    "eleven organisations: searches in vain, sees all, takes one",
)
def search_none(t: Traveller) -> None:
    known(t)
    t.write("search", "onvindbaar")
    t.press("search-button")
    t.sees("search-result")
    t.press("search-all")
    t.tick("organisation-company-regenboog")
    t.press("next")


@road("mandate-none", THEME, "k.dekker", CANCELLED, "no mandate at all: the page says what to do; cancel")
def none(t: Traveller) -> None:
    _none(t)


@road("mandate-expired", THEME, "r.peters", CANCELLED, "the mandate has expired; cancel")
def expired(t: Traveller) -> None:
    _none(t)


@road("mandate-not-yet", THEME, "e.hoekstra", CANCELLED, "the mandate has not begun; cancel")
def not_yet(t: Traveller) -> None:
    _none(t)


@road("mandate-revoked", THEME, "v.bosman", CANCELLED, "the mandate was withdrawn; cancel")
def revoked(t: Traveller) -> None:
    _none(t)


@road(
    "mandate-requested",
    THEME,
    "i.schouten",
    CANCELLED,
    "the mandate is asked for, not given: wait for it; cancel",
)
def requested(t: Traveller) -> None:
    _none(t)


@road("mandate-lapsed", THEME, "j.oosting", CANCELLED, "the mandate lapsed: not used for 24 months; cancel")
def lapsed(t: Traveller) -> None:
    _none(t)


@road("mandate-level", THEME, "b.willems", CANCELLED, "the means is EH3, the mandate EH2+; cancel")
def level(t: Traveller) -> None:
    _none(t)


@road(
    "mandate-branch-no",
    THEME,
    "o.kuipers",
    CANCELLED,
    "for one branch only, at a service that takes no branches; cancel",
)
def branch_no(t: Traveller) -> None:
    _none(t)


@road(
    "mandate-branch", THEME, "o.kuipers", LoggedIn(REGENBOOG, "EH3", branch="000090000013"),
    "for one branch only, at Subsidieloket, which takes branches",
)  # fmt: skip
def branch(t: Traveller) -> None:
    known(t, service=SUBSIDY)


@road(
    "mandate-branches", THEME, "r.devos", LoggedIn(REGENBOOG, "EH3", branch="000090000012"),
    "two branches of one organisation at Subsidieloket: chooses one",
)  # fmt: skip
def branches(t: Traveller) -> None:
    known(t, service=SUBSIDY)
    t.on("branch")
    t.press("next")
    t.on("branch", "branch.empty")
    t.tick("branch-000090000012")
    t.press("next")


@road(
    "mandate-chain",
    THEME,
    "y.vanleeuwen",
    LoggedIn(REGENBOOG, "EH3", via=KOMPAS),
    "through an intermediary with one client",
)
def chain(t: Traveller) -> None:
    known(t)


@road(
    "mandate-clients",
    THEME,
    "a.tempelman",
    LoggedIn(VUURTOREN, "EH3", via=KOMPAS),
    "through an intermediary with two clients: chooses one",
)
def clients(t: Traveller) -> None:
    known(t)
    t.on("chain")
    t.press("next")
    t.on("chain", "chain.empty")
    t.tick("client-vuurtoren")
    t.press("next")


@road(
    "mandate-provider",
    THEME,
    "l.veenstra",
    EH3,
    "a mandate for all services of Dienst Uitvoering Onderwijs, at one of them",
)
def provider(t: Traveller) -> None:
    known(t)


@road(
    "mandate-other-provider",
    THEME,
    "l.veenstra",
    CANCELLED,
    "the same mandate at another provider's service; cancel",
)
def other_provider(t: Traveller) -> None:
    _none(t, service=SUBSIDY)


@road(
    "company-rsin",
    THEME,
    "h.dijkstra",
    LoggedIn("RSIN 999900031", "EH3"),
    "a foundation without KvK number: the service gets the RSIN",
)
def rsin(t: Traveller) -> None:
    known(t, "kpn")


@road(
    "company-kvk",
    THEME,
    "g.jansen",
    LoggedIn("KvKnr 90000039", "EH3"),
    "a one-man business: the KvK number, there is no RSIN",
)
def kvk(t: Traveller) -> None:
    known(t, "z-login")
