"""How an ArtifactResolve came, and its form (AX-01..02)."""

from __future__ import annotations

from broker.rules import schema_told
from broker.rules.authn.seen import NCNAME, nearly, said
from broker.rules.engine import Fault, NotApplicable
from broker.rules.finding import BINDINGS, CORE, INTERFACE, Severity
from broker.rules.resolve_seen import RULES, ArtifactState, SeenResolve, rule, sent
from broker.wire import instants, schema
from broker.wire.signature import other_signature
from broker.wire.signing import Fault as SignatureFault
from broker.wire.xml import XmlProblem

OWNERS = {"ID": "AX-01-id", "Version": "AX-01-version", "IssueInstant": "AX-01-age"}
"""Attributes whose value another rule judges."""


@rule(
    "AX-01",
    "the call is one ArtifactResolve in a SOAP 1.1 envelope",
    "R",
    mend="POST a soap:Envelope (http://schemas.xmlsoap.org/soap/envelope/) with one samlp:ArtifactResolve in its "
    "Body.",
    reference=BINDINGS,
    firm="what is not an ArtifactResolve cannot be answered",
    bad=sent(
        (
            'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"',
            'xmlns:soap="http://www.w3.org/2003/05/soap-envelope"',
        )
    ),
)
def envelope(seen: SeenResolve) -> Fault | None:
    return None if seen.unreadable is None else unreadable(seen.unreadable)


def unreadable(problem: XmlProblem) -> Fault:
    expected, mend = "one samlp:ArtifactResolve in SOAP 1.1", problem.mend or None
    return Fault(expected, problem.reason, "soap:Envelope", problem.line, mend)


@rule(
    "AX-01-schema",
    "the message is valid against the SAML schema",
    "W/E",
    mend="Send a samlp:ArtifactResolve as the SAML 2.0 protocol schema describes it: Issuer, Signature, Artifact.",
    reference=CORE,
    bad=sent(
        ("</samlp:ArtifactResolve>", "  <samlp:Artifact>AAQA</samlp:Artifact>\n</samlp:ArtifactResolve>")
    ),
)
def schema_valid(seen: SeenResolve) -> Fault | None:
    """What another rule says in its own words is left to that."""
    for error in schema.errors(seen.request.element):
        if not _told_by_another(seen, error):
            return schema_told.fault(error)
    return None


def _told_by_another(seen: SeenResolve, error: schema.SchemaError) -> bool:
    root = seen.request.element
    if error.at is None:
        return False
    if error.at.element is other_signature(root):
        return seen.signature_problem is not None
    id_ = OWNERS.get(error.attribute, "") if error.at.element is root else ""
    if error.at.element is root and "Missing child" in error.message and seen.request.artifact is None:
        return seen.artifact is ArtifactState.FOREIGN  # AX-05's
    return bool(id_) and "not allowed" not in error.message and RULES.rules[id_].check(seen) is not None


@rule(
    "AX-01-id",
    "@ID is there and is an NCName",
    "W/E",
    mend="Give every ArtifactResolve an ID that starts with a letter or an underscore.",
    reference=CORE,
    bad=sent(('ID="_1b2c', 'ID="1b2c')),
)
def has_id(seen: SeenResolve) -> Fault | None:
    if NCNAME.fullmatch(seen.request.id):
        return None
    # No reference finds such an ID, so the signature is no good for it: then this is what the call is refused for.
    refused = by_id(seen)
    return Fault(
        "an NCName",
        said(seen.request.id or None),
        severity=Severity.REFUSED if refused else None,
        at=seen.at(attribute="ID"),
        firm=refused,
    )


def by_id(seen: SeenResolve) -> bool:
    """Whether the signature is refused for want of an ID that can be referred to."""
    problem = seen.signature_problem
    by_reference = problem is not None and problem.fault in (SignatureFault.STRUCTURE, SignatureFault.DIGEST)
    return by_reference and not NCNAME.fullmatch(seen.request.id)


@rule(
    "AX-01-version",
    "@Version is 2.0",
    "W/E",
    mend='Send Version="2.0".',
    reference=CORE,
    bad=sent(('Version="2.0"', 'Version="1.1"')),
)
def version(seen: SeenResolve) -> Fault | None:
    received = seen.request.element.get("Version")
    return None if received == "2.0" else Fault('"2.0"', said(received), at=seen.at(attribute="Version"))


@rule(
    "AX-01-age",
    "@IssueInstant is about now, in UTC",
    "W/E",
    mend="Write the time at which you resolve, in UTC ending in Z, and keep the clocks of both machines right (NTP).",
    reference=CORE,
    bad=sent(("2026-02-02T09:00:20Z", "2026-02-02T10:00:20Z")),
    certainty="How old it may be is said nowhere; the window is that of a request.",
)
def age(seen: SeenResolve) -> Fault | None:
    text = seen.request.issue_instant
    early, late = seen.now - seen.oldest, seen.now + seen.newest
    try:
        if text and text.endswith("Z") and early <= instants.read(text) <= late:
            return None
    except ValueError:
        pass
    expected = f"between {instants.write(early)} and {instants.write(late)}"
    return Fault(expected, said(text), at=seen.at(attribute="IssueInstant"))


@rule(
    "AX-01-destination",
    "@Destination, if there, is the address of the artifact service",
    "W/E",
    mend="Take the Location of ArtifactResolutionService from the broker's metadata, or leave Destination out.",
    reference=BINDINGS,
    bad=sent(("https://broker.example/artifact", "https://broker.example/sso/1.13")),
)
def destination(seen: SeenResolve) -> Fault | None:
    if seen.request.destination is None or not seen.endpoints:
        raise NotApplicable
    if seen.request.destination in seen.endpoints:
        return None
    expected = " or ".join(f'"{endpoint}"' for endpoint in seen.endpoints)
    near = (nearly(seen.request.destination, endpoint) for endpoint in seen.endpoints)
    mend = next(filter(None, near), None)
    return Fault(expected, said(seen.request.destination), mend=mend, at=seen.at(attribute="Destination"))


@rule(
    "AX-02",
    "the content type is text/xml",
    "W",
    mend="Send Content-Type: text/xml, as SOAP 1.1 says; brokers demand it since April 2022.",
    reference=INTERFACE,
    bad=sent(shown="Content-Type: application/soap+xml", content_type="application/soap+xml"),
    good=sent(shown="Content-Type: text/xml; charset=utf-8"),
)
def content_type(seen: SeenResolve) -> Fault | None:
    return wrong_type(seen.content_type)


def wrong_type(content_type: str) -> Fault | None:
    received = content_type.partition(";")[0].strip().lower()
    return None if received == "text/xml" else Fault("text/xml", received or "nothing", "Content-Type")
