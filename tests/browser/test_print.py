"""What comes on paper: the words, dark on white, and nothing that one can only click or fill in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from support.demo import RunningDemo
from support.running import RunningBroker

pytestmark = pytest.mark.browser

SHOWN = "elements => elements.filter(element => element.checkVisibility()).map(element => element.outerHTML)"
DARKNESS = """element => getComputedStyle(element).color.match(/\\d+/g).slice(0, 3)
  .reduce((sum, part) => sum + Number(part), 0)"""
OFF_PAPER = "nav, button, [role=search], input[type=file], [data-testid=refresh], .test-bar a"


@pytest.fixture
def paper(chromium: Browser) -> Iterator[Page]:
    """A printed page of somebody whose screen is dark; as wide as A4 without its margins."""
    context = chromium.new_context(
        viewport={"width": 703, "height": 1000}, color_scheme="dark", locale="nl-NL"
    )
    page = context.new_page()
    page.emulate_media(media="print")
    yield page
    context.close()


def provider(broker: RunningBroker) -> str:
    (found, *_) = broker_json(broker, "service-providers")["service_providers"]
    return quote(found["entity_id"], safe="")


def broker_json(broker: RunningBroker, path: str) -> Any:
    return json.loads(broker.browser().get(f"/api/v1/{path}").body)


def exchange(broker: RunningBroker) -> str:
    broker.browser().get("/sso/1.13?SAMLRequest=abc")
    return str(broker_json(broker, "exchanges?limit=1")["exchanges"][0]["id"])


PAGES = {
    "exchange": lambda broker: f"/console/exchanges/{exchange(broker)}",
    "exchanges": lambda broker: f"/console?sp=&person=&x={exchange(broker)}",
    "users": lambda broker: "/console/users",
    "connect": lambda broker: f"/console/connect?sp={provider(broker)}",
    "report": lambda broker: f"/console/service-providers/{provider(broker)}/report",
    "inbox": lambda broker: "/console/inbox",
    "clock": lambda broker: "/console/clock",
    "rule": lambda broker: "/rules/AR-02",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_dark_on_white_as_wide_as_the_paper_without_what_one_clicks(
    paper: Page, broker: RunningBroker, demo: RunningDemo, name: str
) -> None:
    paper.goto(broker.base_url + PAGES[name](broker))
    assert paper.locator(OFF_PAPER).evaluate_all(SHOWN) == []
    assert paper.locator("h1").is_visible()
    assert paper.locator("body").evaluate(DARKNESS) < 3 * 80
    assert paper.evaluate("document.documentElement.scrollWidth") <= 703


def test_the_list_of_people_prints_whole_words(paper: Page, broker: RunningBroker) -> None:
    """Narrow columns break a word only where it would not fit on the paper at all."""
    paper.goto(f"{broker.base_url}/console/users")
    heads = paper.locator("thead th")
    lines = heads.evaluate_all(
        "all => all.map(head => { const range = document.createRange(); range.selectNodeContents(head);"
        " return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size"
        " <= head.textContent.trim().split(/\\s+/).length })"
    )
    assert all(lines), heads.all_inner_texts()
    assert paper.get_by_test_id("password").first.is_visible()


def test_the_demo_prints_dark_on_white_too(paper: Page, demo: RunningDemo) -> None:
    paper.goto(demo.base_url)
    assert paper.locator("footer, .language, .skip, .button").evaluate_all(SHOWN) == []
    assert paper.locator("header .name").evaluate(DARKNESS) < 3 * 80
