"""The roll-over of the broker's own key."""

from __future__ import annotations

from typing import Any, Literal

from flask.typing import ResponseReturnValue
from pydantic import Field

from broker.api.described import Answer, Calls, Operation, answer
from broker.api.models import Given
from broker.api.problems import Answered
from broker.keys import OutOfOrder, Rollover, Step
from broker.metadata import roll, rollover
from broker.parts import Parts
from broker.wire import instants
from broker.wire.keys import Certificate, KeyProblem

_WHAT = {
    Step.ANNOUNCE: "Make the next key, and announce it in the metadata",
    Step.SWITCH: "Sign with the next key; the previous one stays in the metadata",
    Step.DROP: "Take the previous key out of the metadata",
}


class OwnCertificate(Given):
    sha256: str
    not_after: str
    base64: str = Field(description="DER, as it stands in the metadata")


class OwnKeys(Given):
    current: OwnCertificate | None = Field(description="that signs now")
    next: OwnCertificate | None = Field(description="announced")
    previous: OwnCertificate | None = Field(description="signed before")
    next_step: Literal["announce", "switch", "drop"]


def add(calls: Calls, parts: Parts) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/keys",
            "The broker's own certificates",
            "keys",
            {200: Answer("and the step that comes next", OwnKeys)},
        )
    )
    def get() -> ResponseReturnValue:
        return answer(_state(rollover(parts)))

    for step in Step:
        _stepping(calls, parts, step)


def _stepping(calls: Calls, parts: Parts, step: Step) -> None:
    @calls(
        Operation(
            "POST",
            f"/api/v1/keys/{step}",
            _WHAT[step],
            "keys",
            {200: Answer("as it is now", OwnKeys)},
            problems=(409,),
        )
    )
    def take() -> ResponseReturnValue:
        try:
            return answer(_state(roll(parts, step)))
        except OutOfOrder as wrong:
            raise Answered(409, "Another step comes first", str(wrong)) from None
        except KeyProblem as wrong:
            raise Answered(409, "The key cannot be used", str(wrong)) from None


def _state(state: Rollover) -> dict[str, Any]:
    return {
        "current": _certificate(state.current),
        "next": _certificate(state.next),
        "previous": _certificate(state.previous),
        "next_step": str(state.next_step),
    }


def _certificate(found: Certificate | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {
        "sha256": found.fingerprint,
        "not_after": instants.write(found.x509.not_valid_after_utc),
        "base64": found.base64,
    }
