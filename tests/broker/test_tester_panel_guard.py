"""The panel for testers shows passwords: whoever may not see the console does not see it either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.browser import Browser
from support.walk import walk


@pytest.fixture
def guarded(start: Callable[..., Any]) -> Any:
    return start(host="0.0.0.0", base_url="http://broker.test:8080", token="the-token")


def first_page(guarded: Any, browser: Browser) -> Any:
    return walk(browser, guarded.ask(browser), until="login")


def test_without_the_token_there_is_no_panel_and_nothing_is_filled_in(guarded: Any) -> None:
    browser = guarded.browser()
    page = first_page(guarded, browser)
    again = browser.get(f"{page.url}?fill=m.devries&people=devries")
    for seen in (page, again):
        assert "testers" not in seen.text
        assert "Welkom-123" not in seen.text


def test_a_browser_that_has_shown_the_token_has_the_panel(guarded: Any) -> None:
    browser = guarded.browser()
    browser.get("/console?token=the-token")
    page = first_page(guarded, browser)
    assert page.by_testid("testers")
    assert "Welkom-123" in browser.get(f"{page.url}?fill=m.devries").text
