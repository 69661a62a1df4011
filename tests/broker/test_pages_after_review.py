"""The broker's pages that say why a login cannot go on: with the code that finds the exchange."""

from __future__ import annotations

from typing import Any

import pytest

from support.answers import call
from support.browser import Browser, Page
from support.walk import login_id_of


def late(bench: Any, browser: Browser, page: Page) -> Page:
    assert call(bench, "PUT", "/api/v1/clock", {"shift_seconds": 3 * 3600}).status == 200
    return browser.get(page.url)


def ended(bench: Any, browser: Browser, page: Page) -> Page:
    browser.submit(page, page.form("cancel"))
    return browser.get(page.url)


def no_word(bench: Any, browser: Browser, page: Page) -> Page:
    return browser.get(f"{page.url}/return")


def not_offered(bench: Any, browser: Browser, page: Page) -> Page:
    return browser.post(page.url, {"supplier": "none"})


@pytest.mark.parametrize("stop", [late, ended, no_word, not_offered])
def test_a_login_that_cannot_go_on_has_a_code_that_finds_the_exchange(bench: Any, stop: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    stopped = stop(bench, browser, page)
    assert stopped.by_testid("problem"), stopped.readable
    assert stopped.said("reference") == login_id_of(page)
    assert "Referentiecode" in stopped.readable
    assert bench.exchanges.get(stopped.said("reference")) is not None


def test_a_login_that_nobody_knows_has_no_code(bench: Any) -> None:
    page = bench.browser().get("/login/none")
    assert page.by_testid("problem")
    assert not page.by_testid("reference")
