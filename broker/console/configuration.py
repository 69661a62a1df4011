"""The console's page of the configuration: what is in force, what is wrong with it, and what was changed over it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.api.state import drop_changes, state_of
from broker.clock import Clock
from broker.parts import Parts

WHERE = "/configuration"
_LONGEST = 200


def add(pages: Blueprint, parts: Parts, clock: Clock) -> None:
    """On the console's own blueprint, so that its guards hold here too, also the one against other sites."""

    @pages.route(WHERE)
    def configuration() -> ResponseReturnValue:
        dropped = request.args.get("dropped", "")
        # It comes by the URL, so it is a text only and never decides anything.
        return _page(parts, clock, dropped=dropped if dropped.isascii() and dropped.isdigit() else "")

    @pages.route(f"{WHERE}/reset", methods=["POST"])
    def configuration_reset() -> ResponseReturnValue:
        # A change without a tag has the empty one; without this field it is all of them.
        tag = request.form.get("tag")
        dropped = len(drop_changes(parts, tag))
        return redirect(f"/console{WHERE}?{urlencode({'dropped': dropped})}", 303)


def _page(parts: Parts, clock: Clock, **context: Any) -> str:
    return render_template(
        "console/configuration.html",
        here="configuration",
        current=parts.current,
        now=parts.now(),
        state=state_of(parts, clock),
        files=parts.configuration.files,
        home=parts.settings.home,
        warned=parts.configuration.warned,
        providers=len(parts.current.catalogue.sps),
        **context,
    )
