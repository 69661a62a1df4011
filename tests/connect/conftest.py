"""What these tests share: the way of one provider, as the API tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

Told = Callable[..., dict[str, Any]]


@pytest.fixture
def told(bench: Any) -> Told:
    """The progress of a provider over the API; ``steps`` by name."""

    def told(entity_id: str | None = None, tag: str = "") -> dict[str, Any]:
        id_ = quote(entity_id or bench.sp.entity_id, safe="")
        client = bench.application.wsgi.test_client()
        query = f"?tag={tag}" if tag else ""
        got = client.get(f"/api/v1/service-providers/{id_}/progress{query}", base_url=bench.base_url)
        assert got.status_code == 200, got.text
        found = got.get_json()
        return {**found, "steps": {step["step"]: step for step in found["steps"]}}

    return told
