"""Routes whose builders are compiled at their first use, by several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import Rule

from broker.serving.routes import LazyRule

THREADS = 8


def test_addresses_are_right_and_no_two_threads_compile_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    really, gate, meeting = Rule._compile_builder, Barrier(THREADS), Barrier(2)
    alone: list[bool] = []

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        try:
            meeting.wait(0.5)
            alone.append(False)
        except BrokenBarrierError:
            alone.append(True)
        return really(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", compiled)
    app = Flask("test", static_folder=None)
    app.url_rule_class = LazyRule
    for n in range(THREADS):
        app.add_url_rule(f"/{n}/<path:rest>", endpoint=str(n))

    def build(n: int) -> str:
        with app.test_request_context():
            gate.wait()
            return url_for(str(n), rest="a/b")

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(build, range(THREADS))) == [f"/{n}/a/b" for n in range(THREADS)]
    assert alone == [True] * THREADS
