"""The LogoutRequest of a service provider, and the LogoutResponse for one that expects it (spec 9; SAML core 3.7).

What the scheme's LogoutRequest holds could not be confirmed: this reads what SAML core has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.wire.assertions import Issue, Party
from broker.wire.bindings import deflated
from broker.wire.instants import write
from broker.wire.names import HTTP_POST, HTTP_REDIRECT
from broker.wire.response import Status, add_status, form_value
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.signing import sign, signed_query
from broker.wire.xml import Element, add, child, children, make, serialize, text_of


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """Attributes as text, None where absent. ``element`` is the message itself, for line numbers."""

    element: Element = field(repr=False, compare=False)
    id: str | None
    version: str | None
    issue_instant: str | None
    not_on_or_after: str | None
    destination: str | None
    issuer: str | None
    issuer_attributes: tuple[str, ...]
    name_id: str | None
    session_indexes: tuple[str, ...]


def read(element: Element) -> LogoutRequest:
    """Read a parsed message. Whatever is missing is None: no exception, so that every rule can speak."""
    issuer = child(element, "saml:Issuer")
    return LogoutRequest(
        element=element,
        id=element.get("ID"),
        version=element.get("Version"),
        issue_instant=element.get("IssueInstant"),
        not_on_or_after=element.get("NotOnOrAfter"),
        destination=element.get("Destination"),
        issuer=text_of(issuer),
        issuer_attributes=() if issuer is None else tuple(str(name) for name in issuer.attrib),
        name_id=text_of(child(element, "saml:NameID")),
        session_indexes=tuple(text_of(node) or "" for node in children(element, "samlp:SessionIndex")),
    )


def response(
    hm: Party,
    request_id: str,
    destination: str,
    status: Status,
    issue: Issue,
    binding: str,
    relay_state: str | None,
    algorithms: Signing = SCHEME_SIGNING,
) -> Mapping[str, str]:
    """The fields of a signed LogoutResponse: of a form for HTTP-POST, of a query for HTTP-Redirect, in order."""
    message = make(
        "samlp:LogoutResponse",
        {
            "ID": issue.new_id(),
            "InResponseTo": request_id,
            "Version": "2.0",
            "IssueInstant": write(issue.now),
            "Destination": destination,
        },
        prefixes="saml",
    )
    issuer = add(message, "saml:Issuer", text=hm.entity_id)
    add_status(message, status)
    relay = {} if relay_state is None else {"RelayState": relay_state}
    if binding == HTTP_REDIRECT:
        # The signature is in the query: one in the message as well is forbidden there (bindings 3.4.4.1).
        return signed_query({"SAMLResponse": deflated(serialize(message)), **relay}, hm.key, algorithms)
    assert binding == HTTP_POST
    sign(message, hm.key, after=issuer, algorithms=algorithms)
    return {"SAMLResponse": form_value(serialize(message)), **relay}
