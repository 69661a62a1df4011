"""Pages on the narrowest phones, in a real Chromium with the stylesheet as it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from helpdeskpo_world import Person

from journeys.look import OVERFLOW

pytestmark = pytest.mark.browser
LINES = "element => new Set([...element.getClientRects()].map(box => Math.round(box.top))).size"


def drawn(chromium: Any, person: Person, path: str, width: int) -> Any:
    page = chromium.new_page(viewport={"width": width, "height": 700})
    page.set_content(person.get(path).text)
    page.add_style_tag(content=person.get("/static/helpdeskpo.css").text)
    return page


@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_name_on_the_button_stays_on_one_line_and_the_page_does_not_scroll_sideways(
    person: Person, chromium: Any, width: int, language: str
) -> None:
    page = drawn(chromium, person, f"/?lang={language}", width)
    (name,) = page.get_by_test_id("login-eherkenning").locator(".whole").all()
    assert name.inner_text() == "e-Herkenning"
    assert name.evaluate(LINES) == 1
    assert page.evaluate(OVERFLOW) <= 0
    page.close()


@pytest.mark.parametrize("width", [320, 375])
def test_the_table_of_pupils_is_on_the_screen_as_a_whole(person: Person, chromium: Any, width: int) -> None:
    person.log_in()
    page = drawn(chromium, person, "/mijn/gtb", width)
    region = page.locator(".scroll")
    assert page.get_by_test_id("gtb-table").locator("thead th").count() == 4
    assert region.evaluate("region => region.scrollWidth - region.clientWidth") <= 0
    page.close()
