"""What is tried of a signature that does not verify: only to say it, and within bounds."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from broker.wire import made, query_signed
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate
from broker.wire.signing import Fault, SignatureProblem, verify_query
from support.sp import RSA_SHA256, ServiceProvider

OCTETS = b"SAMLRequest=a&SigAlg=b"
PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"


def certificate(sp: ServiceProvider) -> Certificate:
    return Certificate(sp.certificate.public_bytes(serialization.Encoding.DER))


def pss(salt: Any) -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), salt)


def signed(sp: ServiceProvider, octets: bytes, how: Any, digest: Any = None) -> bytes:
    return bytes(sp.key.sign(octets, how, digest or hashes.SHA256()))


def refused(value: bytes, *known: Certificate, algorithm: str = RSA_SHA256) -> SignatureProblem:
    with pytest.raises(SignatureProblem) as caught:
        verify_query(QuerySignature(OCTETS, algorithm, value), known)
    return caught.value


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_digest_that_was_signed_comes_back(sp: ServiceProvider, digest: Any) -> None:
    value = signed(sp, OCTETS, padding.PKCS1v15(), digest)
    (found,) = made.digests(certificate(sp), value)
    assert found.algorithm.replace("-", "").lower() == digest.name
    assert found.of(OCTETS)
    assert not found.of(OCTETS + b"c")


def test_a_key_that_did_not_sign_gives_nothing_back(sp: ServiceProvider) -> None:
    value = signed(sp, OCTETS, padding.PKCS1v15())
    assert made.recovered(certificate(ServiceProvider()), value) == b""
    assert list(made.digests(certificate(ServiceProvider()), value)) == []


@pytest.mark.parametrize("salt", [0, 20, 32, padding.PSS.MAX_LENGTH])
def test_another_padding_is_named_whatever_its_salt_and_never_accepted(
    sp: ServiceProvider, salt: Any
) -> None:
    value = signed(sp, OCTETS, pss(salt))
    problem = refused(value, certificate(sp))
    assert problem.fault is Fault.METHOD
    assert "RSA-PSS with SHA-256" in problem.received
    assert refused(value, certificate(sp), algorithm=PSS).fault is Fault.METHOD


def test_bytes_in_reverse_are_named_and_never_accepted(sp: ServiceProvider) -> None:
    problem = refused(signed(sp, OCTETS, padding.PKCS1v15())[::-1], certificate(sp))
    assert problem.fault is Fault.QUERY
    assert "reverse" in problem.received


def test_a_digest_that_was_signed_bare_is_named(sp: ServiceProvider) -> None:
    """As NONEwithRSA makes it of a digest: without the name of the algorithm before it."""
    numbers = sp.key.private_numbers()
    modulus, size = numbers.public_numbers.n, sp.key.key_size // 8
    digest = hashlib.sha256(OCTETS).digest()
    block = b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest
    value = pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes(size, "big")
    problem = refused(value, certificate(sp))
    assert "bare SHA-256 digest" in problem.received


def test_only_so_many_keys_are_tried(sp: ServiceProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Certificate] = []
    monkeypatch.setattr(query_signed, "digests", lambda known, value: asked.append(known) or iter(()))
    many = [certificate(ServiceProvider())] * (made.MOST_KEYS + 5)
    assert refused(signed(sp, OCTETS, padding.PKCS1v15()), *many).fault is Fault.KEY
    assert len(asked) == made.MOST_KEYS


def test_nothing_is_tried_of_a_signature_that_is_good(
    sp: ServiceProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_signed, "digests", lambda *_: pytest.fail("tried"))
    good = QuerySignature(OCTETS, RSA_SHA256, signed(sp, OCTETS, padding.PKCS1v15()))
    assert verify_query(good, [certificate(ServiceProvider()), certificate(sp)]).certificate == certificate(
        sp
    )
