"""The console's page of clocks: the broker's and those of service providers, or that of one room; set, moved and
stopped by forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.api.clock import whole
from broker.clock import Clock
from broker.pages.room import asked_room, with_room
from broker.parts import Parts
from broker.wire import instants
from suppliers.rooms import tag_of

WHERE = "/clock"
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
DONE = ("set", "stop", "run", "shift", "reset")
_MOST_NAMED = 200
_LONGEST = 1000


class _Wrong(Exception):
    """``field`` is the one to mend."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def add(pages: Blueprint, parts: Parts, clock: Clock) -> None:
    """On the console's own blueprint, so that its guards hold here too, also the one against other sites."""

    @pages.route(WHERE)
    def clocks() -> ResponseReturnValue:
        done = request.args.get("done", "")
        # It comes by the URL, so it is a text only and never decides anything.
        sp = request.args.get("sp", "")[:_LONGEST]
        tag = asked_room()
        if tag != tag_of(tag):
            return _page(parts, clock, wrong="tag", typed=tag), 422
        return _page(parts, clock, done=done if done in DONE else "", sp=sp, tag=tag)

    @pages.route(f"{WHERE}/<any('set', 'stop', 'run', 'shift', 'reset'):change>", methods=["POST"])
    def clock_change(change: str) -> ResponseReturnValue:
        sp = request.form.get("sp", "").strip()[:_LONGEST]
        own = request.form.get("whose") == "sp"
        tag = tag_of(request.form.get("tag", "")) if request.form.get("whose") == "room" else ""
        try:
            if request.form.get("whose") == "room" and not tag:
                raise _Wrong("tag")
            if own and sp not in parts.current.catalogue.sps and sp not in clock.of_providers():
                raise _Wrong("sp")
            _change(clock, change, sp if own else "", tag)
        except _Wrong as wrong:
            return _page(parts, clock, wrong=wrong.field, form=request.form.to_dict(), tag=tag), 422
        told = {"done": change, **({"sp": sp} if own else {})}
        return redirect(f"/console{WHERE}?{urlencode(with_room(told, tag))}", 303)


def _change(clock: Clock, change: str, sp: str, tag: str) -> None:
    if change == "reset":
        clock.reset(sp, tag=tag)
        return
    at, further = None, None
    if change == "set":
        try:
            at = instants.read(request.form.get("at", ""))
        except ValueError:
            raise _Wrong("at") from None
    if change == "shift":
        try:
            by = float(request.form.get("by", "")) * UNITS[request.form.get("unit", "")]
            further = timedelta(seconds=by)
        except (ValueError, OverflowError, KeyError):
            raise _Wrong("by") from None
    frozen = {"stop": True, "run": False}.get(change)
    if change == "set":
        frozen = "frozen" in request.form
    try:
        clock.change(sp, tag=tag, at=at, further=further, frozen=frozen)
    except ValueError:
        raise _Wrong("by" if further is not None else "at" if at is not None else "sp") from None


def _page(
    parts: Parts,
    clock: Clock,
    *,
    done: str = "",
    sp: str = "",
    wrong: str = "",
    form: dict[str, Any] | None = None,
    tag: str = "",
    typed: str = "",
) -> str:
    """``tag`` is the room that it shows, empty for the broker; ``typed`` what was asked for and is no room."""
    state = whole(parts, clock, tag)
    return render_template(
        "console/clock.html",
        here="clock",
        current=parts.current,
        now=parts.now(),
        whole=state,
        tag=tag,
        typed=typed or tag,
        of_room=any(one["tag"] == tag for one in state["tags"]),
        own=[{**one, "path": quote(one["sp"], safe="")} for one in state["service_providers"]],
        providers=sorted(parts.current.catalogue.sps)[:_MOST_NAMED],
        base_url=parts.settings.base_url,
        done=done,
        sp=sp,
        wrong=wrong,
        form=form or {},
    )
