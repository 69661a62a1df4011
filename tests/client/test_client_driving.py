"""The pages in a real browser, by Playwright. By Selenium: ``test_client_selenium``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from mock_eherkenning_client import Broker, ClientError

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_a_browser_is_driven_to_the_provider(broker: Broker, page: Any, site: str) -> None:
    broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
    broker.tag_browser(page)
    page.goto(f"{site}/login")
    with pytest.raises(ClientError, match="page mandate asks which"):
        broker.drive(page, "m.devries")
    landed = broker.drive(page, "m.devries", company="vuurtoren")
    page.wait_for_url(f"{site}/home")
    assert landed.startswith(site)
    assert page.inner_text("h1") == "Success 90000020"
    assert broker.exchanges.wait_for(person="m.devries").outcome == "success"


@pytest.mark.parametrize("at", ["choice", "login", "pin"])
def test_a_person_cancels_at_a_page(broker: Broker, page: Any, site: str, at: str) -> None:
    broker.tag_browser(page)
    page.goto(f"{site}/login")
    broker.drive(page, "m.devries", cancel=at)
    page.wait_for_url(f"{site}/home")
    assert page.inner_text("h1") == "Responder AuthnFailed"


def test_who_is_refused_cancels_on_the_page_that_says_so(broker: Broker, page: Any, site: str) -> None:
    broker.tag_browser(page)
    page.goto(f"{site}/login")
    with broker.scenario("mandate-expired", person="m.devries"):
        broker.drive(page, "m.devries", cancel="nomandate")
    page.wait_for_url(f"{site}/home")
    assert page.inner_text("h1") == "Responder AuthnFailed"


@pytest.mark.parametrize("how", ["until", "cancel"])
def test_a_page_that_never_came_is_told(broker: Broker, page: Any, site: str, how: str) -> None:
    broker.tag_browser(page)
    page.goto(f"{site}/login")
    were = "choice, login, channel, pin"
    with pytest.raises(
        ClientError, match=f"^page branch never came; there were {were}, and the browser is at"
    ):
        broker.drive(page, "m.devries", **{how: "branch"})


def test_a_wrong_password_is_what_the_page_says(broker: Broker, page: Any, site: str) -> None:
    broker.tag_browser(page)
    page.goto(f"{site}/login")
    with pytest.raises(ClientError, match=r"page login says login\.wrong"):
        broker.drive(page, "m.devries", password="no")
