"""XML and query signatures: made as the scheme wants them, checked against keys from metadata only (spec 7).

What ``verify`` demands before it lets xmlsec look: exactly one Signature, a direct child of the element
that we then read; one Reference, to the ID of that element; that ID once in the document; known
transforms and algorithms. The key comes from metadata and is set on the context; a key in the message
is never used, nor is a KeysManager, which would trust the system's CAs.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import xmlsec
from cryptography.hazmat.primitives.asymmetric import padding

from broker.wire import names
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate, SigningKey
from broker.wire.made import made_so, recovered
from broker.wire.names import qname
from broker.wire.query_signed import why_no_query
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.signature import (
    DIGEST_ALGORITHMS,
    SIGNATURE_ALGORITHMS,
    TRANSFORMS,
    Fault,
    SignatureProblem,
    is_pss,
    shape_of,
    the_signature,
    why_not,
)
from broker.wire.told_apart import why_not_good
from broker.wire.xml import Element, add, make

__all__ = [
    "DIGEST_ALGORITHMS",
    "SIGNATURE_ALGORITHMS",
    "TRANSFORMS",
    "Fault",
    "SignatureProblem",
    "Signed",
    "recovered",
    "sign",
    "sign_with_certificate",
    "signed_query",
    "verify",
    "verify_query",
]


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
    element: Element | None = field(default=None, repr=False, compare=False)
    """The ds:Signature; None for one in a query."""


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
    signature = the_signature(element, holding)
    shape = shape_of(signature, element)
    if not candidates:
        raise SignatureProblem(Fault.KEY, "a signing certificate in the metadata", "metadata without one")
    for certificate in sorted(candidates, key=lambda c: c.key_name != shape.key_name):
        context = xmlsec.SignatureContext()
        try:
            # A certificate that one library reads need not be one that the other reads.
            context.key = certificate.xmlsec_key
            context.register_id(element, "ID")
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
            element=signature,
        )
    raise why_not_good(element, signature, shape, candidates)


def verify_query(
    signature: QuerySignature, candidates: Sequence[Certificate], *, addresses: Sequence[str] = ()
) -> Signed:
    """Check the detached signature of an HTTP-Redirect. Raises SignatureProblem.

    ``addresses`` are those that may have been signed along, by mistake: for what is said of one that does not hold.
    """
    if signature.unreadable:
        raise SignatureProblem(
            Fault.QUERY,
            "base64 in the query parameter Signature",
            signature.unreadable,
            mend="Send the signature in the standard alphabet of base64, with + and /, and percent-encode it once.",
        )
    if not signature.value:
        raise SignatureProblem(Fault.MISSING, "the query parameter Signature", "SigAlg without Signature")
    if signature.algorithm not in SIGNATURE_ALGORITHMS or signature.algorithm == names.RSA_PSS_SHA256:
        found = signature.algorithm
        raise SignatureProblem(
            Fault.METHOD if is_pss(found) else Fault.ALGORITHM,
            names.RSA_SHA256,
            found or "no SigAlg",
            mend=f"Send SigAlg={names.RSA_SHA256}, the whole URI and percent-encoded, and sign it along"
            + (f": {why_not(found, names.RSA_SHA256)}." if found else "."),
        )
    for certificate in candidates:
        if made_so(certificate, signature.value, signature.signed, signature.algorithm):
            return Signed(certificate, signature.algorithm)
    raise why_no_query(signature, candidates, addresses)


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
