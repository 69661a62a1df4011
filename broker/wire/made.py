"""What a signature that does not verify was made of, and how: RSA gives the digest back, and other ways can be tried.

Only to say it. Nothing here makes a message accepted: whoever asks has refused it already. The work is bounded by
``MOST_KEYS``, as anybody may send a message that makes us look.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from broker.wire import names
from broker.wire.keys import Certificate, KeyProblem
from broker.wire.signature import SIGNATURE_ALGORITHMS

MOST_KEYS = 20
"""Certificates of one provider that are tried for each way of signing: the first so many that it names."""
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_DIGEST_INFO = {
    "SHA-1": (hashlib.sha1, "3021300906052b0e03021a05000414"),
    "SHA-256": (hashlib.sha256, "3031300d060960864801650304020105000420"),
    "SHA-384": (hashlib.sha384, "3041300d060960864801650304020205000430"),
    "SHA-512": (hashlib.sha512, "3051300d060960864801650304020305000440"),
}
"""What stands before the digest in what RSA signs (RFC 8017, 9.2)."""
_FOR_PSS: tuple[hashes.HashAlgorithm, ...] = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())

DIGEST_OF = {
    names.RSA_SHA1: "SHA-1",
    names.RSA_SHA256: "SHA-256",
    names.RSA_SHA384: "SHA-384",
    names.RSA_SHA512: "SHA-512",
    names.RSA_PSS_SHA256: "SHA-256",
}
BACKWARDS = (
    "one whose bytes stand in reverse: the key is right",
    "Reverse the bytes of the signature before they go into base64: the CryptoAPI of Windows gives the last one first.",
)
IN_HEX = "Write the bytes of the signature in base64: what came are their hexadecimal digits."
NO_PSS = f"Sign by {names.RSA_SHA256}, with the padding of PKCS#1 v1.5 (SHA256withRSA in Java); RSA-PSS is not read."


@dataclass(frozen=True, slots=True)
class Made:
    """What a key signed: a digest by ``algorithm``, ``SHA-256``; ``bare`` where it does not say by which."""

    algorithm: str
    digest: bytes
    bare: bool = False

    def of(self, octets: bytes) -> bool:
        return self.hash(octets) == self.digest

    def of_its_digest(self, octets: bytes) -> bool:
        """Hashed twice: somebody handed a digest to a function that makes one itself."""
        return any(self.hash(maker(octets).digest()) == self.digest for maker, _ in _DIGEST_INFO.values())

    def hash(self, octets: bytes) -> bytes:
        return _DIGEST_INFO[self.algorithm][0](octets).digest()


def made_so(certificate: Certificate, value: bytes, octets: bytes, algorithm: str) -> bool:
    """Whether this key made this signature over these octets, by an algorithm that is read."""
    try:
        digest = SIGNATURE_ALGORITHMS[algorithm]()
        certificate.public_key.verify(value, octets, padding.PKCS1v15(), digest)
    except (InvalidSignature, KeyProblem):
        return False
    return True


def recovered(certificate: Certificate, value: bytes) -> bytes:
    """What this key signed, if it made the signature over anything at all; b"" where it did not."""
    try:
        return certificate.public_key.recover_data_from_signature(value, padding.PKCS1v15(), None)
    except (InvalidSignature, KeyProblem, ValueError):
        return b""


def digests(certificate: Certificate, value: bytes) -> Iterator[Made]:
    """What was signed, as a digest. A bare one may be of either algorithm of its length."""
    data = recovered(certificate, value)
    for algorithm, (maker, prefix) in _DIGEST_INFO.items():
        size = maker().digest_size
        if data == bytes.fromhex(prefix) + data[-size:]:
            yield Made(algorithm, data[-size:])
        elif data and len(data) == size:
            yield Made(algorithm, data, bare=True)


def by_pss(
    certificate: Certificate,
    value: bytes,
    octets: bytes,
    digests: Sequence[hashes.HashAlgorithm] = _FOR_PSS,
) -> str:
    """By which of these digests RSA-PSS made this signature, with a salt of any length; "" where by none."""
    for digest in digests:
        try:
            certificate.public_key.verify(
                value, octets, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest
            )
        except (InvalidSignature, KeyProblem, ValueError):
            continue
        return f"SHA-{digest.name[3:]}"
    return ""


def any_pss(candidates: Sequence[Certificate], value: bytes, written: Sequence[bytes]) -> str:
    """The same for the first of these keys that made it over one of these octets."""
    for certificate in candidates[:MOST_KEYS]:
        for octets in written:
            if found := by_pss(certificate, value, octets):
                return found
    return ""


def reversed_by(candidates: Sequence[Certificate], value: bytes) -> bool:
    """Whether one of these keys made it, and its bytes stand in reverse: the CryptoAPI of Windows gives them so."""
    return any(recovered(certificate, value[::-1]) for certificate in candidates[:MOST_KEYS])


def hexadecimal(text: str, sizes: Sequence[int]) -> bool:
    """Whether this is so many bytes in hexadecimal, where base64 should be."""
    bare = "".join(text.split()).replace(":", "")
    return len(bare) // 2 in sizes and HEX.fullmatch(bare) is not None


def key_sizes(candidates: Sequence[Certificate]) -> list[int]:
    return sorted({certificate.public_key.key_size // 8 for certificate in candidates[:MOST_KEYS]})


def names_of(candidates: Sequence[Certificate]) -> str:
    return " or ".join(f"the certificate with SHA-256 {c.fingerprint}" for c in candidates) or "no key"
