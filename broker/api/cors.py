"""Other sites' pages that may call the API: none, unless the broker was started with their origin."""

from __future__ import annotations

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_HEADERS = "authorization, content-type"


def add(app: Flask, origins: tuple[str, ...]) -> None:
    def asks() -> bool:
        return request.path.startswith("/api/") and request.origin in origins

    def preflight() -> ResponseReturnValue | None:
        if (
            request.method != "OPTIONS"
            or not asks()
            or "Access-Control-Request-Method" not in request.headers
        ):
            return None
        answer = Response(status=204)
        answer.headers["Access-Control-Allow-Methods"] = _METHODS
        answer.headers["Access-Control-Allow-Headers"] = _HEADERS
        answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    def headers(answer: Response) -> Response:
        if asks():
            answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            answer.headers["Access-Control-Expose-Headers"] = "Location"
        if request.path.startswith("/api/"):
            answer.headers.add("Vary", "Origin")
        return answer

    if origins:
        app.before_request(preflight)
        app.after_request(headers)
