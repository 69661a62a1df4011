"""Each mistake in what a service provider sends yields its finding, no other of severity E or R, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sp_mistakes import addresses, back_channel, envelopes, logouts, messages, signatures
from sp_mistakes.stage import Flawless, Mistake, Stage, stage

REQUESTS = (*messages.MISTAKES, *addresses.MISTAKES, *signatures.MISTAKES, *envelopes.MISTAKES)
HEAVY = ("R", "E")


@pytest.fixture(scope="module")
def on_stage(
    bench_maker: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, keys: Path
) -> Iterator[Stage]:
    bench = bench_maker(tmp_path_factory.mktemp("mistakes"), keys, Flawless())
    yield stage(bench)
    bench.application.close()


def findings(stage: Stage, kind: str) -> list[dict[str, Any]]:
    """Of what was sent last."""
    data = stage.bench.exchanges.recent(1)[0].last(kind)
    assert not data.get("broken_rules"), data["broken_rules"]
    return list(data["findings"])


def holds(mistake: Mistake, found: list[dict[str, Any]]) -> None:
    said = [
        f"{item['rule']} [{item['severity']}] received {item['received']}; {item['mend']}" for item in found
    ]
    assert {item["rule"] for item in found if item["severity"] in HEAVY} <= set(mistake.rules), said
    own = [item for item in found if item["rule"] in mistake.rules]
    assert {item["rule"] for item in own} == set(mistake.rules), said
    assert any(mistake.mend in item["mend"] for item in own), said
    assert any(mistake.received in item["received"] for item in own), said
    for item in own:
        assert item["expected"] != item["received"], said


def test_a_flawless_request_has_no_finding(on_stage: Stage) -> None:
    on_stage.post(on_stage.signed())
    assert findings(on_stage, "request") == []


@pytest.mark.parametrize("mistake", REQUESTS, ids=lambda mistake: mistake.what)
def test_a_mistake_in_a_request(on_stage: Stage, mistake: Mistake) -> None:
    mistake.send(on_stage)
    holds(mistake, findings(on_stage, "request"))


@pytest.mark.parametrize("mistake", back_channel.MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_in_resolving(on_stage: Stage, mistake: Mistake) -> None:
    mistake.send(on_stage)
    holds(mistake, findings(on_stage, "resolve"))


def test_a_flawless_logout_request_has_no_finding(on_stage: Stage) -> None:
    logouts.asking()(on_stage)
    assert findings(on_stage, "logout-request") == []


@pytest.mark.parametrize("mistake", logouts.MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_in_logging_out(on_stage: Stage, mistake: Mistake) -> None:
    mistake.send(on_stage)
    holds(mistake, findings(on_stage, "logout-request"))
