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
from broker.wire.xml import Element, child, children, named, named_in, text_of

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
    METHOD = "method"
    """RSA-PSS, where it is not read."""
    CANONICAL = "canonical"
    """A canonicalisation that keeps comments, which the signature then does not cover."""


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
        raise _missing(where, element)
    if len(everywhere) > 1:
        raise SignatureProblem(Fault.STRUCTURE, where, f"{len(everywhere)} of them", at=Spot(everywhere[1]))
    signature = everywhere[0]
    parent = signature.getparent()
    if parent is not element:
        received = f"one inside {named(parent)}" if parent is not None else "one that is the whole message"
        raise SignatureProblem(Fault.MISPLACED, where, received, at=Spot(signature))
    return signature


def other_signature(element: Element) -> Element | None:
    """What is called Signature, stands where one must, and is of another namespace."""
    return next(
        (
            node
            for node in element.iterchildren(etree.Element)
            if etree.QName(node).localname == "Signature" and node.tag != qname("ds:Signature")
        ),
        None,
    )


def in_signature(element: Element) -> bool:
    """Whether it is a ds:Signature or stands in one."""
    signature = qname("ds:Signature")
    return element.tag == signature or any(True for _ in element.iterancestors(signature))


def _missing(where: str, element: Element) -> SignatureProblem:
    other = other_signature(element)
    if other is None:
        return SignatureProblem(Fault.MISSING, where, "no ds:Signature", at=Spot(element))
    return SignatureProblem(
        Fault.MISSING,
        f"{where}, in the namespace {names.DS}",
        named_in(other),
        at=Spot(other),
        mend=f'Declare xmlns:ds="{names.DS}" for the signature, letter for letter and with the # at the end, and sign '
        "again: what is of another namespace is no signature.",
    )


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
    if not identifier:
        raise SignatureProblem(
            Fault.STRUCTURE,
            f"an ID on {named(element)}, which the signature refers to",
            "none",
            at=Spot(element, "ID"),
            mend=f'Give {named(element)} an ID before it is signed, and refer to it in the Reference: URI="#...".',
        )
    if uri != f"#{identifier}":
        expected = f'Reference URI="#{identifier}", the ID of the message'
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
    steps = list(listed.iterchildren(etree.Element))
    transforms = tuple(node.get("Algorithm", "") for node in steps)
    if transforms[:1] == (names.ENVELOPED,) and len(transforms) == 2 and _keeps_comments(transforms[1]):
        raise _with_comments(steps[1])
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
    if found in known:
        return found
    if known is TRANSFORMS and _keeps_comments(found):
        raise _with_comments(node)
    raise SignatureProblem(
        Fault.METHOD if is_pss(found) else Fault.ALGORITHM,
        expected,
        found or "no algorithm",
        at=Spot(node, "Algorithm"),
        mend=f"Set the Algorithm of {named(node)} to {expected}: {why_not(found, expected)}.",
    )


def is_pss(algorithm: str) -> bool:
    return algorithm.endswith(("-rsa-MGF1", "#rsa-pss"))


def why_not(found: str, expected: str) -> str:
    """Why this is no algorithm that is taken, in a few words."""
    if is_pss(found):
        return "that is RSA-PSS, and the scheme has PKCS#1 v1.5 only"
    fragment = found.rpartition("#")[2].casefold()
    if fragment and fragment == expected.rpartition("#")[2].casefold():
        return "the algorithm is right, but that is not its URI"
    if "://" not in found and found:
        return "it is named by its whole URI"
    if expected == names.EXC_C14N:
        return "the scheme canonicalises exclusively, without comments"
    if expected == names.SHA256:
        return "the digest is SHA-256; MD5 and RIPEMD are never accepted"
    return "the signature is RSA-SHA256; MD5, RIPEMD, HMAC and elliptic curves are never accepted"


def _keeps_comments(algorithm: str) -> bool:
    return algorithm.endswith("WithComments")


def _with_comments(node: Element) -> SignatureProblem:
    return SignatureProblem(
        Fault.CANONICAL,
        f"{names.EXC_C14N}, without comments",
        str(node.get("Algorithm", "")),
        at=Spot(node, "Algorithm"),
        mend=f"Set the Algorithm of {named(node)} to {names.EXC_C14N}: without #WithComments behind it.",
    )
