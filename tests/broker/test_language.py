"""Wording in Dutch, English by switch: on every page of the broker, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from broker import login
from broker.pages.language import COOKIE
from support import gettext_files as files
from support.answers import call, response
from support.browser import Browser, Page
from support.mistakes import unsigned
from support.sp import NS
from support.walk import choose, landed, login_id_of, walk

BY_POST = {"AssertionConsumerServiceIndex": "2"}
DUTCH, ENGLISH = files.po("broker", "nl"), files.po("broker", "en")


def test_every_text_is_there_in_both_languages_with_the_same_values_to_fill_in() -> None:
    assert list(DUTCH) == list(ENGLISH), "the two files have the same ids in the same order"
    assert not {k for k in DUTCH if files.placeholders(DUTCH[k]) != files.placeholders(ENGLISH[k])}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert files.mo("broker", language) == files.po("broker", language), "run: make translations"


def test_every_text_that_is_asked_for_is_there() -> None:
    # A login over the API says what a supplier's page says, by the supplier's ids.
    known = {**DUTCH, **files.po("suppliers", "nl")}
    assert not {k: v for k, v in files.asked(files.ROOT / "broker").items() if k not in known}


def test_every_text_is_used() -> None:
    assert files.unused(DUTCH, files.ROOT / "broker", [r"error\.(.+)\.(?:heading|what)"]) == []


def test_no_text_is_taken_for_html_or_for_a_place_to_fill_in() -> None:
    """Flask-Babel marks a text as safe and fills in %(name)s: a bare < or % would break the page."""
    for text in (*DUTCH.values(), *ENGLISH.values()):
        assert not set("<>&") & set(text), text
        assert "%" not in text.replace("%(", ""), text


# The switch.


def logout(bench: Any, browser: Browser) -> Page:
    message = response(bench, landed(walk(browser, bench.ask(browser, **BY_POST))))
    (name_id,) = message.xpath("saml:Assertion/saml:Subject/saml:NameID/text()", namespaces=NS)
    (index,) = message.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    xml = bench.sp.signed(bench.sp.logout_request(f"{bench.base_url}/slo/1.13", name_id, index))
    return browser.post("/slo/1.13", bench.sp.form(xml))


def no_session(bench: Any, browser: Browser) -> Page:
    return browser.post("/slo/1.13", bench.sp.form(b"<a/>"))


def cancelled(bench: Any, browser: Browser) -> Page:
    page = bench.ask(browser)
    browser.submit(page, page.form("cancel"))
    return page


def fault(bench: Any, browser: Browser) -> Page:
    def broken() -> None:
        raise RuntimeError("a fault of our own")

    bench.application.wsgi.add_url_rule("/fault", view_func=broken)
    return browser.get("/fault")


PAGES: dict[str, Callable[[Any, Browser], Page]] = {
    "home": lambda bench, browser: browser.get("/"),
    "choice": lambda bench, browser: bench.ask(browser),
    "choice, nothing chosen": lambda bench, browser: browser.post(bench.ask(browser).url, {}),
    "refusal": lambda bench, browser: bench.ask(browser, unsigned(bench.sp, bench.sso)),
    "refusal by GET": lambda bench, browser: browser.get("/sso/1.13"),
    "refusal of a logout": no_session,
    "logged out": logout,
    "ended": lambda bench, browser: browser.get(cancelled(bench, browser).url),
    "ended, by POST": lambda bench, browser: browser.post(cancelled(bench, browser).url, {"supplier": "kpn"}),
    "not offered": lambda bench, browser: browser.post(bench.ask(browser).url, {"supplier": "none"}),
    "no word": lambda bench, browser: browser.get(f"{bench.ask(browser).url}/return"),
    "unknown login": lambda bench, browser: browser.get("/login/none"),
    "unknown login, by POST": lambda bench, browser: browser.post("/login/none/cancel", {}),
    "unknown page": lambda bench, browser: browser.get("/none"),
    "wrong method": lambda bench, browser: browser.get("/ars/1.13"),
    "fault": fault,
}
EACH_PAGE = pytest.mark.parametrize("open_", PAGES.values(), ids=PAGES)


def switch(browser: Browser, page: Page) -> Page:
    """Follow the link to the other language."""
    (link,) = page.by_testid("language")
    assert link.get("lang") == link.get("hreflang") != page.tree.get("lang")
    assert link.getparent().get("class") == "head", "the same place on every page"
    url = urljoin(page.url, link.get("href"))
    assert urlsplit(url).netloc == urlsplit(browser.base_url).netloc
    return browser.get(url)


@EACH_PAGE
def test_each_page_is_dutch_and_its_switch_leads_to_english_and_back(
    bench: Any, open_: Callable[[Any, Browser], Page]
) -> None:
    browser = bench.browser()
    page = open_(bench, browser)
    assert page.tree.get("lang") == "nl"
    assert page.said("language") == "English"

    english = switch(browser, page)
    assert english.tree.get("lang") == "en"
    assert english.said("language") == "Nederlands"
    whole = english.tree.text_content()
    assert [t for k, t in DUTCH.items() if t != ENGLISH[k] and t in whole and t not in ENGLISH[k]] == []
    assert not [key for key in DUTCH if "." in key and key in whole], "an id instead of its text"

    assert browser.get("/").heading == ENGLISH["home.heading"], "remembered"
    assert switch(browser, english).tree.get("lang") == "nl"


@pytest.mark.parametrize(
    "name", ["home", "choice", "refusal", "refusal of a logout", "ended", "unknown page"]
)
def test_the_switch_stays_on_the_page(bench: Any, name: str) -> None:
    browser = bench.browser()
    page = PAGES[name](bench, browser)
    english = switch(browser, page)
    (key,) = [key for key in DUTCH if DUTCH[key] == page.heading and key.endswith("heading")]
    assert english.heading == ENGLISH[key]


def test_a_refusal_shows_the_same_findings_and_code_in_both_languages(bench: Any) -> None:
    browser = bench.browser()
    page = PAGES["refusal"](bench, browser)
    english = switch(browser, page)
    assert [f.get("data-rule") for f in english.by_testid("finding")] == [
        f.get("data-rule") for f in page.by_testid("finding")
    ]
    assert english.said("exchange") == page.said("exchange")
    assert "Expected" in english.said("finding")


@pytest.mark.parametrize("id_", ["none", "the login"])
def test_what_was_not_refused_is_not_shown_as_a_refusal(bench: Any, id_: str) -> None:
    browser = bench.browser()
    known = login_id_of(bench.ask(browser))
    assert browser.get(f"/refused/{known if id_ == 'the login' else id_}").status == 404


def test_the_page_that_takes_the_answer_along_has_no_switch(bench: Any) -> None:
    """Who leaves it loses the answer: it is shown once."""
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST))
    assert page.by_testid("answer")
    assert not page.by_testid("language")


@pytest.mark.parametrize(
    "path", ["//evil.example", "/%2F%2Fevil.example/x", "/\\evil.example", "/login///evil.example"]
)
def test_no_switch_leads_to_another_site(bench: Any, path: str) -> None:
    page = call(bench, "GET", path)
    for link in page.by_testid("language"):
        url = urljoin(f"{bench.base_url}{path if path[1] != '/' else '/x'}", link.get("href"))
        assert urlsplit(url).netloc == urlsplit(bench.base_url).netloc


# What is remembered.


def cookie(page: Page) -> str:
    found = [value for name, value in page.headers.items() if name == "Set-Cookie" and COOKIE in value]
    assert len(found) == 1
    return found[0]


def test_the_cookie_is_for_the_browser_only_and_for_this_site(bench: Any, start: Callable[..., Any]) -> None:
    said = cookie(bench.browser().get("/?lang=en"))
    assert said.startswith(f"{COOKIE}=en;")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(said.split("; "))
    assert "Secure" not in said, "over http a browser would drop it"
    assert "Secure" in cookie(start(base_url="https://broker.test").browser().get("/?lang=en")).split("; ")


@pytest.mark.parametrize("query", ["", "?lang=", "?lang=de", "?lang=EN", "?lang=en%0d%0aX:y"])
def test_only_the_switch_sets_the_cookie_and_only_to_a_language_that_there_is(bench: Any, query: str) -> None:
    page = bench.browser().get(f"/{query}")
    assert "Set-Cookie" not in page.headers
    assert page.tree.get("lang") == "nl"


def test_the_language_that_a_browser_is_set_to_does_not_count(bench: Any) -> None:
    """Browsers in CI ask for en-US."""
    assert bench.browser().get("/", Accept_Language="en-US,en;q=0.9").tree.get("lang") == "nl"


def test_a_cookie_with_a_language_that_there_is_not_is_passed_over(bench: Any) -> None:
    assert bench.browser().get("/", Cookie=f"{COOKIE}=de").tree.get("lang") == "nl"


def test_a_new_login_is_in_the_language_of_the_browser_from_its_first_page(bench: Any) -> None:
    """The request comes by POST from another site, which carries no Lax cookie; the page after it does."""
    url = bench.ask(bench.browser()).url
    browser = bench.browser()
    browser.get("/?lang=en")
    page = browser.get(url)
    assert page.heading == "Make a choice"
    assert choose(browser, page, "reconi").tree.get("lang") == "en", "the supplier goes on in it"


def test_a_login_keeps_its_language_when_another_window_switches(bench: Any) -> None:
    browser = bench.browser()
    here, there = bench.ask(browser).url, bench.ask(browser).url
    assert browser.get(f"{here}?lang=nl").tree.get("lang") == "nl"
    assert browser.get(f"{there}?lang=en").tree.get("lang") == "en"
    assert browser.get(here).tree.get("lang") == "nl"


def test_a_page_that_says_why_a_login_ended_is_in_the_language_of_that_login(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    page = browser.get(f"{page.url}?lang=en")
    browser.submit(page, page.form("cancel"))
    assert bench.browser().get(page.url.partition("?")[0]).heading == ENGLISH["ended.ended.heading"]


def test_who_switches_at_the_supplier_gets_the_answer_and_the_log_out_in_that_language(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), until="pin")
    browser.get(f"{page.url}?lang=en")
    assert walk(browser, page).heading == ENGLISH["answer.heading"]


def test_a_login_of_an_older_version_has_no_language_yet(bench: Any) -> None:
    parts = bench.application.parts
    browser = bench.browser()
    here = login.open_login(parts, login_id_of(bench.ask(browser)))
    assert (here.language, here.language_known) == ("nl", False)
    assert login.language_of(parts, here.id) is None
    assert login.language_of(parts, "none") is None
