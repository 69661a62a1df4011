"""How it came, and whether it is an AuthnRequest by the schema (AR-01..02)."""

from __future__ import annotations

from broker.rules import schema_told
from broker.rules.authn.examples import RULES, rule, sent
from broker.rules.authn.seen import SeenRequest, said
from broker.rules.engine import Fault, NotApplicable, Profile
from broker.rules.finding import BINDINGS, CORE
from broker.wire import names
from broker.wire.names import qname
from broker.wire.schema import SchemaError
from broker.wire.signature import in_signature, other_signature
from broker.wire.signing import Fault as SignatureFault

OWNERS = {
    "ID": "AR-03",
    "Version": "AR-05",
    "IssueInstant": "AR-06",
    "ForceAuthn": "AR-10",
    "IsPassive": "AR-12",
    "AssertionConsumerServiceIndex": "AR-14",
    "AttributeConsumingServiceIndex": "AR-19",
}
"""Attributes of the message whose value another rule judges: firmly, where the schema minds it too."""


@rule(
    "AR-01",
    "the request comes by a binding that is published for this address",
    "R",
    mend="Send the request by HTTP-Redirect, HTTP-POST or HTTP-Artifact, as the broker's metadata says.",
    reference=BINDINGS,
    firm="a message that did not come by a binding cannot be read",
    bad=sent(shown="POST /sso/1.13 with a SOAP envelope", binding=names.SOAP_BINDING),
)
def published_binding(seen: SeenRequest) -> Fault | None:
    if seen.binding in seen.published:
        return None
    return Fault("one of " + ", ".join(seen.published), said(seen.binding), "binding")


@rule(
    "AR-02",
    "the message is valid against the SAML schema",
    "R",
    mend="Send a samlp:AuthnRequest as the SAML 2.0 protocol schema describes it.",
    reference=CORE,
    firm="what the schema does not know, two programs read in two ways",
    bad=sent(('ForceAuthn="true"', 'ForceAuth="true"')),
    why="The children stand in the order Issuer, Signature, Extensions, Subject, NameIDPolicy, Conditions, "
    "RequestedAuthnContext, Scoping. A DTD or an entity is refused before the schema is asked. "
    "A value that another rule judges is left to that one, and then that one cannot be suppressed either.",
)
def schema_valid(seen: SeenRequest) -> Fault | None:
    """What another rule says in its own words is left to that."""
    for error in seen.schema_errors:
        if _told_by_another(seen, error):
            continue
        return schema_told.fault(error)
    return None


def _told_by_another(seen: SeenRequest, error: SchemaError) -> bool:
    """Whether that rule stops the message for it, also where it is suppressed: else it stays here."""
    where = error.at.element if error.at else None
    if where is not None and error.attribute and where is seen.request.element:
        id_ = OWNERS.get(error.attribute, "")
    elif where is not None and seen.signature_problem is not None and in_signature(where):
        return True
    elif where is not None and where is other_signature(seen.request.element):
        return seen.signature_problem is not None and seen.signature_problem.fault is SignatureFault.MISSING
    elif where is not None and where.tag == qname("samlp:IDPEntry") and error.attribute == "ProviderID":
        id_ = "AR-38"
    else:
        missing = where is not None and where.tag == qname("samlp:RequestedAuthnContext")
        id_ = "AR-34" if missing and "Missing child" in error.message else ""
    if not id_ or "not allowed" in error.message:
        return False
    owner = RULES.rules[id_]
    try:
        fault = owner.check(seen)
    except NotApplicable:
        return False
    return fault is not None and owner.stops(fault, Profile.SAML if seen.saml else Profile.LENIENT)
