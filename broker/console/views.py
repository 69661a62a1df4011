"""The console's blueprint, with the guard before all of its pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.console.guard import ASKS_TOKEN, COOKIE, allowed, is_token
from broker.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    pages = Blueprint(
        "console", __name__, url_prefix="/console", template_folder="templates", static_folder="static"
    )

    @pages.before_request
    def guard() -> ResponseReturnValue | None:
        if request.endpoint == "console.static":
            return None
        token = request.args.get("token", "")
        # Only the right one is kept: a link from elsewhere must not log a tester out.
        if is_token(parts.settings, token):
            response = redirect(request.path, 303)
            response.set_cookie(
                COOKIE, token, httponly=True, samesite="Strict", path="/", secure=parts.settings.https
            )
            return response
        if not allowed(parts.settings):
            return render_template("console/token.html"), 401, ASKS_TOKEN
        return None

    return pages
