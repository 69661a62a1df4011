"""A broker in process, and its API as a tester's tool calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broker.app import Application, create
from broker.settings import Settings


@dataclass
class Said:
    """One answer: ``body`` is its JSON, or its text."""

    status: int
    body: Any
    headers: Any

    @property
    def errors(self) -> list[str]:
        return [error["text"] for error in self.body["errors"]]


@dataclass
class Api:
    application: Application

    def __call__(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Said:
        sent = raw if raw is not None else None if body is None else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if sent is not None:
            given.setdefault("Content-Type", "application/json")
        url = path if path.startswith("/") else f"/api/v1/{path}"
        base = self.application.parts.settings.base_url
        answer = self.application.wsgi.test_client().open(
            url, method=method, data=sent, headers=given, base_url=base
        )
        parsed = answer.get_json(silent=True, force=True) if "json" in answer.content_type else answer.text
        return Said(answer.status_code, parsed, answer.headers)

    def get(self, path: str, **headers: str) -> Said:
        return self("GET", path, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Said:
        return self("PUT", path, body, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Said:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any) -> Said:
        return self("PATCH", path, body)

    def delete(self, path: str) -> Said:
        return self("DELETE", path)


@pytest.fixture
def own_keys(keys: Path, bench: Any) -> Path:
    """Of this broker alone: the others in this run share theirs, and a roll-over would change those too."""
    where: Path = bench.home / "certs"
    where.unlink()
    shutil.copytree(keys, where)
    return where


@pytest.fixture
def api(bench: Any) -> Api:
    return Api(bench.application)


@pytest.fixture
def start(tmp_path: Path, keys: Path) -> Iterator[Callable[..., Api]]:
    """Another broker with a home of its own, or ``home``; the API of it."""
    made: list[Application] = []

    def started(home: Path | None = None, **how: Any) -> Api:
        home = home or tmp_path / f"home-{len(made)}"
        (home / "metadata").mkdir(parents=True, exist_ok=True)
        if not (home / "certs").exists():
            (home / "certs").symlink_to(keys)
        made.append(create(Settings(home=home, **{"store": "memory", **how}), watch=False))
        return Api(made[-1])

    yield started
    for application in made:
        application.close()
