"""One stand for each worker, one browser context and one broker for each road."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.look import Look
from journeys.stand import Stand


@pytest.fixture(scope="session")
def stand(keys: Path) -> Iterator[Stand]:
    made = Stand(keys)
    yield made
    made.close()


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by the workers of one run, so that each page is looked at once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "pages-seen"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def look(seen: Path, stand: Stand) -> Look:
    return Look(seen, stand.base_url)
