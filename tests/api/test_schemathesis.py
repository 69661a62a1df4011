"""Whatever is sent to the API, as its description has it or against it, it answers as the description says."""

from __future__ import annotations

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
RUN = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


WITHOUT_PARAMETERS = ("suppliers", "keys")


@pytest.mark.usefixtures("own_keys")
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_description_has(
    bench: Any, group: str, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polls, "LONGEST", 0.01)  # nobody logs in here, so a poll would wait to its end
    whole = schemathesis.openapi.from_wsgi("/api/openapi.json", bench.application.wsgi)
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
