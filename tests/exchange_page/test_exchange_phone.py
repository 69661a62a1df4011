"""The page of an exchange on the smallest phone, without scripts: nothing to scroll sideways, no fault for axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from broker.serving.server import Server
from journeys.look import OVERFLOW, faults
from support.answers import resolve
from support.mistakes import unsigned


@pytest.fixture
def address(bench: Any) -> Iterator[str]:
    """Where the bench can be looked at with a real browser."""
    server = Server("127.0.0.1", 0)
    server.serve_beside(bench.application.wsgi)
    yield f"http://127.0.0.1:{server.port}"
    server.close()


@pytest.mark.browser
def test_a_small_phone_without_scripts_shows_all_of_an_exchange(
    bench: Any, address: str, chromium: Any
) -> None:
    resolve(bench, bench.login().fields["SAMLart"])
    good = bench.exchanges.recent(1)[0].id
    bench.ask(xml=unsigned(bench.sp, bench.sso))
    bad = bench.exchanges.recent(1)[0].id
    how = {"viewport": {"width": 320, "height": 640}}
    for exchange, scheme in ((good, "light"), (bad, "dark")):
        # axe is a script itself, and waits for ever where none may run.
        looking = chromium.new_context(color_scheme=scheme, **how)
        page = looking.new_page()
        page.goto(f"{address}/console/exchanges/{exchange}")
        assert page.evaluate(OVERFLOW) == 0, "the page scrolls sideways"
        assert faults(page) == []
        looking.close()
    context = chromium.new_context(java_script_enabled=False, **how)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(f"{address}/console/exchanges/{bad}")
    # By keyboard: from the arrow in the picture to what the log has about it.
    page.locator("svg a").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#event-2")
    page.get_by_test_id("to-line").first.click()
    page.wait_for_url("**#m1-f1")
    assert page.locator("#m1-f1").is_visible()
    context.close()
