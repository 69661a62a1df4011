"""A service provider's test suite, as bench.fixture runs it; figures go to the file in BENCH_OUT, as lines of JSON."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from client_sp import flask_app, provider
from flask import Flask
from mock_eherkenning_client import Broker

from bench.process import cpu_ms, memory
from support.sp import ServiceProvider

LOGINS, EVERY = int(os.environ["BENCH_LOGINS"]), int(os.environ["BENCH_EVERY"])
OUT = Path(os.environ["BENCH_OUT"])
done = count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(LOGINS))


@pytest.fixture(autouse=True)
def measured() -> Iterator[None]:
    """Around everything else of a test: it looks when the test and what it made are gone."""
    yield
    logins = next(done)
    if logins == 1 or logins % EVERY == 0:
        pid = broker_pid()
        used = {"broker_ms": cpu_ms(pid), "tests_ms": time.process_time() * 1000}
        with OUT.open("a") as out:
            out.write(json.dumps({"logins": logins, **memory(pid).as_json(), **used}) + "\n")


def broker_pid() -> int:
    """The one child of this process."""
    me = os.getpid()
    (found,) = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    return int(found)


@pytest.fixture(scope="session")
def sp() -> ServiceProvider:
    return provider()


@pytest.fixture
def app(eherkenning_broker: Broker, sp: ServiceProvider) -> Flask:
    eherkenning_broker.trust(sp.metadata)
    return flask_app(sp, lambda: eherkenning_broker.sso_urls[0])
