"""What the API says of an address that it has not, and of a method that an address does not take."""

from __future__ import annotations

from flask import current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from broker.api.problems import Answered, response
from suppliers.register.problems import nearest, shown

LONGEST = 200
_ALWAYS = {"HEAD", "OPTIONS"}
_CALLS = "/api/v1/"


def answer(error: HTTPException) -> ResponseReturnValue:
    """With the methods that it takes (RFC 9110, 15.5.6), or the address that was probably meant."""
    if isinstance(error, MethodNotAllowed):
        allow = ", ".join(sorted(error.valid_methods or ()))
        methods = ", ".join(sorted(set(error.valid_methods or ()) - _ALWAYS))
        detail = f"{request.path[:LONGEST]} takes {methods}; received {request.method[:20]}"
        return response(Answered(405, error.name, detail).document, {"Allow": allow})
    if error.code == 404:
        near = _near()
        more = f"did you mean {shown(near)}?" if near else "/api lists the addresses"
        detail = f"there is no {shown(request.path[:LONGEST])}; {more}"
        return response(Answered(404, error.name, detail, nearest=near).document)
    return response(Answered(error.code or 500, error.name, error.description or "").document)


def _near() -> str | None:
    """The address of a call that comes close; those with a key in them are not compared."""
    if len(request.path) > LONGEST:
        return None
    known = sorted({rule.rule for rule in current_app.url_map.iter_rules() if "<" not in rule.rule})
    calls = [one.removeprefix(_CALLS) for one in known if one.startswith(_CALLS)]
    near = nearest(request.path.removeprefix(_CALLS), calls)
    return near and f"{_CALLS}{near}"
