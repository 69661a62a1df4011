"""What is tried of a signature that does not verify: only to say it, and within bounds."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from broker.wire import made, query_signed, told_apart
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate
from broker.wire.signing import Fault, SignatureProblem, verify, verify_query
from broker.wire.xml import parse
from support import mistakes
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


def test_rsa_pss_is_tried_by_the_digests_that_are_asked(sp: ServiceProvider) -> None:
    long = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    value = signed(sp, OCTETS, long, hashes.SHA512())
    assert made.by_pss(certificate(sp), value, OCTETS) == "SHA-512"
    assert made.by_pss(certificate(sp), value, OCTETS, [hashes.SHA256()]) == ""


class Counted:
    """A certificate that made nothing, and counts how often that is asked of it."""

    def __init__(self) -> None:
        self.asked = 0
        self.public_key = SimpleNamespace(verify=self._verify)

    def _verify(self, *_: Any) -> None:
        self.asked += 1
        raise InvalidSignature


def refused_message(method: str, *known: Certificate) -> SignatureProblem:
    by, address = ServiceProvider(), "https://broker.example/sso/1.13"
    message = mistakes.signed_by_hand(by.request(address), lambda _: bytes(256), method=method)
    with pytest.raises(SignatureProblem) as caught:
        verify(parse(message), known)
    return caught.value


@pytest.mark.parametrize("method", [RSA_SHA256, PSS])
def test_whose_key_it_was_is_asked_of_a_certificate_twice_at_most(sp: ServiceProvider, method: str) -> None:
    problem, stranger = refused_message(method, certificate(sp)), Counted()
    assert problem.fault is Fault.KEY
    assert problem.made_by
    assert not problem.made_by(stranger)  # type: ignore[arg-type]
    assert stranger.asked == 2


@pytest.mark.parametrize("method", [RSA_SHA256, PSS])
def test_only_so_many_keys_are_tried_on_a_message(
    sp: ServiceProvider, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: dict[str, set[int]] = {}
    for name in ("by_pss", "made_so", "recovered", "digests"):
        real = getattr(told_apart, name)

        def counting(key: Certificate, *rest: Any, _real: Any = real, _name: str = name) -> Any:
            tried.setdefault(_name, set()).add(id(key))
            return _real(key, *rest)

        monkeypatch.setattr(told_apart, name, counting)
    der = certificate(sp).der
    many = [Certificate(der) for _ in range(made.MOST_KEYS + 5)]
    assert refused_message(method, *many).fault is Fault.KEY
    assert {len(keys) for keys in tried.values()} == {made.MOST_KEYS}
    assert set(tried) == {"recovered", "digests", "by_pss" if method == PSS else "made_so"}
