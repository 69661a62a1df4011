"""Whatever is sent to the API, as its description has it or against it, it answers as the description says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from broker import polls
from broker.api.openapi import GROUPS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# To make them up costs far more than to answer them: EXAMPLES=100 for a thorough search.
RUN = settings(
    max_examples=int(os.environ.get("EXAMPLES", "12")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


WITHOUT_PARAMETERS = ("suppliers", "keys")


@pytest.fixture(scope="module")
def description(
    tmp_path_factory: pytest.TempPathFactory, keys: Path, sp: Any, bench_maker: Callable[..., Any]
) -> bytes:
    """As a broker gives it. They all give the same, and to write it takes as long as to answer fifty calls."""
    made = bench_maker(tmp_path_factory.mktemp("described"), keys, sp)
    text: bytes = made.application.wsgi.test_client().get("/api/openapi.json").data
    made.application.close()
    return text


@pytest.mark.usefixtures("own_keys")
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_description_has(
    bench: Any, description: bytes, group: str, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polls, "LONGEST", 0.01)  # nobody logs in here, so a poll would wait to its end
    whole = schemathesis.openapi.from_dict(json.loads(description))
    whole.app, whole.location = bench.application.wsgi, "/api/openapi.json"
    tried = 0
    for found in whole.include(tag=group).get_all_operations():
        operation = found.ok()

        @RUN
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: Any) -> None:
            answer = case.call()
            case.validate_response(answer, checks=CHECKS)

        try:
            answers()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, f"{operation.label}: nothing could be sent"
            continue
        tried += 1
    # Of a call without parameters there is nothing that could be wrong.
    assert tried or (mode is GenerationMode.NEGATIVE and group in WITHOUT_PARAMETERS), (
        f"nothing was tried of {group}"
    )
