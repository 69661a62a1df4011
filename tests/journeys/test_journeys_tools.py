"""The road map's own tools can fail: a page with a fault is found out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from journeys.hands import Keyboard
from journeys.look import faults

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context()
    context.set_default_timeout(3_000)
    yield context.new_page()
    context.close()


def show(page: Any, body: str, style: str = "") -> None:
    page.set_content(
        f'<!doctype html><html lang="nl"><title>Proef</title><style>{style}</style><main><h1>Proef</h1>{body}'
    )


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<input name="username">', "label"),
        ('<p style="color: #aaaaaa; background: #ffffff">bleek</p>', "color-contrast"),
        ("<button></button>", "button-name"),
        ('<button style="width: 9px; height: 9px; padding: 0" aria-label="a"></button>' * 2, "target-size"),
    ],
)
def test_axe_finds_what_is_wrong(page: Any, body: str, rule: str) -> None:
    show(page, body)
    assert any(found.startswith(rule) for found in faults(page)), faults(page)


def test_axe_finds_nothing_on_a_page_that_is_right(page: Any) -> None:
    show(page, '<label>Naam <input name="username"></label><button>Verder</button>')
    assert faults(page) == []


def test_the_keyboard_asks_for_a_focus_that_shows(page: Any) -> None:
    show(page, '<button data-testid="next">Verder</button>', "button:focus { outline: none }")
    with pytest.raises(AssertionError, match="nothing shows that the focus is at next"):
        Keyboard().press(page.get_by_test_id("next"))


def test_the_keyboard_does_not_come_where_nobody_can(page: Any) -> None:
    show(page, '<a href="#x">x</a><div data-testid="next" onclick="go()">Verder</div>')
    with pytest.raises(AssertionError, match="the Tab key never comes to next"):
        Keyboard().press(page.get_by_test_id("next"))


def test_the_keyboard_asks_for_a_focus_in_view(page: Any) -> None:
    show(page, '<button data-testid="next">Verder</button>', "button { position: fixed; left: -9999px }")
    with pytest.raises(AssertionError, match="that cannot be seen"):
        Keyboard().press(page.get_by_test_id("next"))


def test_the_keyboard_picks_radio_buttons_and_options(page: Any) -> None:
    show(
        page,
        '<label><input type="radio" name="r" data-testid="a">a</label>'
        '<label><input type="radio" name="r" data-testid="b">b</label>'
        '<label>s <select data-testid="s"><option>een</option><option>twee woorden</option></select></label>',
    )
    keyboard = Keyboard()
    for name in ("b", "a"):
        keyboard.tick(page.get_by_test_id(name))
        assert page.get_by_test_id(name).is_checked()
    keyboard.pick(page.get_by_test_id("s"), "twee woorden")
    assert page.get_by_test_id("s").evaluate("s => s.selectedIndex") == 1
