"""A login over the API leaves what a login by clicking leaves, at every supplier and by every way."""

from __future__ import annotations

from typing import Any

import pytest

from support.catalogues import BRANCH, Catalogue
from support.logins import Logins
from support.sp import Landed
from support.walk import choose, kind, landed, login_id_of, walk

OVER_API = "completed-over-api"
BY_SUPPLIER = {
    "digidentity": ("a.yilmaz", "app", "qr", "sms"),
    "kpn": ("p.bakker", "sms", "app"),
    "quovadis": ("s.visser", "sms"),
    "reconi": ("m.devries", "sms", "email"),
    "we-id": ("j.smit", "sms", "email"),
    "z-login": ("f.elamrani", "email", "sms"),
}
WAYS = [(slug, person, channel) for slug, (person, *channels) in BY_SUPPLIER.items() for channel in channels]
PERSON = "urn:etoegang:1.9:attribute:FirstName"
CONSENT = Catalogue(
    attributes=(
        (PERSON, False, "Om u aan te spreken"),
        (PERSON.replace("First", "Family"), True, "Voor de brief"),
    )
)


def same(logins: Logins, by_hand: str, over_api: str) -> None:
    """The exchanges of both, apart from ids, times and messages; and the one event that tells them apart."""
    clicked, called = logins.events(by_hand), logins.events(over_api)
    assert [kind for kind, _ in called].count(OVER_API) == 1
    assert OVER_API not in [kind for kind, _ in clicked]
    assert [event for event in called if event[0] != OVER_API] == clicked


def test_there_is_a_login_for_every_supplier(bench: Any) -> None:
    assert set(BY_SUPPLIER) == {offer.slug for offer in bench.application.parts.suppliers.offers()}


@pytest.mark.parametrize(("slug", "person", "channel"), WAYS)
def test_at_every_supplier_by_every_way(
    bench: Any, logins: Logins, slug: str, person: str, channel: str
) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), person, slug, channel=channel)
    by_hand = bench.exchanges.recent(1)[0].id
    over_api = logins.begin()
    # The supplier is where this person has a means.
    said = logins.complete(over_api, person=person, channel=channel)
    assert (said.status, said.body["outcome"]) == (200, "success"), said.body
    same(logins, by_hand, over_api)
    assert landed(page).url == said.body["url"].partition("?")[0]


@pytest.mark.parametrize(
    ("person", "wish", "by_hand"),
    [
        ("t.mulder", {"company": "vuurtoren"}, {"mandate": "company:vuurtoren"}),
        ("k.hoogland", {"company": "90000105"}, {"mandate": "company:fontein"}),
        ("y.vanleeuwen", {}, {}),
        ("a.tempelman", {"client": "vuurtoren"}, {"client": "vuurtoren"}),
        ("c.vandam", {}, {}),
    ],
)
def test_for_whom_is_chosen_as_by_hand(
    bench: Any, logins: Logins, person: str, wish: dict[str, str], by_hand: dict[str, str]
) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), person, **by_hand)
    assert kind(page) == "answer", page.readable
    clicked = bench.exchanges.recent(1)[0].id
    called = logins.begin()
    said = logins.complete(called, person=person, **wish)
    assert said.status == 200, said.body
    same(logins, clicked, called)


@pytest.mark.parametrize("branch", ["000090000013", "Basisschool De Regenboog, locatie Zuid (fictief)"])
def test_the_branch_is_chosen_as_by_hand(bench: Any, logins: Logins, branch: str) -> None:
    logins("POST", "service-catalogues", {"xml": Catalogue(restrictions=(BRANCH,)).xml.decode()})
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, level="loa2plus"), "r.devos", branch="000090000013")
    assert kind(page) == "answer", page.readable
    clicked = bench.exchanges.recent(1)[0].id
    called = logins.begin(level="loa2plus")
    said = logins.complete(called, person="r.devos", branch=branch)
    assert said.status == 200, said.body
    same(logins, clicked, called)


def test_consent_to_all_is_as_by_hand_and_to_what_is_needed_leaves_the_rest(
    bench: Any, logins: Logins
) -> None:
    logins("POST", "service-catalogues", {"xml": CONSENT.xml.decode()})
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, level="loa2plus"))
    assert kind(page) == "answer", page.readable
    clicked = bench.exchanges.recent(1)[0].id
    called = logins.begin(level="loa2plus")
    said = logins.complete(called, person="m.devries")
    assert said.status == 200, said.body
    assert "consent" in said.pages
    same(logins, clicked, called)
    sparing = logins.begin(level="loa2plus")
    assert logins.complete(sparing, person="m.devries", consent=False).status == 200
    given = bench.exchanges.get(sparing).last("consent-given")
    assert given == {"given": [PERSON.replace("First", "Family")], "withheld": [PERSON]}


def test_an_attribute_that_is_missing_declines_as_by_hand(bench: Any, logins: Logins) -> None:
    lacking = Catalogue(attributes=(("urn:etoegang:1.9:attribute:DateOfBirth", True, "Leeftijd"),))
    logins("POST", "service-catalogues", {"xml": lacking.xml.decode()})
    browser = bench.browser()
    walk(browser, bench.ask(browser, level="loa2plus"))
    clicked = bench.exchanges.recent(1)[0].id
    called = logins.begin(level="loa2plus")
    said = logins.complete(called, person="m.devries")
    assert (said.body["outcome"], said.pages[-1]) == ("declined", "missing")
    same(logins, clicked, called)


def test_a_smartcard_is_used_as_by_hand(bench: Any, logins: Logins) -> None:
    browser = bench.browser()
    page = choose(browser, bench.ask(browser), "reconi")
    form = page.form("by-card")
    page = browser.post(form.get("action"), {"card": "yes"})
    page = browser.submit(page, page.form("next"), card="900000000030", cardpin="246810")
    assert kind(page) == "answer", page.readable
    clicked = bench.exchanges.recent(1)[0].id
    called = logins.begin()
    said = logins.complete(called, person="z.smeets")
    assert (said.status, said.pages) == (200, ["choice", "login", "card"])
    same(logins, clicked, called)


def test_a_new_password_is_chosen_as_by_hand_and_is_the_one_in_force_after(
    bench: Any, logins: Logins
) -> None:
    called = logins.begin()
    said = logins.complete(called, person="m.renkema")
    assert said.pages == ["choice", "login", "channel", "pin", "renew"]
    again = logins.log_in("m.renkema")
    assert again.pages == ["choice", "login", "channel", "pin"], "no new password, and the new one is known"
    logins("POST", "reset?what=accounts")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "m.renkema", until="renew")
    new = {"new_password": "Welkom-123-2", "repeat_password": "Welkom-123-2"}
    page = browser.submit(page, page.form("next"), **new)
    assert kind(page) == "answer", page.readable
    same(logins, bench.exchanges.newest_end(), called)


def test_cancelling_is_as_by_hand(bench: Any, logins: Logins) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    clicked = login_id_of(page)
    browser.submit(page, page.form("cancel"))
    called = logins.begin()
    said = logins.complete(called, person="m.devries", channel="sms", cancel="pin")
    assert (said.body["outcome"], said.pages[-1]) == ("cancelled", "pin")
    same(logins, clicked, called)


def test_the_provider_gets_a_form_where_it_wants_one(bench: Any, logins: Logins) -> None:
    said = logins.complete(logins.begin(AssertionConsumerServiceIndex="2"), person="m.devries")
    assert (said.body["method"], said.body["url"]) == ("POST", "http://localhost:9/acs/post")
    assert set(said.body["fields"]) == {"SAMLResponse", "RelayState"}


def test_the_provider_gets_an_artifact_in_the_address(logins: Logins) -> None:
    said = logins.log_in("m.devries")
    assert (said.body["method"], said.body["fields"]) == ("GET", {})
    assert set(Landed.of_redirect(said.body["url"]).fields) == {"SAMLart", "RelayState"}


def test_no_secret_is_in_steps_or_exchange(bench: Any, logins: Logins) -> None:
    login = logins.begin()
    said = logins.complete(login, person="m.devries", password="Welkom-123", pin="123456")
    assert said.status == 200
    for told in (str(said.body["steps"]), str(bench.exchanges.get(login).events)):
        assert "Welkom-123" not in told
        assert "123456" not in told
