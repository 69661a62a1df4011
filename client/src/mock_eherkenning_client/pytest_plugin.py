"""Fixtures for pytest. What is here is loaded in every run of pytest, so it imports nothing: the rest is in
``plugin_parts``, from the first test that uses a broker."""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any

    from mock_eherkenning_client.broker import Broker

_USED = "_mock_eherkenning_brokers"
"""The brokers that a test has used, on its item."""
_PASSED = "_mock_eherkenning_passed"
_INI = (
    ("mock_eherkenning_url", "a running broker that the tests use (default: MOCK_EHERKENNING_URL)"),
    ("mock_eherkenning_ca", "a file with the CA of one that speaks https (default: MOCK_EHERKENNING_CA)"),
    (
        "mock_eherkenning_start",
        "auto, running, command, container or thread (default: MOCK_EHERKENNING_START)",
    ),
    ("mock_eherkenning_command", "the command of the broker (default: MOCK_EHERKENNING_COMMAND)"),
    ("mock_eherkenning_image", "the image of the broker (default: MOCK_EHERKENNING_IMAGE)"),
    ("mock_eherkenning_yaml", "YAML of the broker, from the root folder (default: the broker's own example)"),
    (
        "mock_eherkenning_shared",
        "false: each worker of pytest-xdist starts a broker of its own (default: true)",
    ),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mock-eherkenning", "mock eHerkenning")
    group.addoption("--mock-eherkenning-url", metavar="URL", default="", help="a running broker to use")
    for name, text in _INI:
        parser.addini(name, text, default="")


def pytest_configure(config: pytest.Config) -> None:
    text = "eherkenning(yaml=, clock=, frozen=, options=): a broker with its own YAML or options; a clock of the test"
    config.addinivalue_line("markers", text)


@pytest.fixture(scope="session")
def _mock_eherkenning(request: pytest.FixtureRequest) -> Iterator[Any]:
    from mock_eherkenning_client.plugin_parts import Brokers

    brokers = Brokers(request.config)
    yield brokers
    brokers.close()


@pytest.fixture
def eherkenning_broker(request: pytest.FixtureRequest, _mock_eherkenning: Any) -> Iterator[Broker]:
    """A broker with a tag of this test's own: what the test makes is seen by its logins only, and dropped after it."""
    yield from _mock_eherkenning.of_test(request)


@pytest.fixture(scope="session")
def eherkenning_broker_session(_mock_eherkenning: Any) -> Iterator[Broker]:
    """The broker without a tag, for fixtures of the whole session: what is made there, all tests see."""
    yield from _mock_eherkenning.of_session()


@pytest.fixture
def eherkenning_broker_factory(
    request: pytest.FixtureRequest, _mock_eherkenning: Any
) -> Iterator[Callable[..., Broker]]:
    """Starts one more broker, of this test alone: ``eherkenning_broker_factory(yaml=..., options=[...])``."""
    yield from _mock_eherkenning.factory(request)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    used = item.__dict__.get(_USED)
    if used and report.when == "call":
        item.__dict__[_PASSED] = report.passed
    if used and report.failed and report.when in ("setup", "call"):
        from mock_eherkenning_client.plugin_parts import add_sections

        add_sections(report, used)
