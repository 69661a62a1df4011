"""One pair of broker and demo for a worker, one browser context for a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from journeys.hands import Hands, Keyboard, Mouse
from journeys.look import WIDE, Look
from support.demo_pair import Pair, Someone

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("helpdesk-road"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def demo_pages_seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by the workers of one run, so that each page is looked at once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "demo-pages-seen"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def somebody(chromium: Browser, pair: Pair, demo_pages_seen: Path) -> Iterator[Callable[[Hands], Someone]]:
    """Gives somebody with a browser of their own. No page may have been wrong in what nobody does by hand."""
    look = Look(demo_pages_seen, pair.base_url)
    contexts, complaints = [], []

    def made(hands: Hands) -> Someone:
        context = chromium.new_context(
            viewport={"width": WIDE[0], "height": WIDE[1]},
            locale="nl-NL",
            java_script_enabled=hands.javascript,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Someone(pair, page, hands, look)

    yield made
    for context in contexts:
        context.close()
    # A page that says 4xx on purpose is no complaint of the browser's.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
    assert not look.findings, "\n".join(look.findings)


@pytest.fixture
def typist(somebody: Callable[[Hands], Someone]) -> Someone:
    """Has a keyboard, and no mouse."""
    return somebody(Keyboard())


@pytest.fixture
def plain(somebody: Callable[[Hands], Someone]) -> Someone:
    """Has a mouse, and a browser that runs no scripts."""
    return somebody(Mouse())
