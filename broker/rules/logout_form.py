"""How a LogoutRequest came, its form, its time, its address and its sender (LO-01..10)."""

from __future__ import annotations

from broker.rules import samples, schema_told
from broker.rules.authn.seen import DATE_TIME, NCNAME, nearly, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, CORE, INTERFACE, METADATA, Severity
from broker.rules.logout_seen import (
    BELIEF,
    RULES,
    SENDER,
    SeenLogout,
    rule,
    sent,
)
from broker.rules.schema_told import misspelt
from broker.rules.senders import nearest_sender
from broker.wire import instants, names
from broker.wire.names import qname
from broker.wire.schema import SchemaError
from broker.wire.signature import in_signature, other_signature
from broker.wire.signing import Fault as SignatureFault
from broker.wire.xml import Element

IN_UTC = "Write the time in UTC, ending in Z: 2026-02-01T09:00:00Z."
OWNERS = {"ID": "LO-03", "Version": "LO-05", "IssueInstant": "LO-06", "NotOnOrAfter": "LO-07"}
"""Attributes whose value another rule judges."""


@rule(
    "LO-01",
    "the request comes by a binding that is published for this address",
    "R",
    mend="Send the LogoutRequest by HTTP-Redirect, HTTP-POST or HTTP-Artifact, as the broker's metadata says.",
    reference=BINDINGS,
    firm=BELIEF,
    bad=sent(shown="POST /slo/1.13 with a SOAP envelope", binding=names.SOAP_BINDING),
)
def published_binding(seen: SeenLogout) -> Fault | None:
    if seen.binding in seen.published:
        return None
    return Fault("one of " + ", ".join(seen.published), said(seen.binding), "binding")


@rule(
    "LO-02",
    "the message is valid against the SAML schema",
    "R",
    mend="Send a samlp:LogoutRequest as the SAML 2.0 protocol schema describes it.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(('Version="2.0"', 'Version="2.0"\n    SessionIndex="1"')),
)
def schema_valid(seen: SeenLogout) -> Fault | None:
    """What another rule says in its own words is left to that."""
    for error in seen.schema_errors:
        if not _told_by_another(seen, error):
            return schema_told.fault(error)
    return None


def _told_by_another(seen: SeenLogout, error: SchemaError) -> bool:
    """Whether that rule refuses it, also where it is suppressed."""
    root, where = seen.request.element, error.at.element if error.at else None
    if where is None or "not allowed" in error.message:
        return False
    problem = seen.signature_problem
    if in_signature(where):
        return problem is not None
    if where is other_signature(root):
        return problem is not None and problem.fault is SignatureFault.MISSING
    id_ = OWNERS.get(error.attribute, "") if where is root else ""
    if not error.attribute and "saml:NameID" in error.message and named_by(root) is None:
        id_ = "LO-12"
    try:
        fault = RULES.rules[id_].check(seen) if id_ else None
    except NotApplicable:
        return False
    return fault is not None and RULES.rules[id_].stops(fault)


@rule(
    "LO-03",
    "@ID is there and is an NCName",
    "R",
    mend="Give every request an ID that starts with a letter or an underscore, such as _ and 32 hex digits.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(('ID="_90ab', 'ID="90ab')),
)
def has_id(seen: SeenLogout) -> Fault | None:
    identifier = seen.request.id
    if misspelt(seen.schema_errors, seen.request.element, "ID"):
        raise NotApplicable  # LO-02's, which refuses it too
    if identifier and NCNAME.fullmatch(identifier):
        return None
    return Fault("an NCName", said(identifier), at=seen.at(attribute="ID"))


@rule(
    "LO-04",
    "@ID was not used before by this service provider",
    "R",
    mend="Make a new LogoutRequest with a new ID every time; do not send a kept page again.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(shown="The same LogoutRequest a second time.", replayed=True),
)
def fresh_id(seen: SeenLogout) -> Fault | None:
    if not seen.replayed:
        return None
    return Fault(
        "an ID that was not seen before", f'"{seen.request.id}", seen before', at=seen.at(attribute="ID")
    )


@rule(
    "LO-05",
    "@Version is 2.0",
    "R",
    mend='Send Version="2.0".',
    reference=CORE,
    firm=BELIEF,
    bad=sent(('Version="2.0"', 'Version="1.1"')),
)
def version(seen: SeenLogout) -> Fault | None:
    if misspelt(seen.schema_errors, seen.request.element, "Version"):
        raise NotApplicable  # LO-02's
    if seen.request.version == "2.0":
        return None
    return Fault('"2.0"', said(seen.request.version), at=seen.at(attribute="Version"))


@rule(
    "LO-06",
    "@IssueInstant is about now",
    "R",
    mend="Make the request when the person logs out, and keep the clocks of both machines right (NTP).",
    reference=CORE,
    firm=BELIEF,
    bad=sent(("2026-02-02T09:00:00Z", "2026-02-02T08:30:00Z")),
)
def age(seen: SeenLogout) -> Fault | None:
    """A time without a Z, or in another zone, is a time all the same, and no reason to refuse the request."""
    text, at = seen.request.issue_instant, seen.at(attribute="IssueInstant")
    if misspelt(seen.schema_errors, seen.request.element, "IssueInstant"):
        raise NotApplicable  # LO-02's
    early, late = seen.now - seen.oldest, seen.now + seen.newest
    expected = f"between {instants.write(early)} and {instants.write(late)}"
    try:
        if not early <= instants.read(text or "") <= late:
            return Fault(expected, said(text), at=at)
    except (ValueError, OverflowError):
        return Fault(expected, said(text), mend=IN_UTC if text else None, at=at)
    if text is None or text.endswith("Z"):
        return None
    severity = Severity.ERROR if DATE_TIME.fullmatch(text) else None
    return Fault("a UTC time ending in Z", said(text), mend=IN_UTC, severity=severity, at=at)


@rule(
    "LO-07",
    "@NotOnOrAfter, if there, has not passed",
    "R",
    mend="Leave NotOnOrAfter out, or set it a few minutes ahead.",
    reference=CORE,
    firm=BELIEF,
    bad=sent(('Version="2.0"', 'Version="2.0"\n    NotOnOrAfter="2026-02-02T09:00:30Z"')),
    good=sent(('Version="2.0"', 'Version="2.0"\n    NotOnOrAfter="2026-02-02T09:05:00Z"')),
)
def not_expired(seen: SeenLogout) -> Fault | None:
    text = seen.request.not_on_or_after
    if text is None:
        raise NotApplicable
    try:
        if seen.now < instants.read(text):
            return None
    except (ValueError, OverflowError):
        pass
    return Fault(f"later than {instants.write(seen.now)}", said(text), at=seen.at(attribute="NotOnOrAfter"))


@rule(
    "LO-08",
    "@Destination is the address that the request was sent to",
    "R",
    mend="Take the Location of SingleLogoutService from the broker's metadata, character for character.",
    reference=BINDINGS,
    firm=BELIEF,
    bad=sent((samples.SLO, samples.SSO)),
)
def destination(seen: SeenLogout) -> Fault | None:
    if seen.request.destination == seen.endpoint:
        return None
    received = seen.request.destination
    mend = nearly(received, seen.endpoint)
    return Fault(f'"{seen.endpoint}"', said(received), mend=mend, at=seen.at(attribute="Destination"))


@rule(
    "LO-09",
    "Issuer is the entity id of a known service provider",
    "R",
    mend="Put the metadata of this service provider in the metadata folder, or mend the entity id in either.",
    reference=METADATA,
    firm=BELIEF,
    bad=sent((SENDER, SENDER.replace("9001", "9002")), sp=None, signed=None),
)
def issuer_known(seen: SeenLogout) -> Fault | None:
    if seen.sp is not None:
        return None
    issuer, expected = seen.request.issuer, "the entityID of metadata that this broker has"
    mend = "Put your entity id in saml:Issuer, as the first element of the request."
    if issuer:
        mend = nearest_sender(issuer, seen.senders)
    return Fault(expected, said(issuer), mend=mend, at=seen.at("saml:Issuer"))


@rule(
    "LO-10",
    "Issuer has no attributes",
    "W/W/-",
    mend="Leave Format, NameQualifier and their kin off Issuer.",
    reference=INTERFACE,
    bad=sent(("<saml:Issuer>", '<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">')),
)
def issuer_bare(seen: SeenLogout) -> Fault | None:
    found = seen.request.issuer_attributes
    if not found:
        return None
    return Fault("no attributes", ", ".join(found), at=seen.at("saml:Issuer", attribute=found[0]))


def named_by(request: Element) -> Element | None:
    """What names the person in another way than by a NameID."""
    kinds = (qname("saml:BaseID"), qname("saml:EncryptedID"))
    return next((node for node in request if node.tag in kinds), None)
