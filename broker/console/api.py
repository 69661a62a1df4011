"""The HTTP API: inbox, exchanges, clock, readiness. Errors are problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from broker.clock import Clock
from broker.console.guard import allowed, from_elsewhere
from broker.parts import Parts
from broker.wire import instants
from suppliers.inbox import Filter, Inbox, Message

MOST = 500
_LONGEST = 200


def problem(status: int, title: str, detail: str, *, line: int | None = None) -> ResponseReturnValue:
    """A problem document: what was expected, what came, how to mend it, and on which line of it."""
    where = {} if line is None else {"line": line}
    response = jsonify(type="about:blank", title=title, status=status, detail=detail, **where)
    response.content_type = "application/problem+json"
    return response, status


def message_json(message: Message) -> dict[str, Any]:
    return {**asdict(message), "at": instants.write(message.at)}


def api(parts: Parts, inbox: Inbox, clock: Clock) -> Blueprint:
    calls = Blueprint("api", __name__)

    @calls.before_request
    def guard() -> ResponseReturnValue | None:
        if request.endpoint == "api.ready":
            return None
        if not allowed(parts.settings):
            return problem(401, "Token needed", "Send the token as Authorization: Bearer <token>.")
        if request.method not in ("GET", "HEAD", "OPTIONS") and from_elsewhere():
            return problem(
                403, "Other site", "Changes are accepted from this broker's own pages and tools only."
            )
        return None

    @calls.route("/readyz")
    def ready() -> ResponseReturnValue:
        current = parts.current
        state: Mapping[str, Any] = {
            "ready": not current.problems,
            "configuration": current.version,
            "problems": list(current.problems) if allowed(parts.settings) else len(current.problems),
        }
        return jsonify(state), 200 if state["ready"] else 503

    @calls.route("/api/v1/inbox")
    def inbox_list() -> ResponseReturnValue:
        limit, wrong = _limit()
        if wrong:
            return wrong
        after = request.args.get("after", "")
        asked = (request.args.get(name, "").strip()[:_LONGEST] for name in ("to", "supplier", "q"))
        found = inbox.list(limit, after, Filter(*asked))
        return jsonify(messages=[message_json(message) for message in found])

    @calls.route("/api/v1/inbox", methods=["DELETE"])
    def inbox_delete() -> ResponseReturnValue:
        inbox.clear()
        return "", 204

    @calls.route("/api/v1/inbox/<id>")
    def inbox_get(id: str) -> ResponseReturnValue:  # noqa: A002
        message = inbox.get(id)
        if message is None:
            return problem(
                404, "No such message", f"The inbox has no message {id}; it keeps the newest 1000."
            )
        return jsonify(message_json(message))

    @calls.route("/api/v1/exchanges")
    def exchanges_list() -> ResponseReturnValue:
        limit, wrong = _limit()
        if wrong:
            return wrong
        found = parts.exchanges.recent(limit, request.args.get("before"))
        return jsonify(
            exchanges=[exchange.as_json() for exchange in found], dropped=parts.exchanges.dropped()
        )

    @calls.route("/api/v1/exchanges/<id>")
    def exchanges_get(id: str) -> ResponseReturnValue:  # noqa: A002
        exchange = parts.exchanges.get(id)
        if exchange is None:
            return problem(
                404, "No such exchange", f"The log has no exchange {id}; it keeps the newest 1000."
            )
        return jsonify(exchange.as_json())

    @calls.route("/api/v1/clock")
    def clock_get() -> Response:
        return _clock(clock)

    @calls.route("/api/v1/clock", methods=["PUT"])
    def clock_put() -> ResponseReturnValue:
        body = request.get_json(silent=True)
        wanted = 'Send {"at": "2026-02-01T09:00:00Z"} to stop the clock there, or {"shift_seconds": 600} to move it.'
        if not isinstance(body, dict) or len(body) != 1:
            return problem(422, "Which time?", wanted)
        at, shift = body.get("at"), body.get("shift_seconds")
        try:
            if isinstance(at, str):
                clock.set(instants.read(at))
                return _clock(clock)
            if isinstance(shift, int | float) and not isinstance(shift, bool):
                clock.shift(timedelta(seconds=shift))
                return _clock(clock)
        except (ValueError, OverflowError) as error:
            return problem(422, "Which time?", f"{error}. {wanted}")
        return problem(422, "Which time?", wanted)

    @calls.route("/api/v1/clock", methods=["DELETE"])
    def clock_delete() -> Response:
        clock.reset()
        return _clock(clock)

    return calls


def _clock(clock: Clock) -> Response:
    return jsonify(now=instants.write(clock()), **clock.setting())


def _limit() -> tuple[int, ResponseReturnValue | None]:
    text = request.args.get("limit", "50")
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST:
        return int(text), None
    return 0, problem(422, "Wrong limit", f"limit is a number from 1 to {MOST}; received {text[:20]!r}.")
