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
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.wire import diagnosis, names
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate, KeyProblem, SigningKey
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.signature import (
    DIGEST_ALGORITHMS,
    SIGNATURE_ALGORITHMS,
    TRANSFORMS,
    Fault,
    Shape,
    SignatureProblem,
    shape_of,
    the_signature,
)
from broker.wire.xml import Element, add, child, make, text_of

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
    raise _why(element, signature, shape, candidates)


def verify_query(signature: QuerySignature, candidates: Sequence[Certificate]) -> Signed:
    """Check the detached signature of an HTTP-Redirect. Raises SignatureProblem."""
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
        raise SignatureProblem(
            Fault.ALGORITHM,
            names.RSA_SHA256,
            signature.algorithm or "no SigAlg",
            mend=f"Send SigAlg={names.RSA_SHA256}, the whole URI and percent-encoded, and sign it along.",
        )
    for certificate in candidates:
        if _made(certificate, signature.value, signature.signed, signature.algorithm):
            return Signed(certificate, signature.algorithm)
    expected = "a signature over SAMLRequest, RelayState and SigAlg in that order, as sent, by " + _keys(
        candidates
    )
    for certificate in candidates:
        for algorithm in dict.fromkeys((signature.algorithm, names.RSA_SHA1, names.RSA_SHA256)):
            how = diagnosis.query_as_signed(
                signature.signed,
                lambda octets, c=certificate, a=algorithm: _made(c, signature.value, octets, a),  # type: ignore[misc]
            )
            if how is None and _made(certificate, signature.value, signature.signed, algorithm):
                how = "as sent"
            if how is None:
                continue
            by = (
                ""
                if algorithm == signature.algorithm
                else f", by {algorithm} while SigAlg says {signature.algorithm}"
            )
            raise SignatureProblem(
                Fault.QUERY,
                expected,
                f"one over {how}{by}: the key is right, but other octets were signed than were sent",
                mend="Sign the query string that you send: SAMLRequest, then RelayState if there is one, then SigAlg, "
                "each with its value URL-encoded once. Encode first, sign those very octets, and append "
                "Signature; let nothing encode them again or sort them.",
            )
    if any(recovered(certificate, signature.value) for certificate in candidates):
        raise SignatureProblem(
            Fault.QUERY,
            expected,
            "one over something else: the key is right, but other octets were signed than were sent. It is not these "
            "parameters in another order or encoding, so one of them was changed on the way, or something else was "
            "signed, such as the XML",
            mend="Sign the query string that you send: SAMLRequest, then RelayState if there is one, then SigAlg, "
            "each URL-encoded once; and let nothing on the way change one of them.",
        )
    raise SignatureProblem(
        Fault.KEY,
        expected,
        "one that none of these keys made over these octets",
        made_by=lambda certificate: _made(
            certificate, signature.value, signature.signed, signature.algorithm
        ),
    )


def _made(certificate: Certificate, value: bytes, octets: bytes, algorithm: str) -> bool:
    try:
        digest = SIGNATURE_ALGORITHMS[algorithm]()
        certificate.public_key.verify(value, octets, padding.PKCS1v15(), digest)
    except (InvalidSignature, KeyProblem):
        return False
    return True


def recovered(certificate: Certificate, value: bytes) -> bool:
    """Whether this key made the signature over anything at all: RSA gives back what looks like a digest then."""
    try:
        return bool(certificate.public_key.recover_data_from_signature(value, padding.PKCS1v15(), None))
    except (InvalidSignature, KeyProblem, ValueError):
        return False


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


def _why(
    element: Element, signature: Element, shape: Shape, candidates: Sequence[Certificate]
) -> SignatureProblem:
    """Tell "changed after signing" from "signed by another key": only the second one needs the metadata."""
    try:
        return _told_apart(element, signature, shape, candidates)
    except etree.C14NError:
        # libxml2 canonicalises no message with such a namespace: nobody can have signed it.
        return SignatureProblem(
            Fault.STRUCTURE,
            "namespaces that are absolute URIs",
            "a namespace that is not, so that the message cannot be canonicalised",
            at=Spot(element),
            mend='Take xmlns="..." out that is no whole URI, such as urn:... or http://...',
        )


def _told_apart(
    element: Element, signature: Element, shape: Shape, candidates: Sequence[Certificate]
) -> SignatureProblem:
    signed_info = child(signature, "ds:SignedInfo")
    assert signed_info is not None
    # Whoever indents a message indents ds:SignedInfo too: then the key is right all the same.
    written = [
        _canonical(node, shape.canonicalization) for node in (signed_info, diagnosis.bare(signed_info))
    ]
    value = _unbase64(text_of(child(signature, "ds:SignatureValue")))

    def made_by(certificate: Certificate) -> bool:
        return shape.signature_algorithm != names.RSA_PSS_SHA256 and any(
            _made(certificate, value, octets, shape.signature_algorithm) for octets in written
        )

    if any(made_by(certificate) for certificate in candidates):
        change = _changed(element, signature, signed_info, shape)
        return SignatureProblem(
            Fault.DIGEST,
            "the message as it was signed",
            f"a message that was changed after signing: the key is right, the digest is not. Changed: {change.what}",
            at=change.spot or Spot(signature),
            mend=change.mend,
        )
    if any(recovered(certificate, value) for certificate in candidates):
        return SignatureProblem(
            Fault.DIGEST,
            "ds:SignedInfo as it was signed",
            "a ds:SignedInfo that was changed after signing: the key is right, and it signed another one. Changed may "
            "be a value in it, a prefix or a namespace, or it was canonicalised otherwise than it says",
            at=Spot(signed_info),
            mend="Sign last: let nothing rewrite ds:Signature after that; and canonicalise by the "
            "CanonicalizationMethod that it names.",
        )
    sizes = sorted({certificate.public_key.key_size // 8 for certificate in candidates})
    if len(value) not in sizes and not (carried := _carried(signature)):
        return SignatureProblem(
            Fault.KEY,
            f"a ds:SignatureValue of {' or '.join(map(str, sizes))} bytes, as the keys in the metadata make",
            f"one of {len(value)} bytes",
            at=Spot(signature),
            mend="Sign with the key whose certificate is in your metadata; and look whether the value was cut off.",
            made_by=made_by,
        )
    by = f"key {shape.key_name}" if shape.key_name else "another key"
    received = f"one by {by}, which none of these verifies"
    carried = _carried(signature)
    mend = None
    if carried is not None and made_by(carried):
        subject = "".join(c if c.isprintable() else "?" for c in carried.x509.subject.rfc4514_string())[:200]
        received = (
            f"one by the certificate in KeyInfo, {subject} with SHA-256 {carried.fingerprint}, "
            "which is not in the metadata"
        )
        mend = (
            "Put this certificate in a KeyDescriptor of your metadata, or sign with the key that is there. "
        )
        mend += "A key that comes with the message is never trusted."
    expected = "a signature by " + _keys(candidates)
    return SignatureProblem(Fault.KEY, expected, received, at=Spot(signature), mend=mend, made_by=made_by)


def _changed(element: Element, signature: Element, signed_info: Element, shape: Shape) -> diagnosis.Change:
    reference = child(signed_info, "ds:Reference")
    assert reference is not None
    digest = _unbase64(text_of(child(reference, "ds:DigestValue")))
    listed = next(reference.iter("{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"), None)
    prefixes = () if listed is None else tuple(str(listed.get("PrefixList", "")).split())
    exclusive = shape.transforms[1] == names.EXC_C14N
    return diagnosis.changed(
        element, signature, digest, shape.digest_algorithm, prefixes, exclusive=exclusive
    )


def _carried(signature: Element) -> Certificate | None:
    """The certificate in KeyInfo: to be told of, never to be used."""
    node = next(signature.iter(qname("ds:X509Certificate")), None)
    try:
        return None if node is None else Certificate.of_base64(text_of(node) or "")
    except KeyProblem:
        return None


def _canonical(node: Element, algorithm: str) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=algorithm == names.EXC_C14N, with_comments=False)


def _unbase64(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()))
    except ValueError:
        return b""


def _keys(candidates: Sequence[Certificate]) -> str:
    return " or ".join(f"the certificate with SHA-256 {c.fingerprint}" for c in candidates) or "no key"
