"""An XML signature that came in: where it stands and what it says of itself, if nothing in it is out of the ordinary.

Whatever is, is refused here, before any key is looked at.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from lxml import etree

from broker.wire import names
from broker.wire.keys import Certificate
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.xml import Element, child, children, named, text_of

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
    QUERY = "query"
    """A good key, over the query parameters in another order or encoding than they were sent in."""


class SignatureProblem(Exception):
    """``expected`` and ``received`` are short enough to show side by side; ``at`` is where in the message.

    ``made_by`` says of a certificate whether its key made this signature, so that somebody who knows more of them
    than the metadata can say whose it is. It proves nothing about the message.
    """

    def __init__(
        self,
        fault: Fault,
        expected: str,
        received: str,
        line: int = 0,
        *,
        at: Spot | None = None,
        mend: str | None = None,
        made_by: Callable[[Certificate], bool] | None = None,
    ) -> None:
        super().__init__(f"{fault}: expected {expected}; received {received}")
        self.fault = fault
        self.expected = expected
        self.received = received
        self.line = line or ((at.element.sourceline or 0) if at else 0)
        self.at = at
        self.mend = mend
        self.made_by = made_by


@dataclass(frozen=True, slots=True)
class Shape:
    signature_algorithm: str
    digest_algorithm: str
    canonicalization: str
    transforms: tuple[str, ...]
    key_name: str | None
    key_info: tuple[str, ...]


def the_signature(element: Element, holding: Element | None) -> Element:
    """The only Signature in the document outside ``holding``, if it stands where it must."""
    inside = set() if holding is None else set(holding.iter(qname("ds:Signature")))
    everywhere = [node for node in element.getroottree().iter(qname("ds:Signature")) if node not in inside]
    where = f"one ds:Signature as direct child of {named(element)}"
    if not everywhere:
        raise SignatureProblem(Fault.MISSING, where, "no ds:Signature", at=Spot(element))
    if len(everywhere) > 1:
        raise SignatureProblem(Fault.STRUCTURE, where, f"{len(everywhere)} of them", at=Spot(everywhere[1]))
    signature = everywhere[0]
    parent = signature.getparent()
    if parent is not element:
        received = f"one inside {named(parent)}" if parent is not None else "one that is the whole message"
        raise SignatureProblem(Fault.MISPLACED, where, received, at=Spot(signature))
    return signature


def shape_of(signature: Element, element: Element) -> Shape:
    """Everything that the signature says of itself, if nothing in it is out of the ordinary."""

    def structure(expected: str, received: str, node: Element, attribute: str = "") -> SignatureProblem:
        return SignatureProblem(Fault.STRUCTURE, expected, received, at=Spot(node, attribute))

    def one(parent: Element, name: str) -> Element:
        found = children(parent, name)
        if len(found) != 1:
            raise structure(f"one {name} in {named(parent)}", f"{len(found)}", found[1] if found else parent)
        return found[0]

    signed_info = one(signature, "ds:SignedInfo")
    value = one(signature, "ds:SignatureValue")
    reference = one(signed_info, "ds:Reference")
    digest_value = one(reference, "ds:DigestValue")
    for node in (value, digest_value):
        if not text_of(node) or len(node):
            received = "elements" if len(node) else "an empty one: a template that was never filled in"
            raise structure(f"base64 in {named(node)}", received, node)
    extra = child(signature, "ds:Object")
    if extra is not None:
        raise structure("no ds:Object in the signature", "one", extra)
    identifier = element.get("ID")
    uri = reference.get("URI")
    if not identifier or uri != f"#{identifier}":
        expected = f'Reference URI="#{identifier or ""}", the ID of the message'
        raise structure(expected, f'URI="{uri}"' if uri is not None else "no URI", reference, "URI")
    holders = [
        node
        for node in element.getroottree().iter(etree.Element)
        for name, held in node.attrib.items()
        if held == identifier and etree.QName(name).localname.lower() == "id"
    ]
    if len(holders) != 1:
        raise structure(f'the ID "{identifier}" once in the document', f"{len(holders)} times", holders[-1])
    listed = one(reference, "ds:Transforms")
    transforms = tuple(node.get("Algorithm", "") for node in listed.iterchildren(etree.Element))
    if not (transforms[:1] == (names.ENVELOPED,) and len(transforms) == 2 and transforms[1] in TRANSFORMS):
        raise structure(
            "transforms enveloped-signature, then exc-c14n", ", ".join(transforms) or "none", listed
        )
    method = _algorithm(one(signed_info, "ds:SignatureMethod"), tuple(SIGNATURE_ALGORITHMS), names.RSA_SHA256)
    digest = _algorithm(one(reference, "ds:DigestMethod"), DIGEST_ALGORITHMS, names.SHA256)
    canonical = _algorithm(one(signed_info, "ds:CanonicalizationMethod"), TRANSFORMS, names.EXC_C14N)
    info = child(signature, "ds:KeyInfo")
    parts = [] if info is None else list(info.iterchildren(etree.Element))
    return Shape(
        signature_algorithm=method,
        digest_algorithm=digest,
        canonicalization=canonical,
        transforms=transforms,
        key_name=text_of(None if info is None else child(info, "ds:KeyName")),
        key_info=tuple(etree.QName(part).localname for part in parts),
    )


def _algorithm(node: Element, known: tuple[str, ...], expected: str) -> str:
    found = str(node.get("Algorithm", ""))
    if found not in known:
        received = found or "no algorithm"
        raise SignatureProblem(Fault.ALGORITHM, expected, received, at=Spot(node, "Algorithm"))
    return found
