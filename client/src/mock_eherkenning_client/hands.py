"""What is done to a real browser, by Playwright or by Selenium.

Neither is imported: what has ``locator`` is a page of Playwright (its synchronous API), what has ``find_elements`` a
driver of Selenium.
"""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlsplit

from mock_eherkenning_client.errors import ClientError


class Hands(Protocol):
    def run(self, script: str) -> Any: ...
    def write(self, testid: str, text: str) -> None: ...
    def click(self, testid: str) -> None: ...
    def pick(self, css: str, value: str) -> None: ...
    def url(self) -> str: ...
    def cookie(self, at: str, name: str, value: str) -> None: ...


class _Playwright:
    def __init__(self, page: Any) -> None:
        self._page = page

    def run(self, script: str) -> Any:
        return self._page.evaluate(script)

    def write(self, testid: str, text: str) -> None:
        self._page.locator(_css(testid)).first.fill(text)

    def click(self, testid: str) -> None:
        self._page.locator(_css(testid)).first.click()

    def pick(self, css: str, value: str) -> None:
        self._page.locator(css).select_option(value)

    def url(self) -> str:
        return str(self._page.url)

    def cookie(self, at: str, name: str, value: str) -> None:
        self._page.context.add_cookies([{"name": name, "value": value, "url": at}])


class _Selenium:
    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def run(self, script: str) -> Any:
        return self._driver.execute_script(f"return {script}")

    def write(self, testid: str, text: str) -> None:
        field = self._one(_css(testid))
        field.clear()
        field.send_keys(text)

    def click(self, testid: str) -> None:
        self._one(_css(testid)).click()

    def pick(self, css: str, value: str) -> None:
        self._one(f'{css} option[value="{value}"]').click()

    def url(self) -> str:
        return str(self._driver.current_url)

    def cookie(self, at: str, name: str, value: str) -> None:
        """A driver sets cookies of the site that it is at only."""
        back = self.url()
        self._driver.get(f"{at}/readyz")
        self._driver.add_cookie({"name": name, "value": value})
        if urlsplit(back).scheme in ("http", "https"):
            self._driver.get(back)

    def _one(self, css: str) -> Any:
        found = self._driver.find_elements("css selector", css)
        if not found:
            raise ClientError(f"there is no {css} on {self.url()}")
        return found[0]


def _css(testid: str) -> str:
    return f'[data-testid="{testid}"]'


def hands_of(page: Any) -> Hands:
    if callable(getattr(page, "locator", None)):
        return _Playwright(page)
    if callable(getattr(page, "find_elements", None)):
        return _Selenium(page)
    raise ClientError(
        f"expected a page of Playwright (sync) or a driver of Selenium, received a {type(page).__name__}"
    )
