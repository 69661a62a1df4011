"""The pages in a real Chrome that Selenium drives: one for the whole module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mock_eherkenning_client import Broker, ClientError
from test_client_starting import gone

from support.chromium import CHROMIUM, FLAGS
from support.running import until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """Without its driver these are left out, and said so; under CI that is a failure."""
    from selenium import webdriver

    program = shutil.which("chromedriver")
    if not program and not os.environ.get("CI"):
        pytest.skip("chromedriver is not installed: apt install chromium-driver")
    assert program, "under CI the browser tests must run: apt install chromium-driver"
    assert CHROMIUM, "under CI the browser tests must run: apt install chromium"
    options = webdriver.ChromeOptions()
    # Debian's command is a script that starts this: a driver in a hurry would kill the script, and not the browser.
    itself = Path("/usr/lib/chromium") / Path(CHROMIUM).name
    options.binary_location = str(itself if itself.exists() else CHROMIUM)
    for flag in ("--headless", *FLAGS):
        options.add_argument(flag)
    with webdriver.Chrome(options, webdriver.ChromeService(program)) as driver:
        pid = driver.capabilities["goog:processID"]
        yield driver
    until(lambda: gone(pid), f"the browser {pid} is gone", 60)


@pytest.fixture
def driver(chrome: Any) -> Iterator[Any]:
    """Without anything of the test before."""
    yield chrome
    chrome.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chrome.get("about:blank")


def heading(driver: Any) -> str:
    return str(driver.find_element("css selector", "h1").text)


def test_a_login_ends_at_the_provider_and_counts_to_the_tag(broker: Broker, driver: Any, site: str) -> None:
    broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
    broker.tag_browser(driver)
    driver.get(f"{site}/login")
    landed = broker.drive(driver, "m.devries", company="vuurtoren")
    assert (landed, heading(driver)) == (f"{site}/home", "Success 90000020")
    exchange = broker.exchanges.wait_for(person="m.devries")
    assert (exchange.outcome, exchange.tag) == ("success", broker.tag)


def test_it_stops_at_the_page_that_is_named_and_goes_on_from_there(
    broker: Broker, driver: Any, site: str
) -> None:
    broker.tag_browser(driver)
    driver.get(f"{site}/login")
    at = broker.drive(driver, "m.devries", until="pin")
    assert at == driver.current_url
    field = driver.find_element("css selector", '[data-testid="pin"]')
    assert field.get_attribute("value") == ""
    assert broker.drive(driver, "m.devries") == f"{site}/home"
    assert heading(driver) == "Success 90000012"


def test_the_tag_does_not_take_the_browser_from_its_page(broker: Broker, driver: Any, site: str) -> None:
    driver.get(f"{site}/public")
    broker.tag_browser(driver)
    assert driver.current_url == f"{site}/public"


def test_cancelling_leads_back_to_the_provider(broker: Broker, driver: Any, site: str) -> None:
    broker.tag_browser(driver)
    driver.get(f"{site}/login")
    assert broker.drive(driver, "m.devries", cancel="pin") == f"{site}/home"
    assert heading(driver) == "Responder AuthnFailed"
    assert broker.exchanges.wait_for(person="m.devries").outcome == "cancelled"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"password": "no"}, r"(?s)^page login says login\.wrong\n.*Gebruikersnaam"),
        ({"pin": "000000"}, r"(?s)^page pin says pin\.wrong\n.*Deze pincode klopt niet"),
        ({"supplier": "nobody"}, '^page choice has no "nobody"; it has .*reconi'),
    ],
)
def test_where_the_road_stops_the_page_is_told(
    broker: Broker, driver: Any, site: str, how: dict[str, str], says: str
) -> None:
    broker.tag_browser(driver)
    driver.get(f"{site}/login")
    with pytest.raises(ClientError, match=says):
        broker.drive(driver, "m.devries", **how)
