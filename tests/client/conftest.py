"""The client beside a real broker, which all tests of one worker share: each has a tag of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mock_eherkenning_client
import pytest
from client_sp import flask_app, on_a_port, provider
from flask import Flask
from mock_eherkenning_client import Broker, start

from support.running import ROOT

COMMAND = (sys.executable, "-m", "broker.cli")
SOURCE = str(Path(mock_eherkenning_client.__file__).resolve().parents[1])


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nobody's cache is touched, and the broker is the one of this checkout."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("MOCK_EHERKENNING_CACHE", str(folder))
        patch.setenv("PYTHONPATH", f"{ROOT}:{SOURCE}")
        for name in ("URL", "CA", "TOKEN", "IMAGE", "COMMAND", "START", "FROM", "SHARED"):
            patch.delenv(f"MOCK_EHERKENNING_{name}", raising=False)
        yield folder


@pytest.fixture(scope="session")
def whole(cache: Path) -> Iterator[Broker]:
    with start(command=COMMAND) as broker:
        yield broker


@pytest.fixture
def broker(whole: Broker) -> Iterator[Broker]:
    made = whole.tagged()
    yield made
    made.reset()


@pytest.fixture
def app(broker: Broker) -> Flask:
    """A service provider that the broker trusts in this test."""
    sp = provider()
    broker.trust(sp.metadata)
    return flask_app(sp, lambda: broker.sso_urls[0])


@pytest.fixture
def site(broker: Broker) -> Iterator[str]:
    """The address of one that a browser can go to."""

    def make(base: str) -> Any:
        sp = provider(base)
        broker.trust(sp.metadata)
        return flask_app(sp, lambda: broker.sso_urls[0])

    with on_a_port(make) as base:
        yield base
