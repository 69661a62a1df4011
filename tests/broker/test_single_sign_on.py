"""Staying logged in at a supplier (spec 9): who logs in again within two hours shows no password, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support.answers import company, response
from support.browser import Browser, Page
from support.sp import NS, instant
from support.walk import choose, kind, landed, walk

STAY = {"stay": "yes"}


def log_in(bench: Any, browser: Browser, person: str = "m.devries", **how: Any) -> Page:
    """A first login, with "Ik wil ingelogd blijven" ticked."""
    page = choose(browser, bench.ask(browser, **how), "reconi")
    fields = {"username": person, "password": "Welkom-123"}
    return walk(browser, browser.submit(page, page.form("next"), **fields, **STAY), person)


def again(bench: Any, browser: Browser, *, supplier: str = "reconi", **how: Any) -> Page:
    """The page that a second login comes to; the first one's supplier is remembered."""
    page = bench.ask(browser, IssueInstant=instant(bench.application.clock()), **how)
    return choose(browser, page, supplier) if kind(page) == "choice" else page


def since(bench: Any, page: Page) -> list[str]:
    """When the person authenticated, by the answer."""
    found = response(bench, landed(page)).xpath(
        "saml:Assertion/saml:AuthnStatement/@AuthnInstant", namespaces=NS
    )
    return [str(value) for value in found]


def events(bench: Any, *kinds: str) -> list[tuple[str, Any]]:
    newest = bench.exchanges.recent(1)[0]
    return [(event.kind, event.data) for event in newest.events if event.kind in kinds]


def cookie_of(browser: Browser) -> str:
    found = [cookie for page in browser.seen for cookie in page.headers.getlist("Set-Cookie")]
    (cookie,) = [cookie for cookie in found if cookie.startswith("mock_eherkenning_supplier_reconi=")]
    return cookie


@pytest.fixture
def browser(bench: Any) -> Browser:
    return bench.browser()


def test_a_second_login_asks_no_password_and_no_pin(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    page = again(bench, browser, ForceAuthn=None)
    assert kind(page) == "answer", page.readable
    assert company(bench, landed(page)) == {"KvKnr": "90000012"}
    (used,) = events(bench, "supplier-session-used")
    assert used[1]["person"] == "m.devries"


def test_the_second_login_says_when_the_person_authenticated(bench: Any, browser: Browser) -> None:
    first = since(bench, log_in(bench, browser, ForceAuthn=None))
    bench.application.clock.shift(timedelta(minutes=30))
    assert since(bench, again(bench, browser, ForceAuthn=None)) == first


def test_who_does_not_ask_to_stay_is_asked_again(bench: Any, browser: Browser) -> None:
    walk(browser, bench.ask(browser, ForceAuthn=None))
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"


def test_force_authn_asks_again_and_ends_the_session(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    assert kind(again(bench, browser, ForceAuthn="true")) == "login"
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"


@pytest.mark.parametrize(("minutes", "page"), [(119, "answer"), (121, "login"), (-1, "login")])
def test_the_session_lasts_two_hours_from_the_password(
    bench: Any, browser: Browser, minutes: int, page: str
) -> None:
    log_in(bench, browser, ForceAuthn=None)
    bench.application.clock.shift(timedelta(minutes=minutes))
    assert kind(again(bench, browser, ForceAuthn=None)) == page


def test_using_the_session_does_not_make_it_longer(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    bench.application.clock.shift(timedelta(minutes=100))
    assert kind(again(bench, browser, ForceAuthn=None)) == "answer"
    bench.application.clock.shift(timedelta(minutes=130))
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"


def test_the_mandate_is_checked_again(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, "t.mulder", ForceAuthn=None)
    bench.rewrite("{person: t.mulder,", "{person: t.mulder, status: revoked,")
    assert kind(again(bench, browser, ForceAuthn=None)) == "nomandate"


def test_a_means_that_was_revoked_since_is_of_no_use(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, "m.devries", ForceAuthn=None)
    bench.rewrite("username: m.devries,", "username: m.devries, status: revoked,")
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"
    assert events(bench, "supplier-session-not-used")[0][1]["why"] == "gone"


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("password: Welkom-124", "another password in the file"),
        ("password: Welkom-124, renew: true", "a password to be renewed"),
    ],
)
def test_a_means_that_was_changed_in_the_file_is_asked_again(
    bench: Any, browser: Browser, written: str, what: str
) -> None:
    log_in(bench, browser, "m.devries", ForceAuthn=None)
    bench.rewrite("username: m.devries, password: Welkom-123", f"username: m.devries, {written}")
    assert kind(again(bench, browser, ForceAuthn=None)) == "login", what


def test_a_password_that_was_reset_ends_the_session(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, "m.devries", ForceAuthn=None)
    _, means = bench.application.parts.current.register.login("reconi", "m.devries")
    bench.application.parts.suppliers.accounts.set_password(means, "Iets-Anders-1")
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"
    assert events(bench, "supplier-session-not-used")[0][1]["why"] == "gone"


def test_a_password_that_is_renewed_on_the_way_does_not_end_the_session_that_it_begins(
    bench: Any, browser: Browser
) -> None:
    bench.rewrite("username: m.devries, password", "username: m.devries, renew: true, password")
    page = choose(browser, bench.ask(browser, ForceAuthn=None), "reconi")
    page = browser.submit(page, page.form("next"), username="m.devries", password="Welkom-123", **STAY)
    page = walk(browser, page, until="renew")
    page = browser.submit(
        page, page.form("next"), new_password="Iets-Anders-1", repeat_password="Iets-Anders-1"
    )
    assert kind(page) == "answer"
    assert kind(again(bench, browser, ForceAuthn=None)) == "answer"


def test_who_logs_in_as_another_ends_the_session_of_the_first(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, "t.mulder", ForceAuthn=None)
    page = again(bench, browser, ForceAuthn=None)
    page = browser.get(page.by_testid("back")[0].get("href"))
    page = browser.post(page.url, {"username": "m.devries", "password": "Welkom-123"})
    assert kind(walk(browser, page)) == "answer"
    assert kind(again(bench, browser, ForceAuthn=None)) == "login", "nobody stayed logged in"


def test_a_session_shown_at_another_supplier_does_not_end(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    session = cookie_of(browser).partition(";")[0].partition("=")[2]
    stranger = bench.browser()
    stranger._client.set_cookie(
        "mock_eherkenning_supplier_kpn", session, path="/supplier/kpn/", domain="127.0.0.1"
    )
    assert kind(again(bench, stranger, supplier="kpn", ForceAuthn=None)) == "login"
    assert kind(again(bench, browser, ForceAuthn=None)) == "answer"


def test_a_clock_that_is_set_back_again_finds_the_session_as_it_was(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    bench.application.clock.shift(timedelta(hours=3))
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"
    bench.application.clock.reset()
    assert kind(again(bench, browser, ForceAuthn=None)) == "answer"


def test_the_session_is_of_one_supplier(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    browser._client.delete_cookie("mock_eherkenning_choice", domain="127.0.0.1")
    page = again(bench, browser, supplier="kpn", ForceAuthn=None)
    assert (kind(page), page.said("supplier-name")) == ("login", "KPN")


def test_another_browser_is_not_logged_in(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    assert kind(again(bench, bench.browser(), ForceAuthn=None)) == "login"


def test_a_cookie_that_somebody_made_up_is_of_no_use(bench: Any, browser: Browser) -> None:
    browser._client.set_cookie(
        "mock_eherkenning_supplier_reconi", "made-up", path="/supplier/reconi/", domain="127.0.0.1"
    )
    assert kind(again(bench, browser, ForceAuthn=None)) == "login"


def test_going_back_from_a_choice_leads_to_the_login_page_for_another_person(
    bench: Any, browser: Browser
) -> None:
    log_in(bench, browser, "t.mulder", ForceAuthn=None)
    page = again(bench, browser, ForceAuthn=None)
    assert kind(page) == "mandate"
    page = browser.get(page.by_testid("back")[0].get("href"))
    assert kind(page) == "login"
    page = browser.submit(page, page.form("next"), username="m.devries", password="Welkom-123")
    assert kind(page) == "channel", "another person proves who they are from the start"


def test_the_cookie_is_kept_from_scripts_and_from_other_suppliers(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    cookie = cookie_of(browser)
    for part in ("HttpOnly", "SameSite=Lax", "Path=/supplier/reconi/", "Max-Age=7200"):
        assert part in cookie


def test_the_session_id_is_in_no_event(bench: Any, browser: Browser) -> None:
    log_in(bench, browser, ForceAuthn=None)
    session = cookie_of(browser).partition(";")[0].partition("=")[2]
    assert len(session) > 20
    again(bench, browser, ForceAuthn=None)
    told = [str(event) for exchange in bench.exchanges.recent(9) for event in exchange.events]
    assert told
    assert not [event for event in told if session in event]
