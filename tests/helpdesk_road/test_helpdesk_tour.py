"""The road of a newcomer, from the start page to Mijn gegevens, with a picture of each stop for the README.

``TOUR`` names the folder of the pictures (``make screenshots``: docs/img); without it they are with pytest's files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.demo import ACCOUNT
from support.demo_pair import Pair
from support.walk import PASSWORD

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 375, "height": 800}, {"width": 1280, "height": 760}
TALLEST = 960


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[[Page, str], None]:
    """The upper part of the page: on a phone, or where the name ends so at a desk."""
    folder = Path(os.environ.get("TOUR") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.set_viewport_size(DESK if name.endswith("-1280") else PHONE)
        page.wait_for_load_state()
        size = page.viewport_size or PHONE
        whole = int(page.evaluate("document.documentElement.scrollHeight"))
        part = {"x": 0, "y": 0, "width": size["width"], "height": min(whole, TALLEST)}
        if size == DESK:
            part["height"] = DESK["height"]
        page.screenshot(path=str(folder / f"{name}.png"), full_page=True, clip=part)
        page.set_viewport_size(PHONE)

    return take


def test_the_tour_of_a_newcomer(chromium: Browser, pair: Pair, shoot: Callable[[Page, str], None]) -> None:
    context = chromium.new_context(viewport=PHONE, locale="nl-NL", timezone_id="Europe/Amsterdam")
    page = context.new_page()
    at = page.get_by_test_id
    page.goto(pair.base_url)
    shoot(page, "1-start")
    at("login-eherkenning").click()
    expect(at("supplier")).to_be_visible()
    at("supplier").select_option("reconi")
    shoot(page, "2-choice")
    at("next").click()
    at("username").fill("m.devries")
    at("password").fill(PASSWORD)
    shoot(page, "3-login")
    at("next").click()
    at("channel-sms").check()
    at("next").click()
    at("pin").fill(pair.api("GET", "inbox")["messages"][0]["code"])
    shoot(page, "4-pin")
    at("next").click()
    page.wait_for_url(f"{pair.base_url}/**")
    if at("page-link").count():  # Another test of this worker may have linked this person already.
        at("email").fill(ACCOUNT["email"])
        at("username").fill(ACCOUNT["user_name"])
        at("password").fill(ACCOUNT["password"])
        shoot(page, "5-link")
        at("next").click()
        expect(at("page-pin")).to_be_visible()
        at("pin").fill(pair.mail(ACCOUNT["email"])["code"])
        shoot(page, "6-confirm")
        inbox = context.new_page()
        inbox.goto(f"{pair.broker.base_url}/console/inbox")
        expect(inbox.get_by_test_id("inbox-code").first).to_be_visible()
        shoot(inbox, "7-inbox-1280")
        inbox.close()
        at("confirm").click()
        expect(at("page-connected")).to_be_visible()
        shoot(page, "8-linked")
        at("to-home").click()
    expect(at("page-home")).to_be_visible()
    expect(at("school-name")).to_have_text("testschooltje")
    shoot(page, "9-home")
    shoot(page, "9-home-1280")
    context.close()
