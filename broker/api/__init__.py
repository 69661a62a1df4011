"""The HTTP API of what a tester configures, described once (``described.py``) and shown at ``/api``."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from broker.api import (
    astray,
    exchange_messages,
    exchanges,
    explain,
    held_means,
    inbox,
    logins,
    mandate_requests,
    means,
    openapi,
    own_keys,
    page,
    phone,
    ready,
    register,
    scenarios,
    service_providers,
    sessions,
    state,
)
from broker.api import clock as clocks
from broker.api.described import Calls
from broker.api.problems import Answered, problem, response
from broker.clock import Clock
from broker.console.guard import ASKS_TOKEN, allowed, from_elsewhere
from broker.parts import Parts
from suppliers.desk import Desk

_READING = ("GET", "HEAD", "OPTIONS")
_SEND_TOKEN = "Send the token as Authorization: Bearer <token>."


def blueprint(parts: Parts, desk: Desk, clock: Clock) -> Blueprint:
    made = Blueprint("configured", __name__, template_folder="templates")
    settings = parts.settings
    calls = Calls(made)
    register.add(calls, parts)
    means.add(calls, parts)
    held_means.add(calls, parts, desk)
    mandate_requests.add(calls, parts, desk.approvals)
    logins.add(calls, parts, desk)
    scenarios.add(calls, parts)
    exchanges.add(calls, parts)
    exchange_messages.add(calls, parts)
    inbox.add(calls, desk.inbox)
    phone.add(calls, desk)
    sessions.add(calls, parts, desk, clock)
    service_providers.add(calls, parts)
    own_keys.add(calls, parts)
    clocks.add(calls, parts, clock)
    ready.add(calls, parts)
    state.add(calls, parts, desk, clock)
    explain.add(calls, parts, desk)

    @made.before_request
    def guard() -> ResponseReturnValue | None:
        if request.path == ready.PATH:
            return None
        if not allowed(settings):
            if request.path == "/api":
                return render_template("console/token.html"), 401, ASKS_TOKEN
            return response(Answered(401, "Token needed", _SEND_TOKEN).document, ASKS_TOKEN)
        foreign = request.method not in _READING and from_elsewhere(null_is_ours=False)
        if foreign and request.origin not in settings.cors:
            detail = "Changes are accepted from this broker's own pages and tools only."
            return problem(403, "Other site", detail)
        return None

    @cache
    def described() -> str:
        return openapi.text(calls.operations, settings.base_url)

    @made.route("/api/openapi.json")
    def document() -> ResponseReturnValue:
        return Response(described(), content_type="application/json")

    @made.route("/api")
    def shown() -> ResponseReturnValue:
        groups = page.groups(openapi.document(calls.operations, settings.base_url))
        return render_template(
            "api/page.html",
            here="api",
            current=parts.current,
            now=parts.now(),
            groups=groups,
            base=settings.base_url,
        )

    return made


__all__ = ["astray", "blueprint", "problem"]
