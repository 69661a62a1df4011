"""Chromium, a broker and the demo service provider, for the tests that look at pages as people do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from journeys.look import OVERFLOW, faults
from support.demo import RunningDemo
from support.running import RunningBroker

WIDTHS = {"1280": {"width": 1280, "height": 800}, "375": {"width": 375, "height": 812}}


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with RunningBroker(tmp_path_factory.mktemp("browser") / "home") as running:
        yield running


@pytest.fixture(scope="session")
def demo(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with RunningDemo(tmp_path_factory.mktemp("demo"), broker) as running:
        yield running


@pytest.fixture(params=list(WIDTHS))
def context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport=WIDTHS[request.param], locale="nl-NL")
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may be blocked by a policy or fail in a script."""
    complaints: list[str] = []
    made = context.new_page()
    made.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    # A page that says 4xx on purpose is no complaint of the browser's.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


@pytest.fixture
def shoot(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Page, str], None]:
    """Look for faults on a page, and keep a picture: in the folder SCREENSHOTS names, else with pytest's files."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.getbasetemp() / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=str(folder / f"{name}-{width}.png"), full_page=True)
        overflow = page.evaluate(OVERFLOW)
        assert overflow <= 0, f"{name} scrolls sideways at {width} px by {overflow} px"
        assert not (found := faults(page)), f"{name} at {width} px:\n" + "\n".join(found)

    return take
