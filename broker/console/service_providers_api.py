"""The same over the API: ``/api/v1/service-providers`` and ``/api/v1/service-catalogues``.

A document may come as the body itself, or as JSON with ``xml`` or ``url``. Its root says whether it is metadata
or a catalogue, so POST takes either at both addresses.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from broker import trust
from broker.console import trusted
from broker.console.api import problem
from broker.parts import Parts
from broker.trust import Held, Kind, Origin, TrustProblem
from broker.wire.xml import MOST_BYTES

EXPECTED = (
    'Send the XML as the body, or JSON: {"xml": "<md:EntityDescriptor …"} or {"url": "https://…/metadata"}.'
)
SHELVES = "<any('service-providers', 'service-catalogues'):shelf>"
# An entityID may be a URL: its slashes are part of the name.
ITEM = f"/api/v1/{SHELVES}/<path:id_>"


def add(calls: Blueprint, parts: Parts) -> None:
    """On the API's own blueprint, so that its guard holds here too."""

    @calls.route(f"/api/v1/{SHELVES}")
    def trusted_list(shelf: str) -> ResponseReturnValue:
        current, now = parts.current, parts.now()
        if _kind(shelf) is Kind.CATALOGUE:
            return jsonify(service_catalogues=trusted.catalogues(current, now))
        sps = trusted.having(current, request.args.get("q", ""))
        return jsonify(service_providers=[trusted.service_provider(current, sp, now) for sp in sps])

    @calls.route(f"/api/v1/{SHELVES}", methods=["POST"])
    def trusted_post(shelf: str) -> ResponseReturnValue:
        try:
            found = _take_in(parts, only=None, replacing=False)
        except (TrustProblem, RequestEntityTooLarge) as wrong:
            return _refused(wrong)
        response = jsonify(_described(parts, found))
        if len(found) == 1:
            response.headers["Location"] = _path(found[0])
        return response, 201

    @calls.route(ITEM)
    def trusted_get(shelf: str, id_: str) -> ResponseReturnValue:
        id_ = _whole(id_)
        described = _one(parts, _kind(shelf), id_)
        return _missing(shelf, id_) if described is None else jsonify(described)

    @calls.route(ITEM, methods=["PUT"])
    def trusted_put(shelf: str, id_: str) -> ResponseReturnValue:
        kind, id_ = _kind(shelf), _whole(id_)
        new = trust.get(parts.store, kind, id_) is None
        try:
            _take_in(parts, only=(kind, id_), replacing=True)
        except (TrustProblem, RequestEntityTooLarge) as wrong:
            return _refused(wrong)
        return jsonify(_one(parts, kind, id_)), 201 if new else 200

    @calls.route(ITEM, methods=["DELETE"])
    def trusted_delete(shelf: str, id_: str) -> ResponseReturnValue:
        kind, id_ = _kind(shelf), _whole(id_)
        if trust.remove(parts.store, kind, id_):
            parts.configuration.refresh()
            return Response(status=204)
        described = _one(parts, kind, id_)
        if described is None:
            return _missing(shelf, id_)
        return problem(
            409, "It is a file", f"{id_} stands in {described['source']}; take the file away instead."
        )

    @calls.route(f"{ITEM}/refresh", methods=["POST"])
    def trusted_refresh(shelf: str, id_: str) -> ResponseReturnValue:
        kind, id_ = _kind(shelf), _whole(id_)
        if _one(parts, kind, id_) is None:
            return _missing(shelf, id_)
        try:
            found = trust.refetch(parts.store, kind, id_, parts.now())
        except TrustProblem as wrong:
            return _refused(wrong)
        finally:
            parts.configuration.refresh()
        return jsonify(_described(parts, found))


def _kind(shelf: str) -> Kind:
    return Kind(shelf.removesuffix("s"))


def _whole(id_: str) -> str:
    """Some servers, ours among them, leave a slash encoded when they decode the rest of a path."""
    return re.sub("%2f", "/", id_, flags=re.IGNORECASE)


def _take_in(parts: Parts, *, only: tuple[Kind, str] | None, replacing: bool) -> list[Held]:
    """The document of this request. Raises TrustProblem, RequestEntityTooLarge."""
    if not request.is_json:
        data = request.get_data(cache=False)
        if not data.strip():
            raise TrustProblem(f"the body is empty. {EXPECTED}")
        found = trust.add(parts.store, data, Origin.API, parts.now(), only=only, replacing=replacing)
    else:
        body: Any = request.get_json(silent=True)
        given = body if isinstance(body, dict) else {}
        xml, url = given.get("xml"), given.get("url")
        if len(given) != 1 or not (isinstance(xml, str) or isinstance(url, str)):
            raise TrustProblem(f"this JSON is not understood. {EXPECTED}")
        if isinstance(url, str):
            found = trust.add_url(parts.store, url.strip(), parts.now(), only=only, replacing=replacing)
        else:
            data = trust.of_text(str(xml))
            found = trust.add(parts.store, data, Origin.API, parts.now(), only=only, replacing=replacing)
    parts.configuration.refresh()
    return found


def _refused(wrong: TrustProblem | RequestEntityTooLarge) -> ResponseReturnValue:
    if isinstance(wrong, RequestEntityTooLarge):
        return problem(
            413, "Too big", f"the document is more than {MOST_BYTES:,} bytes; that much is not read"
        )
    if isinstance(wrong, trust.Taken):
        return problem(409, "It is there already", wrong.reason)
    status, title = (
        (413, "Too big") if isinstance(wrong, trust.TooBig) else (422, "This document cannot be used")
    )
    return problem(status, title, wrong.reason, line=wrong.line or None)


def _missing(shelf: str, id_: str) -> ResponseReturnValue:
    what = "service provider" if _kind(shelf) is Kind.SP else "service catalogue"
    return problem(404, "Not trusted", f"there is no {what} {id_[:200]} here; GET /api/v1/{shelf} lists them")


def _described(parts: Parts, found: list[Held]) -> dict[str, Any]:
    """What came in, as it is in force now."""
    described = {
        kind: [item for held in found if held.kind is kind and (item := _one(parts, kind, held.id))]
        for kind in Kind
    }
    return {"service_providers": described[Kind.SP], "service_catalogues": described[Kind.CATALOGUE]}


def _one(parts: Parts, kind: Kind, id_: str) -> dict[str, Any] | None:
    current, now = parts.current, parts.now()
    if kind is Kind.CATALOGUE:
        listed = current.catalogues.get(id_)
        return None if listed is None else trusted.catalogue(current, id_, listed, now)
    sp = current.catalogue.sps.get(id_)
    if sp is None:
        return None
    return {**trusted.service_provider(current, sp, now), "xml": sp.xml.decode()}


def _path(held: Held) -> str:
    return f"/api/v1/{held.kind}s/{quote(held.id, safe='')}"
