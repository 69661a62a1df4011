"""One exchange in the console: what happened, why, and every message of it, to read and to download."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from broker.console.download import file_of
from broker.console.exchanges import line
from broker.exchange_json import told
from broker.exchange_view.keyring import keyring
from broker.exchange_view.messages import messages
from broker.exchange_view.page import view
from broker.exchange_view.reproduce import Doors
from broker.exchange_view.steps import LANES, WORDS, took
from broker.exchanges import Exchange
from broker.parts import Parts
from broker.settings import VERSIONS


def add(pages: Blueprint, parts: Parts) -> None:
    @pages.route("/exchanges/<id>")
    def exchange(id: str) -> ResponseReturnValue:  # noqa: A002
        found = parts.exchanges.get(id)
        if found is None:
            return _missing(parts, id)
        room = _room(parts, found)
        now = room.now_of(found.asked.get("sp"))
        return render_template(
            "console/exchange.html",
            here="exchange",
            current=parts.current,
            now=parts.now(),
            exchange=found,
            listed=line(found),
            told=told(found, full=False),
            view=view(found, keyring(room, room.current), _doors(parts, id), now),
            lanes=LANES,
            words=WORDS,
            took=took,
        )

    @pages.route("/exchanges/<id>/messages/<int:n>.<any(xml, txt):form>")
    def message(id: str, n: int, form: str) -> ResponseReturnValue:  # noqa: A002
        """``xml`` is the message decoded, ``txt`` is what went over the line."""
        found = parts.exchanges.get(id)
        one = None if found is None else next((m for m in messages(found) if m.n == n), None)
        if one is None or (form == "txt" and one.sent is None):
            return _missing(parts, id)
        return file_of(one, id, sent=form == "txt")


def _missing(parts: Parts, id: str) -> ResponseReturnValue:  # noqa: A002
    page = render_template(
        "console/missing.html", here="missing", current=parts.current, now=parts.now(), id=id
    )
    return page, 404


def _room(parts: Parts, exchange: Exchange) -> Parts:
    """What was in force for this login is what its room sees."""
    return parts.seen_by(str(exchange.last("request").get("tag") or ""))


def _doors(parts: Parts, id: str) -> Doors:  # noqa: A002
    settings = parts.settings
    return Doors(
        sso=tuple(settings.sso_url_of(version) for version in VERSIONS),
        logout=tuple(settings.logout_url_of(version) for version in VERSIONS),
        artifact=settings.artifact_url,
        messages=f"{settings.base_url}/api/v1/exchanges/{id}/messages",
        token=not settings.on_loopback or settings.token is not None,
    )
