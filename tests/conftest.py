"""The few fixtures that everything shares."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broker.app import Application, create
from broker.settings import Settings
from support.browser import Browser, Page
from support.chromium import CHROMIUM, FLAGS
from support.sp import ServiceProvider, certificates_of
from support.walk import landed, walk


@dataclass
class Bench:
    """A broker in this process with one service provider that it trusts."""

    application: Application
    sp: ServiceProvider
    home: Path

    @property
    def base_url(self) -> str:
        return self.application.parts.settings.base_url

    @property
    def sso(self) -> str:
        return self.application.parts.settings.sso_url

    def browser(self) -> Browser:
        return Browser(self.base_url, self.application.wsgi)

    def ask(
        self,
        browser: Browser | None = None,
        xml: bytes | None = None,
        relay_state: str | None = "rs-1",
        **how: Any,
    ) -> Page:
        """Send a signed request by POST; the page that the person gets."""
        message = xml or self.sp.signed(self.sp.request(self.sso, **how))
        return (browser or self.browser()).post("/sso/1.13", self.sp.form(message, relay_state))

    def login(self, person: str = "m.devries", supplier: str = "reconi", **how: Any) -> Any:
        """A whole login; what the provider gets."""
        browser = self.browser()
        return landed(walk(browser, self.ask(browser, **how), person, supplier))

    def trust(self, sp: ServiceProvider, name: str = "sp") -> None:
        (self.home / "metadata" / f"{name}.xml").write_bytes(sp.metadata)
        self.application.parts.configuration.refresh()

    def rewrite(self, old: str, new: str) -> None:
        """Edit the YAML as a person would, and have it read."""
        file = self.home / "eherkenning.yaml"
        text = file.read_text()
        assert old in text, f"the YAML has no {old!r}"
        file.write_text(text.replace(old, new))
        self.application.parts.configuration.refresh()

    @property
    def exchanges(self) -> Any:
        return self.application.parts.exchanges

    def certificate(self) -> Any:
        """The broker's, from its metadata as a provider gets it."""
        return certificates_of(self.browser().get("/metadata").body)[0]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys are made once for the whole run: they are not what these tests are about."""
    return tmp_path_factory.mktemp("certs")


@pytest.fixture(scope="session")
def sp() -> ServiceProvider:
    return ServiceProvider()


def make_bench(tmp_path: Path, keys: Path, sp: ServiceProvider, **settings: Any) -> Bench:
    home = tmp_path / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "certs").symlink_to(keys)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    application = create(Settings(home=home, **{"store": "memory", "port": 8080, **settings}), watch=False)
    return Bench(application, sp, home)


@pytest.fixture(scope="session")
def bench_maker() -> Callable[..., Bench]:
    """For modules that share one: whoever makes it closes its application."""
    return make_bench


@pytest.fixture
def bench(tmp_path: Path, keys: Path, sp: ServiceProvider) -> Iterator[Bench]:
    made = make_bench(tmp_path, keys, sp)
    yield made
    made.application.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium the tests that need it are left out, and said so; under CI that is a failure."""
    if CHROMIUM or os.environ.get("CI"):
        return
    skip = pytest.mark.skip(reason="Chromium is not installed: apt install chromium")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: to look through them for garbage again and again would be a
    tenth of the work and more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One for each worker; Playwright is only loaded where a test asks for it."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "under CI the browser tests must run: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
