"""What these tests share: a web server with scripted answers, the doors by which a document comes in, more brokers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.app import create
from broker.settings import Settings
from support.doors import Doors
from support.web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.fixture
def doors(bench: Any, web: Web) -> Doors:
    return Doors(bench, web)


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
