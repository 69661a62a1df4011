"""Artifacts and the SOAP exchange that resolves them (spec 3.1, 14.2, 14.3; SAML bindings 3.6)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from lxml import etree

from broker.wire.assertions import Issue, Party
from broker.wire.instants import write
from broker.wire.names import SAMLP, SOAP, qname
from broker.wire.response import SUCCESS, add_status
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.signing import sign
from broker.wire.xml import (
    Element,
    XmlProblem,
    add,
    child,
    make,
    named,
    named_in,
    parse,
    parse_own,
    serialize,
    text_of,
)

TYPE = b"\x00\x04"
LENGTH = 44


class ArtifactProblem(ValueError):
    """Not an artifact, or not one of whom it should be of. ``mend`` is what to do, where that is known."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend


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
        why, mend = _no_base64(text)
        raise ArtifactProblem(f"it is not base64{why}", mend) from None
    if len(data) != LENGTH or data[:2] != TYPE:
        raise ArtifactProblem(*_no_artifact(text, data))
    return Artifact(text, int.from_bytes(data[2:4], "big"), data[4:24])


def _no_base64(text: str) -> tuple[str, str]:
    """Why, and how to mend it."""
    if " " in text:
        mend = "Send the artifact URL-decoded once: %2B is a +, and a + that stands in a query as it is means a blank."
        return ": it has a blank where a + was, which %2B in a query would have kept", mend
    if "%" in text:
        mend = "Send the artifact URL-decoded once: %2B is a +, and %3D an =."
        return ": it is still percent-encoded", mend
    if "SAMLart=" in text:
        return (
            ": it has SAMLart= before it",
            "Send the value of SAMLart alone, without the name of the parameter.",
        )
    if set(text) & {"-", "_"} and not set(text) & {"+", "/"} and len(text) > LENGTH:
        return ", but in its URL-safe alphabet", "Leave + and / in the artifact: send it as it came."
    if len(text) < LENGTH:
        mend = "Send the value of SAMLart, and not another parameter, such as RelayState."
        return f": it is {len(text)} characters long, and an artifact is 60", mend
    return "", ""


def _no_artifact(text: str, data: bytes) -> tuple[str, str]:
    """Of base64 that is no artifact: what it is, and how to mend that."""
    what = f"it is {len(data)} bytes that begin with 0x{data[:2].hex()}"
    if not data:
        return "it is empty", "Send the value of the parameter SAMLart."
    if text[:4].casefold() == "aaqa" and text[:4] != "AAQA":
        return f"{what}: its capitals are gone", "Send the artifact as it came: capitals count in base64."
    try:
        if bytes.fromhex(text)[:2] == TYPE:
            return "it is in hexadecimal", "Send the artifact in base64, as it came."
    except ValueError:
        pass
    if data.startswith(b"AAQA"):
        return "it is base64 in base64", "Send the artifact as it came: it is in base64 already."
    if data[:2] == TYPE:
        right = "the artifact whole" if len(data) < LENGTH else "the artifact alone"
        return what, f"Send {right}: it is {LENGTH} bytes, 60 characters of base64."
    return what, ""


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
        raise XmlProblem(
            f"{named_in(root)} as the root, not a <soap:Envelope> of SOAP 1.1",
            root.sourceline or 0,
            mend=_root_mend(root, wanted),
        )
    body = child(root, "soap:Body")
    inside = [] if body is None else list(body.iterchildren(etree.Element))
    if len(inside) != 1 or inside[0].tag != qname(wanted):
        received, mend = _in_body(root, body, inside, wanted)
        raise XmlProblem(
            f"{received}, not one <{wanted}>", (root if body is None else body).sourceline or 0, mend=mend
        )
    return inside[0]


def _root_mend(root: Element, wanted: str) -> str:
    if etree.QName(root).localname == "Envelope":
        return f"Use the namespace {SOAP} for the envelope, letter for letter: SOAP 1.1, not 1.2."
    if root.tag == qname(wanted):
        return f"Put the <{wanted}> in a soap:Body in a soap:Envelope ({SOAP})."
    return ""


def _in_body(root: Element, body: Element | None, inside: list[Element], wanted: str) -> tuple[str, str]:
    """What the envelope holds instead, and how to mend that; "" where the usual mend will do."""
    local = wanted.partition(":")[2]
    if body is None:
        other = next(
            (n for n in root.iterchildren(etree.Element) if etree.QName(n).localname.lower() == "body"), None
        )
        if other is not None:
            return (
                f"{named_in(other)} in the envelope",
                f"Write <soap:Body>, with this capital and of {SOAP}.",
            )
        return "an envelope without a <soap:Body>", f"Put the <{wanted}> in a <soap:Body> in the envelope."
    if not inside:
        header = child(root, "soap:Header")
        if header is not None and child(header, wanted) is not None:
            return (
                "an empty <soap:Body>, with it in the <soap:Header>",
                f"Put the <{wanted}> in the <soap:Body>.",
            )
        text = (body.text or "").strip()
        if text.startswith("<"):
            return (
                "text in the <soap:Body>, that begins with <",
                "Put the XML itself there, without CDATA or &lt;.",
            )
        if text:
            return "text in the <soap:Body>", "Put the XML itself there, without base64."
        return "an empty <soap:Body>", ""
    if all(node.tag == qname(wanted) for node in inside):
        return f"{len(inside)} of them in the <soap:Body>", f"Send one <{wanted}> in each call."
    received = f"{', '.join(named_in(node) for node in inside[:5])} in the <soap:Body>"
    reason = inside[0].findtext("faultstring") if inside[0].tag == qname("soap:Fault") else None
    if reason:
        return f'{received} that says "{reason[:300]}"', ""
    if len(inside) == 1 and etree.QName(inside[0]).localname == local:
        return received, f"Use the namespace {SAMLP} for {local}."
    return received, f"Send a <{wanted}> to this address: other messages go elsewhere."


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
