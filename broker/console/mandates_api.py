"""The same over the API: ``/api/v1/mandate-requests`` and ``/api/v1/granted-mandates``."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from broker.console.api import problem
from broker.console.mandates import is_granted, request_json
from broker.parts import Parts
from suppliers.approving import Approvals
from suppliers.grants import MandateRequest
from suppliers.register.model import Mandate

REQUESTS = "/api/v1/mandate-requests"
GRANTED = "/api/v1/granted-mandates"


def add(calls: Blueprint, parts: Parts, approvals: Approvals) -> None:
    """On the API's own blueprint, so that its guard holds here too."""

    @calls.route(REQUESTS)
    def mandate_requests_list() -> ResponseReturnValue:
        found = approvals.grants.requests()
        return jsonify(requests=[request_json(parts, approvals, asked) for asked in found])

    @calls.route(f"{REQUESTS}/<id_>")
    def mandate_requests_get(id_: str) -> ResponseReturnValue:
        found = approvals.grants.find(id_)
        return _missing(id_) if found is None else jsonify(request_json(parts, approvals, found))

    @calls.route(f"{REQUESTS}/<id_>/approve", methods=["POST"])
    def mandate_requests_approve(id_: str) -> ResponseReturnValue:
        found = approvals.grants.find(id_)
        if found is None:
            return _missing(id_)
        body, wrong = _body("until")
        if wrong:
            return wrong
        until, wrong = _until(approvals, found, body)
        if until is None:
            return wrong or _missing(id_)
        return _decided(id_, approvals.approve(found, until, "console"))

    @calls.route(f"{REQUESTS}/<id_>/refuse", methods=["POST"])
    def mandate_requests_refuse(id_: str) -> ResponseReturnValue:
        found = approvals.grants.find(id_)
        if found is None:
            return _missing(id_)
        body, wrong = _body("reason")
        if wrong:
            return wrong
        reason = body.get("reason", "")
        if not isinstance(reason, str):
            return problem(422, "Which reason?", f"reason is a text; received {reason!r}")
        return _decided(id_, approvals.refuse(found, reason, "console"))

    @calls.route(GRANTED)
    def granted_mandates_list() -> ResponseReturnValue:
        return jsonify(mandates=[_granted(asked, mandate) for asked, mandate in approvals.grants.granted()])

    @calls.route(f"{GRANTED}/<id_>", methods=["DELETE"])
    def granted_mandates_delete(id_: str) -> ResponseReturnValue:
        found = approvals.grants.find(id_)
        if found is None or not is_granted(approvals, found):
            detail = f"no mandate {id_[:200]} was granted while running; GET {GRANTED} lists them"
            return problem(404, "Not granted", detail)
        approvals.withdraw(found)
        return Response(status=204)

    def _decided(id_: str, decided: MandateRequest | None) -> ResponseReturnValue:
        if decided:
            return jsonify(request_json(parts, approvals, decided))
        now = approvals.grants.find(id_)
        said = f"it was {now.status}" if now and not now.is_open else "its company is no longer in the YAML"
        return problem(409, "Cannot be decided", f"{id_}: {said}")


def _granted(asked: MandateRequest, mandate: Mandate) -> dict[str, Any]:
    return {
        "id": asked.id,
        "mandate": mandate.id,
        "person": mandate.person,
        "company": mandate.company,
        "service": mandate.service or None,
        "provider": mandate.provider or None,
        "level": mandate.level.label,
        "from": mandate.start.isoformat() if mandate.start else None,
        "until": mandate.until.isoformat() if mandate.until else None,
        "exchange": asked.exchange,
    }


def _body(only: str) -> tuple[dict[str, Any], ResponseReturnValue | None]:
    """The JSON of this call, which may be absent and has one key at most."""
    if not request.get_data():
        return {}, None
    body = request.get_json(silent=True, force=True)
    if isinstance(body, dict) and set(body) <= {only}:
        return body, None
    return {}, problem(422, "This is not understood", f'Send nothing, or JSON: {{"{only}": "…"}}')


def _until(
    approvals: Approvals, asked: MandateRequest, body: dict[str, Any]
) -> tuple[date | None, ResponseReturnValue | None]:
    last, given = approvals.last_day(asked), body.get("until")
    if given is None:
        return last, None
    try:
        until = date.fromisoformat(given)
    except (TypeError, ValueError):
        return None, problem(422, "Until when?", f"until is a day such as {last}; received {given!r}")
    if approvals.wrong_until(asked, until):
        detail = f"until is from {approvals.today} to {last}; received {until}"
        return None, problem(422, "Until when?", detail)
    return until, None


def _missing(id_: str) -> ResponseReturnValue:
    return problem(404, "No such request", f"there is no request {id_[:200]}; GET {REQUESTS} lists them")
