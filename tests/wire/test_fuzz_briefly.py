"""The doors that strangers knock on, each with its seeds and some hundred changes of them: no surprise, no delay.

The long run is `python -m fuzz.<door>`, by atheris: docs/testing.md.
"""

from __future__ import annotations

import logging
from random import Random

import pytest

from fuzz import running
from fuzz.mutating import mutated

MANY = {"bindings": 1_500, "request": 250, "documents": 60, "soap": 400}


@pytest.mark.parametrize("name", running.DOORS)
def test_nothing_that_comes_in_breaks_or_holds_up_a_door(name: str) -> None:
    knock, seeds, random = running.door(name), running.seeds(name), Random(name)
    for seed in seeds:
        knock(seed)
    for number in range(MANY[name]):
        data = random.choice(seeds)
        for _ in range(random.choice((1, 1, 2, 4))):
            data = mutated(data, random, running.LAYERS[name])
        try:
            knock(data)
        except Exception as error:
            pytest.fail(f"change {number}: {type(error).__name__}: {error}\n{data[:3_000]!r}")


def test_knocking_silences_nobody_else_s_log() -> None:
    running.door("request")(b"x")
    assert logging.getLogger("helpdeskpo").isEnabledFor(logging.ERROR)


def test_a_door_that_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_SECONDS", -1.0)
    with pytest.raises(running.TooSlow):
        running.door("bindings")(b"x")


def test_a_rule_that_breaks_is_found() -> None:
    with pytest.raises(running.Broken, match="AR-01: boom"):
        running.unbroken([("AR-01", "boom")])
