"""The pages in a real browser, by Playwright, and by what Selenium's driver has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from client_sp import flask_app, on_a_port, provider
from mock_eherkenning_client import Broker, ClientError

pytestmark = pytest.mark.browser


class LikeSelenium:
    """As much of a driver as is used, over a page of Playwright."""

    def __init__(self, page: Any) -> None:
        self._page = page

    @property
    def current_url(self) -> str:
        return str(self._page.url)

    def get(self, url: str) -> None:
        self._page.goto(url)

    def add_cookie(self, cookie: dict[str, str]) -> None:
        self._page.context.add_cookies([{**cookie, "url": self._page.url}])

    def execute_script(self, script: str) -> Any:
        return self._page.evaluate(f"() => {{ {script} }}")

    def find_elements(self, by: str, css: str) -> list[Any]:
        assert by == "css selector"
        return [_Element(self._page, one) for one in self._page.query_selector_all(css)]


class _Element:
    def __init__(self, page: Any, element: Any) -> None:
        self._page, self._element = page, element

    def clear(self) -> None:
        self._element.fill("")

    def send_keys(self, text: str) -> None:
        self._element.type(text)

    def click(self) -> None:
        if self._element.evaluate("one => one.tagName") == "OPTION":
            self._element.evaluate("one => { one.selected = true }")
        else:
            self._element.click()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def site(broker: Broker) -> Iterator[str]:
    def make(base: str) -> Any:
        sp = provider(base)
        broker.trust(sp.metadata)
        return flask_app(sp, lambda: broker.sso_urls[0])

    with on_a_port(make) as base:
        yield base


@pytest.mark.parametrize("of", [lambda page: page, LikeSelenium], ids=["playwright", "selenium"])
def test_a_browser_is_driven_to_the_provider(broker: Broker, page: Any, site: str, of: Any) -> None:
    hands = of(page)
    broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
    broker.tag_browser(hands)
    page.goto(f"{site}/login")
    with pytest.raises(ClientError, match="page mandate asks which"):
        broker.drive(hands, "m.devries")
    landed = broker.drive(hands, "m.devries", company="vuurtoren")
    page.wait_for_url(f"{site}/home")
    assert landed.startswith(site)
    assert page.inner_text("h1") == "Success 90000020"
    assert broker.exchanges.wait_for(person="m.devries").outcome == "success"


def test_a_wrong_password_is_what_the_page_says(broker: Broker, page: Any, site: str) -> None:
    broker.tag_browser(page)
    page.goto(f"{site}/login")
    with pytest.raises(ClientError, match=r"page login says login\.wrong"):
        broker.drive(page, "m.devries", password="no")
