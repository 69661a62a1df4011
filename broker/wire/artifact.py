"""Artifacts and the SOAP exchange that resolves them (spec 3.1, 14.2, 14.3; SAML bindings 3.6)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from lxml import etree

from broker.wire.assertions import Issue, Party
from broker.wire.instants import write
from broker.wire.names import qname
from broker.wire.response import SUCCESS, add_status
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.signing import sign
from broker.wire.xml import Element, XmlProblem, add, child, make, named, parse, parse_own, serialize, text_of

TYPE = b"\x00\x04"
LENGTH = 44


class ArtifactProblem(ValueError):
    """Not an artifact, or not one of whom it should be of."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What an artifact says: who made it, and at which of their endpoints it can be exchanged."""

    text: str
    index: int
    source_id: bytes


def make_artifact(entity_id: str, index: int, handle: bytes) -> str:
    """Type 0x0004, endpoint index, SHA-1 of the issuer's entity id, 20 random bytes; in base64."""
    return base64.b64encode(TYPE + index.to_bytes(2, "big") + source_id(entity_id) + handle).decode()


def source_id(entity_id: str) -> bytes:
    return hashlib.sha1(entity_id.encode(), usedforsecurity=False).digest()


def read_artifact(text: str) -> Artifact:
    """Raises ArtifactProblem for what is not base64 of 44 bytes of type 0x0004."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        why = ""
        if " " in text:
            why = ": it has a blank where a + was, which %2B in a query would have kept"
        elif "%" in text:
            why = ": it is still percent-encoded"
        raise ArtifactProblem(f"the artifact is not base64{why}") from None
    if len(data) != LENGTH or data[:2] != TYPE:
        raise ArtifactProblem(
            f"expected {LENGTH} bytes of type 0x0004, received {len(data)} of 0x{data[:2].hex()}"
        )
    return Artifact(text, int.from_bytes(data[2:4], "big"), data[4:24])


def check_artifact(text: str, entity_id: str) -> None:
    """Raises ArtifactProblem where the artifact cannot be one of this issuer."""
    if read_artifact(text).source_id != source_id(entity_id):
        raise ArtifactProblem(f"its SourceID is not the SHA-1 of {entity_id}: another broker made it")


@dataclass(frozen=True, slots=True)
class ArtifactResolve:
    element: Element = field(repr=False, compare=False)
    id: str
    issuer: str | None
    artifact: str | None
    destination: str | None
    issue_instant: str | None


def read_resolve(data: bytes) -> ArtifactResolve:
    """The one ArtifactResolve in a SOAP 1.1 envelope. Raises XmlProblem."""
    element = _from_soap(data, "samlp:ArtifactResolve")
    return ArtifactResolve(
        element=element,
        id=element.get("ID", ""),
        issuer=text_of(child(element, "saml:Issuer")),
        artifact=text_of(child(element, "samlp:Artifact")),
        destination=element.get("Destination"),
        issue_instant=element.get("IssueInstant"),
    )


def _from_soap(data: bytes, wanted: str) -> Element:
    """The one element in the body of a SOAP 1.1 envelope. Raises XmlProblem."""
    root = parse(data)
    if root.tag != qname("soap:Envelope"):
        raise XmlProblem(f"expected a SOAP 1.1 <soap:Envelope>, received {named(root)}", root.sourceline or 0)
    body = child(root, "soap:Body")
    inside = [] if body is None else list(body.iterchildren(etree.Element))
    if len(inside) != 1 or inside[0].tag != qname(wanted):
        received = ", ".join(named(node) for node in inside) or "nothing"
        reason = (
            inside[0].findtext("faultstring") if inside and inside[0].tag == qname("soap:Fault") else None
        )
        said = f' that says "{reason[:300]}"' if reason else ""
        raise XmlProblem(f"expected one <{wanted}> in the SOAP body, received {received}{said}")
    return inside[0]


def artifact_resolve(hm: Party, destination: str, artifact: str, issue: Issue) -> tuple[str, bytes]:
    """Our own question, for a message that a service provider sends by artifact: its ID and the SOAP around it."""
    identifier = issue.new_id()
    resolve = make(
        "samlp:ArtifactResolve",
        {
            "ID": identifier,
            "Version": "2.0",
            "IssueInstant": write(issue.now),
            "Destination": destination,
        },
        prefixes="saml",
    )
    issuer = add(resolve, "saml:Issuer", text=hm.entity_id)
    add(resolve, "samlp:Artifact", text=artifact)
    sign(resolve, hm.key, after=issuer)
    envelope = make("soap:Envelope")
    add(envelope, "soap:Body").append(resolve)
    return identifier, serialize(envelope)


@dataclass(frozen=True, slots=True)
class ArtifactResponse:
    """What a service provider answered. ``message`` is what it holds, None where that is nothing."""

    element: Element = field(repr=False, compare=False)
    issuer: str | None
    in_response_to: str | None
    status: str | None
    message: Element | None = field(repr=False, compare=False)


def read_response(data: bytes) -> ArtifactResponse:
    """The one ArtifactResponse in a SOAP 1.1 envelope, with at most one message in it. Raises XmlProblem."""
    element = _from_soap(data, "samlp:ArtifactResponse")
    status = child(element, "samlp:Status")
    code = None if status is None else child(status, "samlp:StatusCode")
    own = {qname(name) for name in ("saml:Issuer", "ds:Signature", "samlp:Extensions", "samlp:Status")}
    held = [node for node in element.iterchildren(etree.Element) if node.tag not in own]
    if len(held) > 1:
        received = ", ".join(named(node) for node in held)
        raise XmlProblem(f"expected one message in {named(element)}, received {received}")
    return ArtifactResponse(
        element=element,
        issuer=text_of(child(element, "saml:Issuer")),
        in_response_to=element.get("InResponseTo"),
        status=None if code is None else code.get("Value"),
        message=held[0] if held else None,
    )


def artifact_response(
    hm: Party,
    in_response_to: str,
    message: bytes | None,
    issue: Issue,
    signing: Signing | None = SCHEME_SIGNING,
) -> bytes:
    """The SOAP answer: always Success, the true outcome in the message inside; None is an empty one. Without
    ``signing`` it has no signature of its own."""
    response = make(
        "samlp:ArtifactResponse",
        {
            "ID": issue.new_id(),
            "InResponseTo": in_response_to,
            "Version": "2.0",
            "IssueInstant": write(issue.now),
        },
        prefixes="saml",
    )
    issuer = add(response, "saml:Issuer", text=hm.entity_id)
    add_status(response, SUCCESS)
    if message is not None:
        response.append(parse_own(message))
    if signing is not None:
        sign(response, hm.key, after=issuer, algorithms=signing)
    envelope = make("soap:Envelope")
    add(envelope, "soap:Body").append(response)
    return serialize(envelope)


def fault(text: str) -> bytes:
    """A SOAP 1.1 fault for what is not an ArtifactResolve at all."""
    envelope = make("soap:Envelope")
    holder = add(add(envelope, "soap:Body"), "soap:Fault")
    etree.SubElement(holder, "faultcode").text = "soap:Client"
    etree.SubElement(holder, "faultstring").text = text
    return serialize(envelope)
