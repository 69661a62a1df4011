"""The bench of these tests: a service provider with an address that cannot be used, and brokers set otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.app import create
from broker.settings import Settings
from support.mistakes import PAOS
from support.sp import ARTIFACT, POST, ServiceProvider


@pytest.fixture(scope="session")
def sp() -> ServiceProvider:
    return ServiceProvider(
        acs={
            1: (ARTIFACT, "http://localhost:9/acs/artifact"),
            2: (POST, "http://localhost:9/acs/post"),
            3: (PAOS, "http://localhost:9/acs/paos"),
        }
    )


@pytest.fixture
def start(bench: Any) -> Iterator[Callable[..., Any]]:
    """Another broker over the same home; it is a bench as well."""
    made = []

    def start(home: Path | None = None, **settings: Any) -> Any:
        application = create(
            Settings(home=home or bench.home, **{"store": "memory", "port": 8080, **settings}), watch=False
        )
        made.append(application)
        return type(bench)(application, bench.sp, home or bench.home)

    yield start
    for application in made:
        application.close()
