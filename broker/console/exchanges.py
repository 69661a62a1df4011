"""The console's list of exchanges: newest first, keeps itself up to date, filtered as the API is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from broker.api.exchanges import OUTCOMES
from broker.exchanges import Exchange, Wanted
from broker.pages.room import asked_room, with_room
from broker.parts import Parts

MOST = 50
FILTERS = ("sp", "person", "outcome")
_LONGEST = 1000
_NEWEST = 5  # that are looked at for news, beside the last that ended
_MOST_NAMED = 200


def add(pages: Blueprint, parts: Parts) -> None:
    """On the console's own blueprint, so that its guard holds here too."""

    @pages.route("")
    def exchanges() -> ResponseReturnValue:
        given = {name: request.args.get(name, "").strip()[:_LONGEST] for name in FILTERS}
        given["tag"] = asked_room()
        asked = {name: value for name, value in given.items() if value}
        before = request.args.get("before", "")[:_LONGEST]
        found = parts.exchanges.recent(MOST + 1, before or None, Wanted(**asked))
        query = f"?{urlencode(asked)}" if asked else ""
        link = with_room(asked, given["tag"])
        older = {**link, "before": found[MOST - 1].id} if len(found) > MOST else None
        g.own_script = not before
        return render_template(
            "console/exchanges.html",
            here="exchanges",
            current=parts.current,
            now=parts.now(),
            exchanges=[line(exchange) for exchange in found[:MOST]],
            asked=asked,
            given=given,
            outcomes=OUTCOMES,
            providers=sorted(parts.current.catalogue.sps)[:_MOST_NAMED],
            poll=f"/api/v1/exchanges?limit={_NEWEST}",
            json=f"/api/v1/exchanges{query}",
            again=f"/console?{urlencode(link)}".rstrip("?"),
            older=f"/console?{urlencode(older)}" if older else "",
            before=before,
            dropped=parts.exchanges.dropped(),
        )


def line(exchange: Exchange) -> dict[str, Any]:
    """As the list shows it; ``key`` is another as soon as the line is."""
    asked = exchange.asked
    findings = asked.get("findings", [])
    shown = {
        "id": exchange.id,
        "at": exchange.events[0].at,
        "tag": exchange.tag,
        "sp": asked.get("sp"),
        "supplier": (exchange.last("choice") or exchange.last("supplier-opened")).get("supplier"),
        "person": exchange.person,
        "company": exchange.last("word-given").get("company"),
        "outcome": exchange.outcome,
        "errors": sum(finding["severity"] in ("R", "E") for finding in findings),
        "warnings": sum(finding["severity"] in ("W", "N") for finding in findings),
    }
    return {**shown, "key": " ".join(map(str, shown.values()))}
