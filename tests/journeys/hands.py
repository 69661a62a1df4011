"""Two ways to use a page: by the keyboard alone, and with the mouse where no script runs.

Neither clicks or fills in by script: what a person cannot do here, these cannot either.
"""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page

MOST_TABS = 120
_WHERE = """target => {
  const now = document.activeElement
  if (now === target) return "here"
  if (now.type === "radio" && target.type === "radio" && now.name === target.name && now.form === target.form)
    return now.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING ? "ArrowDown" : "ArrowUp"
  return now.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING ? "Tab" : "Shift+Tab"
}"""
_SEEN = """element => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element)
  return {
    inView: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
      && box.left < innerWidth && style.visibility === "visible" && Number(style.opacity) > 0,
    ring: element.matches(":focus-visible") && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1)
      || style.boxShadow !== "none"),
  }
}"""


class Hands(Protocol):
    """``name`` is for reports, ``javascript`` whether the page's own scripts run."""

    name: str
    javascript: bool

    def press(self, target: Locator) -> None:
        """A button or a link."""

    def write(self, target: Locator, text: str) -> None:
        """In place of what is in the field."""

    def tick(self, target: Locator, *, on: bool = True) -> None:
        """A checkbox, or a radio button."""

    def pick(self, target: Locator, label: str) -> None:
        """One of a select."""


class Keyboard:
    name = "keyboard"
    javascript = True

    def press(self, target: Locator) -> None:
        self._focus(target)
        target.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._focus(target)
        target.page.keyboard.press("ControlOrMeta+a")
        target.page.keyboard.press("Delete")
        target.page.keyboard.type(text)

    def tick(self, target: Locator, *, on: bool = True) -> None:
        self._focus(target)
        if target.is_checked() is not on:
            target.page.keyboard.press("Space")
        assert target.is_checked() is on, f"{_called(target)} cannot be ticked with the keyboard"

    def pick(self, target: Locator, label: str) -> None:
        self._focus(target)
        target.page.keyboard.press("Home")
        for _ in range(target.locator("option").count()):
            if target.evaluate("select => select.selectedOptions[0].label") == label:
                return
            target.page.keyboard.press("ArrowDown")
        assert target.evaluate("select => select.selectedOptions[0].label") == label, (
            f"{label} is not in the list of {_called(target)}"
        )

    def _focus(self, target: Locator) -> None:
        """Go there as a person does, and see where the focus is."""
        page: Page = target.page
        # One element, found once: to look it up again after each key would be most of the work.
        element = target.element_handle()
        for _ in range(MOST_TABS):
            key = element.evaluate(_WHERE)
            if key == "here":
                seen = element.evaluate(_SEEN)
                assert seen["inView"], f"the focus is at {_called(target)}, and that cannot be seen"
                assert seen["ring"], f"nothing shows that the focus is at {_called(target)}"
                return
            page.keyboard.press(key)
        raise AssertionError(f"the Tab key never comes to {_called(target)} on {page.url}")


class Mouse:
    name = "no-javascript"
    javascript = False

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.click()
        target.fill(text)

    def tick(self, target: Locator, *, on: bool = True) -> None:
        target.set_checked(on)

    def pick(self, target: Locator, label: str) -> None:
        target.select_option(label=label)


def _called(target: Locator) -> str:
    return str(target.evaluate("element => element.dataset.testid || element.outerHTML.slice(0, 120)"))
