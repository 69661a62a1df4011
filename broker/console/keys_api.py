"""The roll-over of the broker's own key over the API: ``/api/v1/keys``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from broker.console.api import problem
from broker.keys import OutOfOrder, Rollover, Step
from broker.metadata import roll, rollover
from broker.parts import Parts
from broker.wire import instants
from broker.wire.keys import Certificate, KeyProblem


def add(calls: Blueprint, parts: Parts) -> None:
    """On the API's own blueprint, so that its guard holds here too."""

    @calls.route("/api/v1/keys")
    def keys_get() -> ResponseReturnValue:
        return jsonify(_state(rollover(parts)))

    @calls.route("/api/v1/keys/<any('announce', 'switch', 'drop'):step>", methods=["POST"])
    def keys_step(step: str) -> ResponseReturnValue:
        try:
            return jsonify(_state(roll(parts, Step(step))))
        except OutOfOrder as wrong:
            return problem(409, "Another step comes first", str(wrong))
        except KeyProblem as wrong:
            return problem(409, "The key cannot be used", str(wrong))


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
