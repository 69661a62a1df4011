"""A service provider that sends requests by artifact, with its ArtifactResolutionService as a real server."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from support.artifact_service import ArtifactService
from support.web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.fixture
def ars(bench: Any) -> Iterator[ArtifactService]:
    """The provider of the bench, which now has one; its key is the same as ever."""
    bench.sp = copy.copy(bench.sp)
    with ArtifactService(bench.sp) as service:
        bench.sp.ars = {0: service.url}
        bench.trust(bench.sp)
        yield service
