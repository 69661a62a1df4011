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
from broker.wire.signing import sign
from broker.wire.xml import Element, XmlProblem, add, child, make, named, parse, serialize, text_of

TYPE = b"\x00\x04"
LENGTH = 44


class ArtifactProblem(ValueError):
    """Not an artifact of ours."""


def make_artifact(entity_id: str, index: int, handle: bytes) -> str:
    """Type 0x0004, endpoint index, SHA-1 of the issuer's entity id, 20 random bytes; in base64."""
    return base64.b64encode(TYPE + index.to_bytes(2, "big") + source_id(entity_id) + handle).decode()


def source_id(entity_id: str) -> bytes:
    return hashlib.sha1(entity_id.encode(), usedforsecurity=False).digest()


def check_artifact(text: str, entity_id: str) -> None:
    """Raises ArtifactProblem where the artifact cannot be one of this issuer."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise ArtifactProblem("the artifact is not base64") from None
    if len(data) != LENGTH or data[:2] != TYPE:
        raise ArtifactProblem(
            f"expected {LENGTH} bytes of type 0x0004, received {len(data)} of 0x{data[:2].hex()}"
        )
    if data[4:24] != source_id(entity_id):
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
    root = parse(data)
    if root.tag != qname("soap:Envelope"):
        raise XmlProblem(f"expected a SOAP 1.1 <soap:Envelope>, received {named(root)}", root.sourceline or 0)
    body = child(root, "soap:Body")
    inside = [] if body is None else list(body.iterchildren(etree.Element))
    if len(inside) != 1 or inside[0].tag != qname("samlp:ArtifactResolve"):
        received = ", ".join(named(node) for node in inside) or "nothing"
        raise XmlProblem(f"expected one <samlp:ArtifactResolve> in the SOAP body, received {received}")
    element = inside[0]
    return ArtifactResolve(
        element=element,
        id=element.get("ID", ""),
        issuer=text_of(child(element, "saml:Issuer")),
        artifact=text_of(child(element, "samlp:Artifact")),
        destination=element.get("Destination"),
        issue_instant=element.get("IssueInstant"),
    )


def artifact_response(hm: Party, in_response_to: str, message: bytes | None, issue: Issue) -> bytes:
    """The SOAP answer: always Success, the true outcome in the message inside; None is an empty one."""
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
        response.append(parse(message))
    sign(response, hm.key, after=issuer)
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


SOAP_TYPES = ("text/xml", "application/soap+xml")
