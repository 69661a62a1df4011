"""Why a signature was refused: another key, another text, another way of signing. Only to say it.

Whoever asks has refused the message already, and nothing here makes it accepted.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.wire import diagnosis, names
from broker.wire.keys import Certificate, KeyProblem
from broker.wire.made import (
    BACKWARDS,
    DIGEST_OF,
    HEX,
    IN_HEX,
    MOST_KEYS,
    NO_PSS,
    Made,
    any_pss,
    by_pss,
    digests,
    hexadecimal,
    key_sizes,
    made_so,
    names_of,
    recovered,
    reversed_by,
)
from broker.wire.names import qname
from broker.wire.places import Spot
from broker.wire.signature import SIGNATURE_ALGORITHMS, Fault, Shape, SignatureProblem
from broker.wire.xml import Element, child, named, text_of

_SHA_256 = (SIGNATURE_ALGORITHMS[names.RSA_PSS_SHA256](),)
NO_HEX = "Write the bytes of the digest in base64, not their hexadecimal digits."


def why_not_good(
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
    holder = child(signature, "ds:SignatureValue")
    assert signed_info is not None
    assert holder is not None
    # Whoever indents a message indents ds:SignedInfo too: then the key is right all the same.
    written = [
        _canonical(node, shape.canonicalization) for node in (signed_info, diagnosis.bare(signed_info))
    ]
    text = text_of(holder) or ""
    tried = candidates[:MOST_KEYS]
    value = _unbase64(text)
    sizes = key_sizes(tried)

    def made_by(certificate: Certificate) -> bool:
        if shape.signature_algorithm == names.RSA_PSS_SHA256:
            # The one digest that it says: whoever looks for the owner of the key asks this of every one that is known.
            return any(by_pss(certificate, value, octets, _SHA_256) for octets in written)
        return any(made_so(certificate, value, octets, shape.signature_algorithm) for octets in written)

    good = f"a ds:SignatureValue of {' or '.join(map(str, sizes))} bytes in base64, as the keys in the metadata make"
    if hexadecimal(text, sizes):
        received = "one in hexadecimal"
        return SignatureProblem(Fault.STRUCTURE, good, received, at=Spot(holder), mend=IN_HEX)
    for certificate in tried:
        for made in digests(certificate, value):
            if problem := _over_something_else(made, element, signed_info, shape, written):
                return problem
    if any(made_by(certificate) for certificate in tried):
        if shape.signature_algorithm == names.RSA_PSS_SHA256 and not _salted_as_read(tried, value, written):
            received = "RSA-PSS with a salt of another length than the digest: the key is right"
            return SignatureProblem(
                Fault.METHOD, names.RSA_SHA256, received, at=Spot(signed_info), mend=NO_PSS
            )
        change = _changed(element, signature, signed_info, shape)
        received = "a message that was changed after signing: the key is right, the digest is not. "
        received += f"Changed: {change.what}"
        if change.what.startswith(diagnosis.NOTHING):
            told = change.what.removeprefix(diagnosis.NOTHING)
            received = (
                f"a digest that is not that of the message. The key is right, and nothing was changed: {told}"
            )
        return SignatureProblem(
            Fault.DIGEST,
            "the message as it was signed",
            received,
            at=change.spot or Spot(signature),
            mend=change.mend,
        )
    if any(recovered(certificate, value) for certificate in tried):
        return SignatureProblem(
            Fault.DIGEST,
            "ds:SignedInfo as it was signed",
            "a ds:SignedInfo that was changed after signing: the key is right, and it signed another one. Changed may "
            "be a value in it, a prefix or a namespace, or it was canonicalised otherwise than it says",
            at=Spot(signed_info),
            mend="Sign last: let nothing rewrite ds:Signature after that; and canonicalise by the "
            "CanonicalizationMethod that it names.",
        )
    if reversed_by(candidates, value):
        received, mend = BACKWARDS
        return SignatureProblem(Fault.STRUCTURE, good, received, at=Spot(holder), mend=mend)
    if digest := any_pss(candidates, value, written):
        received = (
            f"RSA-PSS with {digest}, while SignatureMethod says {shape.signature_algorithm}: the key is right"
        )
        return SignatureProblem(Fault.METHOD, names.RSA_SHA256, received, at=Spot(holder), mend=NO_PSS)
    carried = _carried(signature)
    if len(value) not in sizes and carried is None:
        return SignatureProblem(
            Fault.KEY,
            good,
            f"one of {len(value)} bytes",
            at=Spot(signature),
            mend="Sign with the key whose certificate is in your metadata; and look whether the value was cut off.",
            made_by=made_by,
        )
    by = f"key {shape.key_name}" if shape.key_name else "another key"
    received = f"one by {by}, which none of these verifies"
    own = None
    if carried is not None and made_by(carried):
        subject = "".join(c if c.isprintable() else "?" for c in carried.x509.subject.rfc4514_string())[:200]
        received = (
            f"one by the certificate in KeyInfo, {subject} with SHA-256 {carried.fingerprint}, "
            "which is not in the metadata"
        )
        own = "Put this certificate in a KeyDescriptor of your metadata, or sign with the key that is there. "
        own += "A key that comes with the message is never trusted."
    expected = "a signature by " + names_of(candidates)
    return SignatureProblem(Fault.KEY, expected, received, at=Spot(signature), mend=own, made_by=made_by)


def _over_something_else(
    made: Made,
    element: Element,
    signed_info: Element,
    shape: Shape,
    written: Sequence[bytes],
) -> SignatureProblem | None:
    """What the key signed, where it is not ds:SignedInfo as its algorithms say; None where it is that or unknown."""
    says = DIGEST_OF[shape.signature_algorithm]
    pss = shape.signature_algorithm == names.RSA_PSS_SHA256
    fault, at, mend = Fault.ALGORITHM, Spot(signed_info), ""
    if any(made.of(octets) for octets in written):
        if made.bare:
            received = f"the bare {made.algorithm} digest of ds:SignedInfo, without the name of the algorithm before it"
            mend = "Sign ds:SignedInfo by SHA256withRSA (PKCS#1 v1.5), not its digest by RSA alone."
        elif pss:
            received = "a signature with the padding of PKCS#1 v1.5, while SignatureMethod says RSA-PSS"
            mend = f"Set SignatureMethod to {names.RSA_SHA256}: the scheme has no RSA-PSS."
            fault = Fault.METHOD
        elif made.algorithm != says:
            received = f"a signature by RSA with {made.algorithm}, while SignatureMethod says {says}"
            mend = f"Sign with SHA-256, and write {names.RSA_SHA256} as SignatureMethod: the two must agree."
        else:
            return None
    elif any(made.of_its_digest(octets) for octets in written):
        received = "a signature over the digest of ds:SignedInfo: it was hashed twice"
        mend = "Give ds:SignedInfo itself to the function that signs: it makes the digest."
    elif (other := _canonicalised_as(made, signed_info, shape)) is not None:
        fault = Fault.DIGEST
        received = f"a signature over ds:SignedInfo by {other}, while it says {shape.canonicalization}"
        mend = f"Canonicalise ds:SignedInfo by {names.EXC_C14N} when signing, as CanonicalizationMethod must say."
    elif made.of(_canonical(diagnosis.unsigned(element), shape.canonicalization)):
        fault = Fault.DIGEST
        received = f"a signature over {named(element)} itself, and not over ds:SignedInfo"
        mend = "Put the digest of the message in ds:DigestValue, and sign ds:SignedInfo: best let a library do both."
    else:
        return None
    expected = f"a signature over ds:SignedInfo by {names.RSA_SHA256}"
    return SignatureProblem(fault, expected, f"{received}. The key is right", at=at, mend=mend)


def _canonicalised_as(made: Made, signed_info: Element, shape: Shape) -> str | None:
    for algorithm in (names.EXC_C14N, names.C14N):
        if algorithm != shape.canonicalization and made.of(_canonical(signed_info, algorithm)):
            return algorithm
    return None


def _salted_as_read(candidates: Sequence[Certificate], value: bytes, written: Sequence[bytes]) -> bool:
    """A salt as long as the digest is the only one that is read."""
    how = padding.PSS(padding.MGF1(SIGNATURE_ALGORITHMS[names.RSA_PSS_SHA256]()), padding.PSS.DIGEST_LENGTH)
    for certificate in candidates:
        for octets in written:
            try:
                digest = SIGNATURE_ALGORITHMS[names.RSA_PSS_SHA256]()
                certificate.public_key.verify(value, octets, how, digest)
            except (InvalidSignature, KeyProblem):
                continue
            return True
    return False


def _changed(element: Element, signature: Element, signed_info: Element, shape: Shape) -> diagnosis.Change:
    reference = child(signed_info, "ds:Reference")
    assert reference is not None
    holder = child(reference, "ds:DigestValue")
    assert holder is not None
    listed = next(reference.iter("{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"), None)
    prefixes = () if listed is None else tuple(str(listed.get("PrefixList", "")).split())
    exclusive = shape.transforms[1] == names.EXC_C14N
    return _miswritten(holder, shape.digest_algorithm) or diagnosis.changed(
        element,
        signature,
        _unbase64(text_of(holder)),
        shape.digest_algorithm,
        prefixes,
        exclusive=exclusive,
    )


def _miswritten(holder: Element, algorithm: str) -> diagnosis.Change | None:
    """What is wrong with the text of ds:DigestValue, if it cannot be a digest by that algorithm, however made."""
    sizes = {maker().digest_size for maker in diagnosis.HASHES.values()}
    text, size = "".join((text_of(holder) or "").split()), diagnosis.HASHES[algorithm]().digest_size
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        value = b""
    if HEX.fullmatch(text) and len(text) == 2 * size:
        what = f"{diagnosis.NOTHING}ds:DigestValue is hexadecimal"
    elif HEX.fullmatch(value.decode("ascii", "replace")) and len(value) == 2 * size:
        what = f"{diagnosis.NOTHING}ds:DigestValue is base64 of hexadecimal digits"
    elif len(value) == size or len(value) in sizes:
        return None
    else:
        received = f"{len(value)} bytes in base64" if value else "no base64"
        return diagnosis.Change(
            f"ds:DigestValue itself, which is {received}: {diagnosis.SHORT[algorithm]} makes {size} bytes",
            "Write the bytes of the digest in base64, whole.",
            Spot(holder),
        )
    return diagnosis.Change(what, NO_HEX, Spot(holder))


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
