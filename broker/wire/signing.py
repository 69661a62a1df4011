"""XML and query signatures: made as the scheme wants them, checked against keys from metadata only (spec 7).

What ``verify`` demands before it lets xmlsec look: exactly one Signature, a direct child of the element
that we then read; one Reference, to the ID of that element; that ID once in the document; known
transforms and algorithms. The key comes from metadata and is set on the context; a key in the message
is never used, nor is a KeysManager, which would trust the system's CAs.
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import xmlsec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.wire import names
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate, SigningKey
from broker.wire.names import qname
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.xml import Element, add, child, children, make, named, text_of

SIGNATURE_ALGORITHMS: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    names.RSA_SHA1: hashes.SHA1,
    names.RSA_SHA256: hashes.SHA256,
    names.RSA_SHA384: hashes.SHA384,
    names.RSA_SHA512: hashes.SHA512,
    names.RSA_PSS_SHA256: hashes.SHA256,
}
DIGEST_ALGORITHMS = (names.SHA1, names.SHA256, names.SHA384, names.SHA512)
TRANSFORMS = (names.EXC_C14N, names.C14N)


class Fault(enum.StrEnum):
    """Why a signature was refused; each has its own text for the one who must mend it."""

    MISSING = "missing"
    MISPLACED = "misplaced"
    STRUCTURE = "structure"
    ALGORITHM = "algorithm"
    DIGEST = "digest"
    KEY = "key"


class SignatureProblem(Exception):
    """``expected`` and ``received`` are short enough to show side by side."""

    def __init__(self, fault: Fault, expected: str, received: str, line: int = 0) -> None:
        super().__init__(f"{fault}: expected {expected}; received {received}")
        self.fault = fault
        self.expected = expected
        self.received = received
        self.line = line


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature was made with; the rules judge it. ``key_info`` are the names of its children."""

    certificate: Certificate
    signature_algorithm: str
    digest_algorithm: str | None = None
    canonicalization: str | None = None
    transforms: tuple[str, ...] = ()
    key_name: str | None = None
    key_info: tuple[str, ...] = ()
    line: int = 0


def sign(
    element: Element, key: SigningKey, *, after: Element | None = None, algorithms: Signing = SCHEME_SIGNING
) -> None:
    """Sign ``element`` as a whole, enveloped, KeyInfo with KeyName only; ``after`` is its Issuer.

    All enveloped content must be in place: what is added later breaks the signature.
    """
    # Not xmlsec.template: the nodes that it makes have names that lxml's find() does not find.
    signature = make("ds:Signature")
    signed_info = add(signature, "ds:SignedInfo")
    add(signed_info, "ds:CanonicalizationMethod", {"Algorithm": names.EXC_C14N})
    add(signed_info, "ds:SignatureMethod", {"Algorithm": algorithms.signature})
    reference = add(signed_info, "ds:Reference", {"URI": f"#{element.get('ID')}"})
    transforms = add(reference, "ds:Transforms")
    add(transforms, "ds:Transform", {"Algorithm": names.ENVELOPED})
    add(transforms, "ds:Transform", {"Algorithm": names.EXC_C14N})
    add(reference, "ds:DigestMethod", {"Algorithm": algorithms.digest})
    add(reference, "ds:DigestValue")
    add(signature, "ds:SignatureValue")
    info = add(signature, "ds:KeyInfo")
    add(info, "ds:KeyName", text=key.key_name)
    if algorithms.certificate:
        add(add(info, "ds:X509Data"), "ds:X509Certificate", text=key.certificate.base64)
    if after is None:
        element.insert(0, signature)
    else:
        after.addnext(signature)
    context = xmlsec.SignatureContext()
    context.key = key.xmlsec_key
    context.register_id(element, "ID")
    context.sign(signature)


def sign_with_certificate(element: Element, key: SigningKey) -> None:
    """As metadata is signed: KeyInfo holds the certificate instead of a name (spec 7)."""
    sign(element, key)
    info = element.find(f"{qname('ds:Signature')}/{qname('ds:KeyInfo')}")
    assert info is not None
    info.clear()
    # KeyInfo is outside SignedInfo and cut out with the enveloped signature, so the signature still holds.
    add(add(info, "ds:X509Data"), "ds:X509Certificate", text=key.certificate.base64)


def verify(element: Element, candidates: Sequence[Certificate], *, holding: Element | None = None) -> Signed:
    """Check the one signature over ``element``, the root of its document. Raises SignatureProblem.

    After this, and only after, may the element's content be believed. ``holding`` is a message inside that
    may bring signatures of its own: they are part of what is signed here, and judged when that is read.
    """
    signature = _the_signature(element, holding)
    shape = _shape(signature, element)
    if not candidates:
        raise SignatureProblem(Fault.KEY, "a signing certificate in the metadata", "metadata without one")
    for certificate in sorted(candidates, key=lambda c: c.key_name != shape.key_name):
        context = xmlsec.SignatureContext()
        context.key = certificate.xmlsec_key
        context.register_id(element, "ID")
        try:
            context.verify(signature)
        except xmlsec.Error:
            continue
        return Signed(
            certificate=certificate,
            signature_algorithm=shape.signature_algorithm,
            digest_algorithm=shape.digest_algorithm,
            canonicalization=shape.canonicalization,
            transforms=shape.transforms,
            key_name=shape.key_name,
            key_info=shape.key_info,
            line=signature.sourceline or 0,
        )
    raise _why(element, signature, shape, candidates)


def verify_query(signature: QuerySignature, candidates: Sequence[Certificate]) -> Signed:
    """Check the detached signature of an HTTP-Redirect. Raises SignatureProblem."""
    if signature.algorithm not in SIGNATURE_ALGORITHMS or signature.algorithm == names.RSA_PSS_SHA256:
        raise SignatureProblem(Fault.ALGORITHM, names.RSA_SHA256, signature.algorithm or "no SigAlg")
    if not signature.value:
        raise SignatureProblem(Fault.MISSING, "the query parameter Signature", "SigAlg without Signature")
    digest = SIGNATURE_ALGORITHMS[signature.algorithm]()
    for certificate in candidates:
        try:
            certificate.public_key.verify(signature.value, signature.signed, padding.PKCS1v15(), digest)
        except InvalidSignature:
            continue
        return Signed(certificate, signature.algorithm)
    raise SignatureProblem(
        Fault.KEY,
        "a signature over SAMLRequest, RelayState and SigAlg in that order, as sent, by " + _keys(candidates),
        "one that none of these keys made over these octets",
    )


def signed_query(
    fields: Mapping[str, str], key: SigningKey, algorithms: Signing = SCHEME_SIGNING
) -> dict[str, str]:
    """What an HTTP-Redirect of ours carries, in the order in which it is signed and must be sent.

    The signature is over the fields as ``urllib.parse.urlencode`` writes them: send them so.
    """
    carried = {**fields, "SigAlg": algorithms.signature}
    digest = SIGNATURE_ALGORITHMS[algorithms.signature]()
    value = key.private_key.sign(urlencode(carried).encode(), padding.PKCS1v15(), digest)
    return {**carried, "Signature": base64.b64encode(value).decode()}


@dataclass(frozen=True, slots=True)
class _Shape:
    signature_algorithm: str
    digest_algorithm: str
    canonicalization: str
    transforms: tuple[str, ...]
    key_name: str | None
    key_info: tuple[str, ...]


def _the_signature(element: Element, holding: Element | None) -> Element:
    """The only Signature in the document outside ``holding``, if it stands where it must."""
    inside = set() if holding is None else set(holding.iter(qname("ds:Signature")))
    everywhere = [node for node in element.getroottree().iter(qname("ds:Signature")) if node not in inside]
    where = f"one ds:Signature as direct child of {named(element)}"
    if not everywhere:
        raise SignatureProblem(Fault.MISSING, where, "no ds:Signature", element.sourceline or 0)
    if len(everywhere) > 1:
        raise SignatureProblem(
            Fault.STRUCTURE, where, f"{len(everywhere)} of them", everywhere[1].sourceline or 0
        )
    signature = everywhere[0]
    parent = signature.getparent()
    if parent is not element:
        received = f"one inside {named(parent)}" if parent is not None else "one that is the whole message"
        raise SignatureProblem(Fault.MISPLACED, where, received, signature.sourceline or 0)
    return signature


def _shape(signature: Element, element: Element) -> _Shape:
    """Everything that the signature says of itself, if nothing in it is out of the ordinary."""
    line = signature.sourceline or 0

    def one(parent: Element, name: str) -> Element:
        found = children(parent, name)
        if len(found) != 1:
            raise SignatureProblem(Fault.STRUCTURE, f"one {name} in {named(parent)}", f"{len(found)}", line)
        return found[0]

    signed_info = one(signature, "ds:SignedInfo")
    value = one(signature, "ds:SignatureValue")
    reference = one(signed_info, "ds:Reference")
    digest_value = one(reference, "ds:DigestValue")
    for node in (value, digest_value):
        if not text_of(node) or len(node):
            raise SignatureProblem(Fault.STRUCTURE, f"base64 in {named(node)}", "nothing, or elements", line)
    if children(signature, "ds:Object"):
        raise SignatureProblem(Fault.STRUCTURE, "no ds:Object in the signature", "one", line)
    identifier = element.get("ID")
    uri = reference.get("URI")
    if not identifier or uri != f"#{identifier}":
        raise SignatureProblem(
            Fault.STRUCTURE,
            f'Reference URI="#{identifier or ""}", the ID of the message',
            f'URI="{uri}"',
            line,
        )
    holders = [
        node
        for node in element.getroottree().iter(etree.Element)
        for name, held in node.attrib.items()
        if held == identifier and etree.QName(name).localname.lower() == "id"
    ]
    if len(holders) != 1:
        raise SignatureProblem(
            Fault.STRUCTURE, f'the ID "{identifier}" once in the document', f"{len(holders)} times", line
        )
    transforms = tuple(
        node.get("Algorithm", "") for node in one(reference, "ds:Transforms").iterchildren(etree.Element)
    )
    if not (transforms[:1] == (names.ENVELOPED,) and len(transforms) == 2 and transforms[1] in TRANSFORMS):
        raise SignatureProblem(
            Fault.STRUCTURE,
            "transforms enveloped-signature, then exc-c14n",
            ", ".join(transforms) or "none",
            line,
        )
    method = one(signed_info, "ds:SignatureMethod").get("Algorithm", "")
    digest = one(reference, "ds:DigestMethod").get("Algorithm", "")
    canonical = one(signed_info, "ds:CanonicalizationMethod").get("Algorithm", "")
    if method not in SIGNATURE_ALGORITHMS:
        raise SignatureProblem(Fault.ALGORITHM, names.RSA_SHA256, method or "no algorithm", line)
    if digest not in DIGEST_ALGORITHMS:
        raise SignatureProblem(Fault.ALGORITHM, names.SHA256, digest or "no algorithm", line)
    if canonical not in TRANSFORMS:
        raise SignatureProblem(Fault.ALGORITHM, names.EXC_C14N, canonical or "no algorithm", line)
    info = child(signature, "ds:KeyInfo")
    parts = [] if info is None else list(info.iterchildren(etree.Element))
    return _Shape(
        signature_algorithm=method,
        digest_algorithm=digest,
        canonicalization=canonical,
        transforms=transforms,
        key_name=text_of(None if info is None else child(info, "ds:KeyName")),
        key_info=tuple(etree.QName(part).localname for part in parts),
    )


def _why(
    element: Element, signature: Element, shape: _Shape, candidates: Sequence[Certificate]
) -> SignatureProblem:
    """Tell "changed after signing" from "signed by another key": only the second one needs the metadata."""
    line = signature.sourceline or 0
    signed_info = child(signature, "ds:SignedInfo")
    assert signed_info is not None
    octets = _canonical(signed_info, shape.canonicalization)
    value = _unbase64(text_of(child(signature, "ds:SignatureValue")))
    if shape.signature_algorithm != names.RSA_PSS_SHA256:
        digest = SIGNATURE_ALGORITHMS[shape.signature_algorithm]()
        for certificate in candidates:
            try:
                certificate.public_key.verify(value, octets, padding.PKCS1v15(), digest)
            except InvalidSignature:
                continue
            return SignatureProblem(
                Fault.DIGEST,
                "the message as it was signed",
                "a message that was changed after signing: the key is right, the digest is not",
                line,
            )
    by = f"key {shape.key_name}" if shape.key_name else "another key"
    return SignatureProblem(
        Fault.KEY, "a signature by " + _keys(candidates), f"one by {by}, which none of these verifies", line
    )


def _canonical(node: Element, algorithm: str) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=algorithm == names.EXC_C14N, with_comments=False)


def _unbase64(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()))
    except ValueError:
        return b""


def _keys(candidates: Sequence[Certificate]) -> str:
    return " or ".join(f"the certificate with SHA-256 {c.fingerprint}" for c in candidates) or "no key"
