"""Names and addresses that mean something else elsewhere: each trap says how to get out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from broker.serving import whereabouts
from broker.settings import Settings
from broker.trusted.fetch import FetchProblem, fetch
from support.postbox import free_port


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container, as far as the broker can know."""
    monkeypatch.setenv("MOCK_EHERKENNING_IN_CONTAINER", "1")


def test_localhost_inside_a_container_is_the_container_itself(inside: None) -> None:
    with pytest.raises(FetchProblem) as problem:
        fetch(f"http://localhost:{free_port()}/metadata")
    assert 'in this container "localhost" is the container itself' in str(problem.value)
    assert "host.docker.internal" in str(problem.value)


def test_elsewhere_localhost_is_not_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts, "MARKS", ())
    monkeypatch.delenv("MOCK_EHERKENNING_IN_CONTAINER", raising=False)
    with pytest.raises(FetchProblem) as problem:
        fetch(f"http://localhost:{free_port()}/metadata")
    assert "container" not in str(problem.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, 0),
        ({"host": "0.0.0.0", "base_url": "http://127.0.0.1:8080"}, 1),
        (
            {"host": "0.0.0.0", "base_url": "http://127.0.0.1:8080", "backchannel_url": "http://broker:8080"},
            0,
        ),
        ({"host": "0.0.0.0", "base_url": "http://broker.test.example:8080"}, 0),
    ],
)
def test_what_others_cannot_reach_is_told_at_the_start(
    tmp_path: Path, settings: dict[str, Any], told: int
) -> None:
    found = whereabouts.told_at_start(Settings(home=tmp_path, **settings))
    assert len(found) == told, found
    assert all("MOCK_EHERKENNING_BACKCHANNEL_URL" in one for one in found)


def test_another_host_name_is_answered_with_the_option_that_mends_it(bench: Any) -> None:
    client = bench.application.wsgi.test_client()
    said = client.get("/api/v1/state", base_url="http://broker.example:8080").get_json()
    assert said["status"] == 421
    assert "--base-url https://broker.example:8080" in said["detail"]
    page = client.get("/console", base_url="http://broker.example:8080").get_data(as_text=True)
    assert "MOCK_EHERKENNING_BASE_URL" in page
