"""The Response around an assertion or around a refusal, and how the browser carries it (spec 3.1, 3.2, 6)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from broker.wire import names
from broker.wire.assertions import Issue, Party
from broker.wire.instants import write
from broker.wire.shape import DEFAULT, Shape
from broker.wire.signing import sign
from broker.wire.xml import Element, add, make


@dataclass(frozen=True, slots=True)
class Status:
    """``top`` and ``second`` as the scheme knows them (spec 6.1): no other codes."""

    top: str
    second: str | None = None
    message: str | None = None


SUCCESS = Status(names.SUCCESS)
CANCELLED = Status(names.RESPONDER, names.AUTHN_FAILED, "Authentication cancelled")


def build(
    hm: Party,
    request_id: str,
    destination: str,
    status: Status,
    assertion: Element | None,
    issue: Issue,
    shape: Shape = DEFAULT,
) -> Element:
    """A samlp:Response. ``assertion``, encrypted or not, is there if and only if the status is Success.

    One without an assertion is signed whatever the shape says: nothing else in it could be.
    """
    response = make(
        "samlp:Response",
        {
            "ID": issue.new_id(),
            "InResponseTo": request_id,
            "Version": "2.0",
            "IssueInstant": write(issue.now),
            "Destination": destination,
        },
        prefixes="saml",
    )
    issuer = add(response, "saml:Issuer", text=hm.entity_id)
    add_status(response, status)
    if assertion is not None:
        response.append(assertion)
    if shape.sign_response or assertion is None:
        sign(response, hm.key, after=issuer, algorithms=shape.signing)
    return response


def add_status(parent: Element, status: Status) -> None:
    holder = add(parent, "samlp:Status")
    top = add(holder, "samlp:StatusCode", {"Value": status.top})
    if status.second:
        add(top, "samlp:StatusCode", {"Value": status.second})
    if status.message:
        add(holder, "samlp:StatusMessage", text=status.message)


def form_value(xml: bytes) -> str:
    """The form field SAMLResponse of an HTTP-POST."""
    return base64.b64encode(xml).decode()
