"""docs/exchanges.md says what is so: its lines work, and it names every key."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from broker.api.clock import ClockChange
from broker.api.exchanges import OUTCOMES, ExchangeAlone

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "exchanges.md").read_text()
LINES = re.findall(r"^curl .*$", DOCS, re.MULTILINE)
CURL = argparse.ArgumentParser(exit_on_error=False)
CURL.add_argument("url")
CURL.add_argument("-X", default="GET")
CURL.add_argument("-H", action="append", default=[])
CURL.add_argument("-d")


def test_every_line_works_in_their_order(bench: Any, api: Any) -> None:
    bench.login()
    frozen = []
    for line in LINES:
        given = CURL.parse_args(shlex.split(line)[1:])
        headers = {name.replace("-", "_"): value for name, value in (one.split(": ", 1) for one in given.H)}
        split = urlsplit(given.url)
        path = f"{split.path}?{split.query}" if split.query else split.path
        answer = api(given.X, path, raw=None if given.d is None else given.d.encode(), **headers)
        assert answer.status == 200, (line, answer.body)
        frozen.append(answer.body.get("frozen"))
    assert True in frozen
    assert frozen[-1] is False


@pytest.mark.parametrize(
    "word",
    [*OUTCOMES, *sorted(set(ExchangeAlone.model_fields) - {"id", "started_at"}), *ClockChange.model_fields],
)
def test_every_word_is_told(word: str) -> None:
    assert f"`{word}`" in DOCS
