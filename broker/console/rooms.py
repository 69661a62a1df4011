"""The console's page of rooms: a tester puts this browser in one and out of it, and sees which there are."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from broker.api.state import rooms_of
from broker.clock import Clock
from broker.console.guard import from_elsewhere
from broker.pages.room import COOKIE, room
from broker.parts import Parts
from suppliers.rooms import MOST_TAG, tag_of

WHERE = "/room"
MOST = 100
_CROSS_SITE = ("/sso", "/slo")
_HERE = ("localhost", "127.0.0.1", "::1")


def add(pages: Blueprint, parts: Parts, clock: Clock) -> None:
    """On the console's own blueprint, so that its guard holds here too. Its head says which room it is in."""
    pages.app_context_processor(lambda: {"test_room": room(), "room_clock": room_clock})

    def room_clock() -> datetime | None:
        """What the clock says where this browser is, if it is in a room."""
        return clock.of("", room()) if room() else None

    def page(*, wrong: str = "", typed: str = "", done: str = "") -> str:
        found = rooms_of(parts, clock)
        return render_template(
            "console/room.html",
            here="room",
            current=parts.seen_by(room()).current,
            now=parts.now(),
            rooms=found[:MOST],
            more=max(0, len(found) - MOST),
            most=MOST_TAG,
            typed=typed,
            wrong=wrong,
            done=done,
        )

    @pages.route(WHERE)
    def room_page() -> ResponseReturnValue:
        done = request.args.get("done", "")
        return page(typed=room(), done=done if done in ("in", "out") else "")

    @pages.route(WHERE, methods=["POST"])
    def room_enter() -> ResponseReturnValue:
        if from_elsewhere():
            return render_template("console/elsewhere.html"), 403
        leaving = request.form.get("do") == "leave"
        typed = "" if leaving else request.form.get("tag", "").strip()
        if not leaving and not (typed and tag_of(typed) == typed):
            return page(wrong="none" if not typed else "letters", typed=typed[: 2 * MOST_TAG]), 422
        response = redirect(f"/console{WHERE}?{urlencode({'done': 'in' if typed else 'out'})}", 303)
        _put(response, typed, https=parts.settings.https)
        return response


def _put(response: Response, tag: str, *, https: bool) -> None:
    """A login may begin with a form on another site, and a browser brings a cookie along with that only if it is
    SameSite=None, so Secure, which it takes over https or from this machine. Everywhere else the other one holds."""
    response.set_cookie(COOKIE, tag, max_age=None if tag else 0, path="/", httponly=True, samesite="Lax")
    if https or urlsplit(request.host_url).hostname in _HERE:
        for path in _CROSS_SITE:
            response.set_cookie(
                COOKIE,
                tag,
                max_age=None if tag else 0,
                path=path,
                httponly=True,
                samesite="None",
                secure=True,
            )
