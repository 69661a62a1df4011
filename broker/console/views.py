"""The console's guard, and its page of one exchange. It shows what the API gives."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from lxml import etree

from broker.console.guard import COOKIE, allowed, is_token
from broker.exchange_json import told
from broker.parts import Parts
from broker.wire.xml import XmlProblem, parse


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
            return render_template("console/token.html"), 401
        return None

    @pages.route("/exchanges/<id>")
    def exchange(id: str) -> ResponseReturnValue:  # noqa: A002
        found = parts.exchanges.get(id)
        if found is None:
            return _page("missing", parts, id=id), 404
        return _page(
            "exchange",
            parts,
            exchange=found,
            told=told(found, full=False),
            events=[_event(e.kind, e.at, e.data) for e in found.events],
        )

    return pages


def _page(name: str, parts: Parts, **context: Any) -> str:
    return render_template(
        f"console/{name}.html", here=name, current=parts.current, now=parts.now(), **context
    )


def _event(kind: str, at: str, data: Any) -> dict[str, Any]:
    """Split into what has a shape of its own on the page, and the rest as JSON."""
    rest = {key: value for key, value in data.items() if key not in ("xml", "raw", "findings")}
    return {
        "kind": kind,
        "at": at,
        "xml": _pretty(data.get("xml")),
        "raw": data.get("raw") or "",
        "findings": data.get("findings", []),
        "rest": json.dumps(rest, indent=2, ensure_ascii=False) if rest else "",
    }


def _pretty(xml: str | None) -> str:
    """Indented for reading; as it came where it is not XML. Never shown to a signature check again."""
    if not xml:
        return ""
    try:
        root = parse(xml.encode())
    except XmlProblem:
        return xml
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")
