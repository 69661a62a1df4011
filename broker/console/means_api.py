"""The same over the API: ``/api/v1/means``, and a means unblocked or its password put back.

A smartcard is named by its number, with ``?card=true``: a number may also be somebody's user name.
"""

from __future__ import annotations

import re

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from broker.console import means_held
from broker.console.api import MOST, problem
from broker.console.means_held import STATES, MeansProblem
from broker.parts import Parts
from suppliers.desk import Desk

FILTERS = ("supplier", "state", "q")


def add(calls: Blueprint, parts: Parts, desk: Desk) -> None:
    """On the API's own blueprint, so that its guard holds here too."""

    @calls.route("/api/v1/means")
    def means_list() -> ResponseReturnValue:
        given = {name: request.args.get(name, "") for name in FILTERS}
        if given["supplier"] not in ("", *desk.profiles):
            return _wrong("supplier", given["supplier"], sorted(desk.profiles))
        if given["state"] not in ("", *STATES):
            return _wrong("state", given["state"], list(STATES))
        rows = means_held.having(
            parts,
            desk,
            text=given["q"],
            supplier=given["supplier"],
            state=given["state"],
            every=any(given.values()),
        )
        return jsonify(means=rows[:MOST], more=max(0, len(rows) - MOST))

    # A user name may have a slash in it.
    @calls.route(
        "/api/v1/means/<supplier>/<path:username>/<any('unblock', 'reset'):change>", methods=["POST"]
    )
    def means_change(supplier: str, username: str, change: str) -> ResponseReturnValue:
        card = request.args.get("card", "false")
        if card not in ("true", "false"):
            return _wrong("card", card, ["true", "false"])
        name = re.sub("%2f", "/", username, flags=re.IGNORECASE)
        try:
            found = means_held.change(parts, desk, change, supplier, name, card=card == "true")
        except MeansProblem as wrong:
            return problem(wrong.status, wrong.title, wrong.reason)
        return jsonify(found)


def _wrong(name: str, given: str, allowed: list[str]) -> ResponseReturnValue:
    return problem(422, f"Wrong {name}", f"{name} is one of {', '.join(allowed)}; received {given[:40]!r}.")
