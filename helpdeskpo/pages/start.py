"""Screen 1: the start page, the explanation, and how to reach the helpdesk."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from helpdeskpo.pages import visitor
from helpdeskpo.site import Site


def add(app: Flask, site: Site) -> None:
    @app.get("/")
    def start() -> ResponseReturnValue:
        inside = visitor.identity() is not None
        said = next((name for name in ("uitgelogd", "verlopen") if request.args.get(name)), "")
        return render_template("start.html", inside=inside, said="" if inside else said)

    @app.get("/toelichting")
    def explanation() -> ResponseReturnValue:
        return render_template("explanation.html")

    @app.get("/contact")
    def contact() -> ResponseReturnValue:
        return render_template("contact.html")
