"""The HTTP API: inbox, readiness. Errors are problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

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


def api(parts: Parts, inbox: Inbox) -> Blueprint:
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
            "warnings": parts.configuration.warned,
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

    return calls


def _limit() -> tuple[int, ResponseReturnValue | None]:
    text = request.args.get("limit", "50")
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST:
        return int(text), None
    return 0, problem(422, "Wrong limit", f"limit is a number from 1 to {MOST}; received {text[:20]!r}.")
