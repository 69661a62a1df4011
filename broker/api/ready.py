"""``/readyz``: whether a login would work. For whoever waits for the broker, so without a token."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from pydantic import Field

from broker.api.described import Answer, Calls, Operation, answer
from broker.api.models import Given
from broker.console.guard import allowed
from broker.parts import Parts
from broker.serving import readiness

PATH = "/readyz"


class Ready(Given):
    ready: bool
    configuration: int = Field(description="one up for every change in force")
    problems: list[str] | int = Field(description="what to mend; without the token only how many")
    warnings: int = Field(description="how many; `/api/v1/state` has them")


def add(calls: Calls, parts: Parts) -> None:
    @calls(
        Operation(
            "GET",
            PATH,
            "Whether a login would work",
            "state",
            {
                200: Answer("it would", Ready),
                503: Answer(
                    "the files have mistakes (the last good one counts), or something else is missing", Ready
                ),
            },
            open=True,
        )
    )
    def ready() -> ResponseReturnValue:
        problems = readiness.problems(parts)
        state = {
            "ready": not problems,
            "configuration": parts.current.version,
            "problems": problems if allowed(parts.settings) else len(problems),
            "warnings": parts.configuration.warned,
        }
        return answer(state, 200 if state["ready"] else 503)
