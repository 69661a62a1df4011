"""One exchange as the API gives it: the same keys in a list and by itself, in a list without what is long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broker.exchanges import Event, Exchange
from broker.wire.names import HTTP_ARTIFACT
from broker.wire.response import form_value
from suppliers.ask import Level

LONG = frozenset({"xml", "raw", "decrypted"})
"""Left out of the brief form, and ``events``."""
BEGINNINGS = frozenset({"request", "request-fetched", "logout-request", "logout-fetched", "resolve"})
REFUSALS = {
    "means-refused": "standing",
    "level-refused": "level",
    "pin-no-channel": "channel",
    "attributes-missing": "attributes",
    "means-blocked": "blocked",
}
"""What stops a person for another reason than mandates, and what that is called where the event has no code."""


def told(exchange: Exchange, *, full: bool = True) -> dict[str, Any]:
    request = {**exchange.last("request")}
    if request and "raw" not in request and (fetched := exchange.last("request-fetched")):
        request["raw"] = fetched.get("xml")
    if request.get("fields"):
        request["level"] = _level(request["fields"])
    found = {
        "id": exchange.id,
        "started_at": exchange.events[0].at,
        "tag": exchange.tag,
        "sp": exchange.asked.get("sp"),
        "service": dict(exchange.service) or None,
        "supplier": _supplier(exchange),
        "person": exchange.person,
        "outcome": exchange.outcome,
        "request": _shown(request, full) if full or request else {},
        "findings": list(exchange.asked.get("findings", [])),
        "broken_rules": list(exchange.asked.get("broken_rules", [])),
        "choices": _choices(exchange),
        "decision": _decision(exchange),
        "answer": _answer(exchange, full),
        "resolve": [_shown(event, full) for event in _of(exchange, "resolve")],
        "logout": [
            {"kind": event.kind, "at": event.at, **_shown(event.data, full)}
            for event in exchange.events
            if event.kind in ("logout-request", "logout-fetched", "logout-refused", "logged-out")
        ],
        "times": _times(exchange),
        "cut": _cut(exchange),
    }
    if full:
        found["events"] = [
            _event(event) for event in exchange.events if event.kind not in ("request", "answer")
        ]
    return found


def _level(fields: Mapping[str, Any]) -> str | None:
    """As people write it; what the request itself says where it is none of the scheme's."""
    for asked in fields.get("levels") or ():
        try:
            return Level.of(asked).label
        except ValueError:
            return str(asked)
    return None


def _event(event: Event) -> dict[str, Any]:
    return {"at": event.at, "kind": event.kind, **event.data}


def _of(exchange: Exchange, kind: str) -> list[Mapping[str, Any]]:
    return [event.data for event in exchange.events if event.kind == kind]


def _shown(data: Mapping[str, Any], full: bool) -> dict[str, Any]:
    return {key: value for key, value in data.items() if full or key not in LONG}


def _supplier(exchange: Exchange) -> str | None:
    found: str | None = (exchange.last("choice") or exchange.last("supplier-opened")).get("supplier")
    return found


def _choices(exchange: Exchange) -> dict[str, Any]:
    """What was chosen on the way. Of the companies these are the keys."""
    word, consent = exchange.last("word-given"), exchange.last("consent-given")
    chosen = [event for event in exchange.events if event.kind in ("choice", "choice-skipped")]
    # A skipped choice is told just before the choice that it makes.
    skipped = chosen[-2].data.get("why") if len(chosen) > 1 and chosen[-2].kind == "choice-skipped" else None
    return {
        "supplier": _supplier(exchange),
        "how": {"remembered": "remembered", "Scoping": "scoping"}.get(str(skipped), "person")
        if chosen
        else None,
        "remembered": skipped == "remembered",
        "organisation": word.get("company"),
        "branch": word.get("branch"),
        "intermediary": word.get("intermediary"),
        "mandate": exchange.last("mandate-chosen").get("mandate"),
        "consent": dict(consent) or None,
    }


def _decision(exchange: Exchange) -> dict[str, Any] | None:
    """What the supplier made of the person and of each mandate, with the reasons; None before it looked."""
    word, looked = exchange.last("word-given"), exchange.last("mandates-considered")
    stops = [
        {"step": event.kind, "code": str(event.data.get("standing") or code), **event.data}
        for event in exchange.events
        if (code := REFUSALS.get(event.kind))
    ]
    if not (word or looked or stops):
        return None
    return {
        "outcome": word.get("outcome"),
        "person": exchange.person,
        "level": word.get("level"),
        "mandates": list(looked.get("fitting", [])),
        "reasons": [*stops, *looked.get("refused", [])],
        "left_out": looked.get("left_out", 0),
    }


def _answer(exchange: Exchange, full: bool) -> dict[str, Any] | None:
    found = dict(exchange.last("answer"))
    if not found:
        return None
    if full and found.get("binding") != HTTP_ARTIFACT:
        found["raw"] = form_value(str(found["xml"]).encode())
    elif full:
        sent = [
            data["raw"]
            for data in _of(exchange, "resolve")
            if data.get("raw") and data["outcome"] == "resolved"
        ]
        found["raw"] = sent[-1] if sent else None
    return _shown(found, full)


def _times(exchange: Exchange) -> dict[str, Any]:
    """Real milliseconds since the first event, which no clock moves; a login ends with its answer or refusal."""
    first = exchange.events[0].ms
    ends = [event for event in exchange.events if event.kind in ("answer", "refused")]
    return {
        "started_at": exchange.events[0].at,
        "ended_at": ends[-1].at if ends else None,
        "duration_ms": ends[-1].ms - first if ends else None,
        "steps": [
            {"kind": event.kind, "at": event.at, "after_ms": event.ms - first} for event in exchange.events
        ],
    }


def _cut(exchange: Exchange) -> list[str]:
    """What is not here any more."""
    first = exchange.events[0]
    found = []
    if first.kind not in BEGINNINGS and not first.data.get("alone") and not exchange.asked:
        found.append(f"what was before {first.kind}: the log made room")
    for event in exchange.events:
        for name, length in (event.cut or {}).items():
            kept = len(str(event.data[name]))
            found.append(f"{event.kind}.{name}: the first {kept} of {length} characters are here")
    return found
