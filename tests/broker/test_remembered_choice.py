"""Onthoud mijn keuze: the supplier of the last login that went well is where the next one begins (spec 9)."""

from __future__ import annotations

from typing import Any

import pytest

from support.browser import Browser, Page
from support.walk import kind, walk

COOKIE = "mock_eherkenning_choice"


@pytest.fixture
def browser(bench: Any) -> Browser:
    return bench.browser()


def choose(browser: Browser, page: Page, supplier: str, *, remember: bool = True) -> Page:
    data = {"supplier": supplier} | ({"remember": "yes"} if remember else {})
    return browser.post(page.form("supplier").get("action"), data)


def log_in(bench: Any, browser: Browser, *, remember: bool = True) -> None:
    page = choose(browser, bench.ask(browser), "reconi", remember=remember)
    assert kind(walk(browser, page)) == "answer"


def test_remembering_is_ticked_from_the_start(bench: Any, browser: Browser) -> None:
    (box,) = bench.ask(browser).by_testid("remember")
    assert box.get("checked") is not None


def test_after_a_login_the_next_one_begins_at_that_supplier(bench: Any, browser: Browser) -> None:
    log_in(bench, browser)
    page = bench.ask(browser)
    assert (kind(page), page.said("supplier-name")) == ("login", "Reconi")
    told = [e.data for e in bench.exchanges.recent(1)[0].events if e.kind == "choice-skipped"]
    assert told == [{"why": "remembered", "supplier": "reconi"}]


def test_another_supplier_can_be_chosen_all_the_same(bench: Any, browser: Browser) -> None:
    log_in(bench, browser)
    page = bench.ask(browser)
    page = browser.get(page.by_testid("other-supplier")[0].get("href"))
    assert kind(page) == "choice"
    assert page.tree.xpath("//option[@selected]/@value") == ["reconi"]
    page = choose(browser, page, "kpn")
    assert page.said("supplier-name") == "KPN"
    assert not page.by_testid("other-supplier"), "who has just chosen needs no second way to choose"
    assert kind(walk(browser, page, "p.bakker")) == "answer"
    assert bench.ask(browser).said("supplier-name") == "KPN"


def test_who_unticks_is_asked_again_and_what_was_remembered_is_gone(bench: Any, browser: Browser) -> None:
    log_in(bench, browser)
    page = browser.get(bench.ask(browser).by_testid("other-supplier")[0].get("href"))
    assert kind(walk(browser, choose(browser, page, "reconi", remember=False))) == "answer"
    assert kind(bench.ask(browser)) == "choice"


def test_a_login_that_was_cancelled_is_not_remembered(bench: Any, browser: Browser) -> None:
    page = choose(browser, bench.ask(browser), "reconi")
    browser.submit(page, page.form("cancel"))
    assert kind(bench.ask(browser)) == "choice"


def test_a_supplier_that_is_not_offered_here_is_not_gone_to(bench: Any, browser: Browser) -> None:
    browser._client.set_cookie(COOKIE, "we-id", domain="127.0.0.1")
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  high:\n    name: High\n    provider: Me\n    service_id: {bench.sp.services[1][0]}\n"
        "    level: EH4\n",
    )
    page = bench.ask(browser, level="loa4")
    assert kind(page) == "choice", page.readable


@pytest.mark.parametrize("value", ["", "nobody", "../../console", "reconi/../kpn", "<b>"])
def test_a_cookie_that_names_no_supplier_changes_nothing(bench: Any, browser: Browser, value: str) -> None:
    browser._client.set_cookie(COOKIE, value, domain="127.0.0.1")
    assert kind(bench.ask(browser)) == "choice"


def test_the_list_has_the_one_that_the_address_names(bench: Any, browser: Browser) -> None:
    page = bench.ask(browser)
    page = browser.get(f"{page.url}?supplier=kpn")
    assert page.tree.xpath("//option[@selected]/@value") == ["kpn"]
    page = browser.get(f"{page.url.split('?')[0]}?supplier=nobody")
    assert not page.tree.xpath("//option[@selected]")


def test_what_was_unticked_stays_so_when_no_supplier_was_chosen(bench: Any, browser: Browser) -> None:
    page = choose(browser, bench.ask(browser), "", remember=False)
    assert page.status == 422
    assert page.by_testid("remember")[0].get("checked") is None


def test_the_cookie_is_kept_from_scripts(bench: Any, browser: Browser) -> None:
    log_in(bench, browser)
    (cookie,) = [c for p in browser.seen for c in p.headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/", f"{COOKIE}=reconi"):
        assert part in cookie
