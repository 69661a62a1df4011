"""The part of the pytest plugin that is loaded where a test uses a broker."""

from __future__ import annotations

import contextlib
import re
import secrets
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_eherkenning_client import starting
from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import BrokerReplaced, ClientError, NoBroker, ScenarioUnused
from mock_eherkenning_client.pytest_plugin import _PASSED, _USED
from mock_eherkenning_client.report import told

_NO = ("false", "no", "off", "0")
_ALL = "changes,service-providers,scenarios,logins,clock,sessions,accounts,grants,exchanges"
"""Of a test's tag. A thousand logins are some 30 MB of exchanges, which nobody looks for once their test has passed."""
_MARKS = frozenset({"yaml", "clock", "frozen", "options"})


class Brokers:
    """All that one run, or one worker of it, has started."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._common: dict[tuple[str, tuple[str, ...]], Broker] = {}
        self._failed: set[tuple[str, tuple[str, ...]]] = set()
        self._replaced: set[tuple[str, tuple[str, ...]]] = set()

    def of_test(self, request: pytest.FixtureRequest) -> Iterator[Broker]:
        mark = _mark(request.node)
        yaml = self._yaml(
            mark.get("yaml") or self._ini("yaml"), _folder(request.node) if mark.get("yaml") else None
        )
        whole, broker = self._room(request.node, yaml, tuple(mark.get("options", ())))
        request.node.__dict__.setdefault(_USED, []).append(broker)
        if mark.get("clock"):
            broker.clock.set(str(mark["clock"]), frozen=bool(mark.get("frozen")))
        yield broker
        what = _ALL if whole.is_started and request.node.__dict__.get(_PASSED) else ""
        whole.rooms.remove(broker)
        _leave(broker.all_rooms(), what)

    def of_session(self) -> Iterator[Broker]:
        """The one of tests without a marker, without a tag: what is made there, all of them see."""
        broker = self._get(self._yaml(self._ini("yaml"), None), ())
        yield broker
        _tell_unused(broker)

    def _room(self, node: Any, yaml: str | Path, options: tuple[str, ...]) -> tuple[Broker, Broker]:
        """The broker, and a room in it for this test. One of ours that is there no more is started anew, once."""
        whole = self._get(yaml, options)
        try:
            return whole, whole.tagged(_tag(node.name))
        except NoBroker as gone:
            key = (str(yaml), options)
            if not whole.is_started or key in self._replaced:
                raise
            self._replaced.add(key)
            del self._common[key]
            whole.close()
            whole = self._get(yaml, options)
            text = f"{gone}; it was started for these tests and has ended. From this test on another runs: {whole.url}"
            node.add_report_section("setup", "mock eHerkenning", text)
            warnings.warn(text, BrokerReplaced, 2)
            return whole, whole.tagged(_tag(node.name))

    def factory(self, request: pytest.FixtureRequest) -> Iterator[Callable[..., Broker]]:
        made: list[Broker] = []

        def start(*, yaml: str | Path = "", **how: Any) -> Broker:
            broker = starting.start(
                yaml=self._yaml(yaml or self._ini("yaml"), _folder(request.node)), **self._how(how)
            )
            made.append(broker)
            request.node.__dict__.setdefault(_USED, []).append(broker)
            return broker

        yield start
        with contextlib.ExitStack() as after:
            for broker in made:
                after.callback(broker.close)
                after.callback(_leave_whole, broker)

    def close(self) -> None:
        for broker in self._common.values():
            broker.close()

    def _get(self, yaml: str | Path, options: tuple[str, ...]) -> Broker:
        """One broker for all tests that want the same: their tags keep them apart. What did not start once is not
        tried again: that may take a minute for each test."""
        key = (str(yaml), options)
        if key in self._failed:
            raise NoBroker("no broker, as was told at the first test that wanted it")
        if key not in self._common:
            try:
                self._common[key] = self._start(key, yaml, options)
            except NoBroker:
                self._failed.add(key)
                raise
        return self._common[key]

    def _start(self, key: tuple[str, tuple[str, ...]], yaml: str | Path, options: tuple[str, ...]) -> Broker:
        how = self._how({})
        if not self._is_shared(how):
            return starting.start(yaml=yaml, options=options, **how)
        from mock_eherkenning_client.starting.shared import start

        run = self._config.workerinput["testrunuid"]  # type: ignore[attr-defined]
        return start(run, key, lambda shared: starting.start(yaml=yaml, options=options, **how, **shared))

    def _is_shared(self, how: dict[str, Any]) -> bool:
        from mock_eherkenning_client.starting import shared

        is_worker = hasattr(self._config, "workerinput")
        said = self._ini("shared").lower() or shared.said()
        return is_worker and said not in _NO and shared.possible(how)

    def _how(self, given: dict[str, Any]) -> dict[str, Any]:
        url = self._config.getoption("--mock-eherkenning-url") or self._ini("url")
        said = {
            "way": self._ini("start"),
            "url": url,
            "ca": self._ini("ca"),
            "command": self._ini("command"),
            "image": self._ini("image"),
        }
        return {**{name: value for name, value in said.items() if value}, **given}

    def _ini(self, name: str) -> str:
        return str(self._config.getini(f"mock_eherkenning_{name}") or "")

    def _yaml(self, given: str | Path, folder: Path | None) -> str | Path:
        """A path counts from the folder of the test that names it, or from the root."""
        if not given or (isinstance(given, str) and ("\n" in given or ": " in given)):
            return given
        file = (folder or self._config.rootpath) / given
        if not file.exists():
            raise ClientError(
                f"eherkenning YAML: there is no {file}; give a file, a home folder, or the YAML itself"
            )
        return file


def _folder(node: Any) -> Path:
    """Of the test's file; pytest 6 knows it by another name."""
    return Path(str(getattr(node, "path", None) or node.fspath)).parent


def _mark(node: Any) -> dict[str, Any]:
    """The nearest marker says most."""
    found: dict[str, Any] = {}
    for mark in node.iter_markers("eherkenning"):
        if mark.args:
            raise ClientError(
                f"@pytest.mark.eherkenning({', '.join(map(repr, mark.args))}): give it by name: "
                f"{', '.join(sorted(_MARKS))}"
            )
        found = {**mark.kwargs, **found}
    unknown = set(found) - _MARKS
    if unknown:
        raise ClientError(
            f"@pytest.mark.eherkenning does not know {', '.join(sorted(unknown))}; it knows {', '.join(sorted(_MARKS))}"
        )
    if found.get("frozen") and not found.get("clock"):
        raise ClientError(
            "@pytest.mark.eherkenning(frozen=True) without clock: say at which instant it stands, such as "
            'clock="2031-01-01T09:00:00Z"'
        )
    return found


def _tag(name: str) -> str:
    """A tag that nobody else has, and that a person recognises."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[:60].strip("-")
    return f"{readable}.{secrets.token_hex(8)}"


def _tell_unused(broker: Broker) -> None:
    unused = broker.scenarios.unused()
    if unused:
        names = "; ".join(map(repr, unused))
        warnings.warn(f"armed and never used: {names}: no login came that they are for", ScenarioUnused, 2)


def _leave(rooms: list[Broker], what: str = "") -> None:
    """Tell what was not used in these, and drop what is of a tag."""
    try:
        for room in rooms:
            _tell_unused(room)
    finally:
        for room in rooms:
            if room.tag:
                room.reset(what)


def _leave_whole(broker: Broker) -> None:
    """Of a broker that ran before the tests only the rooms are ours, so what has no tag stays."""
    with contextlib.suppress(NoBroker):  # The test may have stopped it.
        _leave(broker.all_rooms())


def add_sections(report: pytest.TestReport, brokers: list[Broker]) -> None:
    """The last exchange of each broker of the test, and what was armed and not used."""
    for broker in (room for one in brokers for room in one.all_rooms()):
        title = "Mock eHerkenning: last exchange" + (f" (tag {broker.tag})" if broker.tag else "")
        try:
            last = broker.exchanges.last()
            unused = broker.scenarios.unused()
            text = told(last) if last else "No login of this test came to the broker."
            text += "".join(f"\narmed and never used: {one!r}" for one in unused)
        except (ClientError, OSError, ValueError) as error:
            text = f"It cannot be had: {error}"
        report.sections.append((title, text))
