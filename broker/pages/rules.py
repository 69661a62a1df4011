"""A page for each rule, so that a finding can be looked up without a network: the same as in docs/rules."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from broker.rules.explained import explained, flawless
from broker.rules.registries import REGISTRIES, every_rule


def blueprint() -> Blueprint:
    pages = Blueprint("rules", __name__, url_prefix="/rules")

    @pages.route("/")
    def index() -> ResponseReturnValue:
        found = [explained(id_) for id_ in every_rule()]
        groups = [
            (registry.title, [rule for rule in found if rule and rule.kind == registry.title])
            for registry in REGISTRIES
        ]
        return render_template("broker/rules.html", groups=groups, flawless=flawless())

    @pages.route("/<id>")
    def rule(id: str) -> ResponseReturnValue:  # noqa: A002
        found = explained(id)
        if found is None:
            raise NotFound
        return render_template("broker/rule.html", rule=found)

    return pages
