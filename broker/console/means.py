"""The console's page of means: which cannot be used or had wrong passwords, and forms to mend that."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from broker.console import means_held
from broker.console.means_held import MeansProblem
from broker.pages.room import room
from broker.parts import Parts
from suppliers.desk import Desk

MOST = 100
WHERE = "/means"


def add(pages: Blueprint, parts: Parts, desk: Desk) -> None:
    """On the console's own blueprint, so that its guards hold here too, also the one against other sites."""

    @pages.route(WHERE)
    def means() -> ResponseReturnValue:
        done, what = request.args.get("done", ""), request.args.get("what", "")[:200]
        # It comes by the URL, so it is a text only and never decides anything.
        return _page(parts.seen_by(room()), desk, done=done if done in means_held.CHANGES else "", what=what)

    @pages.route(f"{WHERE}/<any('unblock', 'reset'):change>", methods=["POST"])
    def means_change(change: str) -> ResponseReturnValue:
        supplier, username = request.form.get("supplier", ""), request.form.get("username", "")
        card = request.form.get("card") == "true"
        try:
            means_held.change(parts.seen_by(room()), desk, change, supplier, username, card=card)
        except MeansProblem as wrong:
            return _page(parts.seen_by(room()), desk, wrong=wrong.reason), wrong.status
        query = {"done": change, "what": username, **({"q": q} if (q := _having()) else {})}
        return redirect(f"/console{WHERE}?{urlencode(query)}", 303)


def _having() -> str:
    return request.values.get("q", "")[:200]


def _page(parts: Parts, desk: Desk, *, done: str = "", what: str = "", wrong: str = "") -> str:
    having = _having()
    rows = means_held.having(parts, desk, text=having, every=bool(having.strip()))
    return render_template(
        "console/means.html",
        here="means",
        current=parts.current,
        now=parts.now(),
        rows=rows[:MOST],
        more=len(rows) - MOST,
        most=MOST,
        having=having,
        done=done,
        what=what,
        wrong=wrong,
    )
