"""The pages that no road comes by: each is looked at as those of the roads are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys.hands import Keyboard
from journeys.look import WIDE, Look
from journeys.stand import Stand
from journeys.traveller import Traveller

pytestmark = pytest.mark.browser


@pytest.fixture
def tester(chromium: Any, stand: Stand, tmp_path: Path, look: Look) -> Iterator[Traveller]:
    """Somebody who logged in, was refused once, and now looks around."""
    context = chromium.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="nl-NL")
    context.set_default_timeout(10_000)
    with stand.opened(tmp_path / "home"):
        traveller = Traveller(context, Keyboard(), stand, "m.devries", look)
        yield traveller
    context.close()
    assert not look.findings, "\n".join(look.findings)


@pytest.mark.parametrize("path", ["/", "/?lang=en", "/nowhere", "/console/nowhere", "/login/nobody"])
def test_pages_of_the_broker(tester: Traveller, path: str) -> None:
    tester.open(path)


def test_the_choice_without_a_supplier(tester: Traveller) -> None:
    """Only who gets round the browser's own check sees it."""
    tester.ask()
    tester.browser.locator("#choice").evaluate("form => form.noValidate = true")
    tester.press("next")
    tester.has_focus("error-summary")


def test_a_refused_request(tester: Traveller) -> None:
    tester.open("/sso/1.13?SAMLRequest=abc")
    tester.sees("finding", "AR-02")
    tester.press("language")


def test_logged_out(tester: Traveller) -> None:
    tester.arrive_at("reconi")
    tester.all_right()
    tester.landed()
    tester.open(f"{tester.stand.sps.base_url}/logout")
    tester.press("language")


def test_ones_own_mandates_after_all_not(tester: Traveller) -> None:
    tester.open("/supplier/reconi/mandates")
    tester.cancel()
    tester.on("loggedout")
    tester.press("language")


@pytest.mark.parametrize("supplier", ["reconi", "kpn", "digidentity"])
@pytest.mark.parametrize("width", [1280, 375, 320])
def test_the_levels_stand_on_one_line(tester: Traveller, supplier: str, width: int) -> None:
    tester.arrive_at(supplier)
    tester.browser.set_viewport_size({"width": width, "height": 800})
    scale = tester.at("levels")
    line = scale.evaluate("all => parseFloat(getComputedStyle(all).lineHeight)")
    assert scale.evaluate("all => all.getBoundingClientRect().height") < 1.5 * line


def test_the_panel_fills_in_the_address_of_a_forgotten_password(tester: Traveller) -> None:
    tester.arrive_at("reconi")
    tester.press("forgotten")
    tester.toggle("testers")
    tester.press("fill-m.devries")
    assert tester.at("email").input_value() == "m.devries@voorbeeld.example"
    tester.press("next")
    tester.on("forgottensent")


def test_a_login_that_took_too_long(tester: Traveller) -> None:
    tester.ask()
    tester.later(minutes=31)
    tester.reload()
    tester.sees("problem")


def test_the_page_that_brings_the_answer(tester: Traveller, look: Look) -> None:
    """It goes on by itself; held here by a provider that answers with nothing."""
    tester.context.route(f"{tester.stand.sps.base_url}/acs", lambda route: route.fulfill(status=204))
    tester.ask()
    tester.hands.press(tester.at("cancel"))
    tester.at("answer").wait_for()
    look.at(tester.browser)


@pytest.mark.parametrize("page", ["", "/inbox", "/phone", "/means", "/mandates", "/service-providers"])
def test_pages_of_the_console(tester: Traveller, page: str) -> None:
    """Empty, and with something to show."""
    tester.open(f"/console{page}")
    tester.open("/supplier/reconi/mandates")
    for path in ("reconi", "kpn"):
        tester.arrive_at(path)
        if path == "reconi":
            tester.log_in(password="verkeerd")
        else:
            tester.log_in(person="p.bakker")
            tester.by("app")
    tester.open(f"/console{page}")


def test_an_exchange_in_the_console(tester: Traveller) -> None:
    tester.arrive_at("reconi")
    tester.all_right()
    tester.landed()
    tester.open("/console")
    tester.open(f"/console/exchanges/{tester.stand.api('exchanges?limit=1')['exchanges'][0]['id']}")
