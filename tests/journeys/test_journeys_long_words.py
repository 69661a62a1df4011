"""Names with a word that no line can hold: nothing scrolls sideways on a small phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import broker
from journeys.hands import Mouse
from journeys.look import NARROW, OVERFLOW, PHONE
from journeys.stand import Stand
from journeys.traveller import Traveller
from suppliers.profiles import SHIPPED

pytestmark = pytest.mark.browser
WORD = "Arbeidsongeschiktheidsverzekeringsadministratieraad"
FILE = Path(broker.__file__).parent / "defaults" / "eherkenning.yaml"
NAMES = ("Stichting Openbare Scholen De Regenboog", "Vereniging voor Christelijk Onderwijs De Vuurtoren")


@contextmanager
def narrow(stand: Stand, chromium: Any, home: Path, person: str) -> Iterator[Traveller]:
    home.mkdir(exist_ok=True)
    text = FILE.read_text()
    for name in NAMES:
        assert name in text
        text = text.replace(name, f"Stichting {WORD}")
    text = text.replace("service: Mijn Helpdesk po", "service: mijn-helpdesk-po")
    (home / "eherkenning.yaml").write_text(text.replace("name: Mijn Helpdesk po", f"name: {WORD}"))
    context = chromium.new_context(viewport={"width": NARROW[0], "height": NARROW[1]}, locale="nl-NL")
    context.set_default_timeout(10_000)
    try:
        with stand.opened(home):
            yield Traveller(context, Mouse(), stand, person, None)
    finally:
        context.close()


def fits(t: Traveller, page: str, *, word: bool = True) -> None:
    if page != "choice":
        t.on(page)
    assert not word or WORD in t.browser.inner_text("body"), f"the long word is not on page {page}"
    for width, height in (PHONE, NARROW):
        t.browser.set_viewport_size({"width": width, "height": height})
        over = t.browser.evaluate(OVERFLOW)
        assert over <= 0, f"page {page} scrolls sideways at {width} px, by {over} px"
    # Words of ours do not break for it.
    for button in t.browser.locator(".ways-out .button, .ways-out button").all():
        assert button.bounding_box()["height"] < 60, f"{button.inner_text()!r} is broken on page {page}"


def test_the_choice_between_organisations_with_long_names(
    chromium: Any, stand: Stand, tmp_path: Path
) -> None:
    with narrow(stand, chromium, tmp_path / "home", "t.mulder") as t:
        t.ask()
        fits(t, "choice")
        t.choose("reconi")
        fits(t, "login")
        t.log_in()
        t.by("sms")
        fits(t, "pin")
        t.code()
        fits(t, "mandate")


def test_a_request_for_an_organisation_with_a_long_name(chromium: Any, stand: Stand, tmp_path: Path) -> None:
    with narrow(stand, chromium, tmp_path / "home", "v.bosman") as t:
        t.arrive_at("reconi")
        t.log_in()
        t.by("sms")
        t.code()
        fits(t, "nomandate")
        t.press("request-mandate")
        fits(t, "request")
        t.tick("company-regenboog")
        t.write("number", "90000055")
        t.press("ask")
        t.on("request", "request.company.two")
        assert t.browser.evaluate(OVERFLOW) <= 0
        t.write("number", "")
        t.press("ask")
        fits(t, "requested")
        manager = t.tab()
        manager.open(t.stand.link_sent_to("m.beheer@voorbeeld.example"))
        fits(manager, "approve")
        manager.press("refuse")
        fits(manager, "decided")
        t.press("continue")
        fits(t, "requested")


@pytest.mark.parametrize("header", ["bar", "band", "centred", "line"])
def test_a_supplier_of_ones_own_with_a_long_name(
    chromium: Any, stand: Stand, tmp_path: Path, header: str
) -> None:
    profile = (SHIPPED / "reconi.yaml").read_text()
    for old, new in (
        ("name: Reconi", f"name: {WORD}"),
        ("header: line", f"header: {header}"),
        ("3999900410000", "3999900990000"),
    ):
        assert old in profile
        profile = profile.replace(old, new)
    profile = profile.replace("entities:9041", "entities:9991").replace("entities:9042", "entities:9992")
    profiles = tmp_path / "home" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "lang.yaml").write_text(profile)
    with narrow(stand, chromium, tmp_path / "home", "m.devries") as t:
        t.ask()
        fits(t, "choice", word=False)
        t.open("/supplier/lang/mandates")
        fits(t, "login")
