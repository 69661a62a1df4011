"""Signatures that come in: what is verified is what is read, by a key from the metadata and by no other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate, KeyProblem, SigningKey
from broker.wire.signing import Fault, SignatureProblem, sign, verify, verify_query
from broker.wire.xml import parse
from support import mistakes
from support.mistakes import Build
from support.sp import NS, RSA_SHA256, ServiceProvider, make_key

SSO = "http://127.0.0.1:8080/sso/1.13"
FAULTS = {
    mistakes.unsigned: Fault.MISSING,
    mistakes.by_another_key: Fault.KEY,
    mistakes.by_the_key_in_key_info: Fault.KEY,
    mistakes.md5_signature: Fault.ALGORITHM,
    mistakes.md5_digest: Fault.ALGORITHM,
    mistakes.hmac_with_the_public_certificate: Fault.ALGORITHM,
    mistakes.empty_reference: Fault.STRUCTURE,
    mistakes.two_references: Fault.STRUCTURE,
    mistakes.two_signatures: Fault.STRUCTURE,
    mistakes.xpath_transform: Fault.STRUCTURE,
    mistakes.xslt_transform: Fault.STRUCTURE,
    mistakes.changed_after_signing: Fault.DIGEST,
    mistakes.original_in_extensions: Fault.STRUCTURE,
    mistakes.original_in_object: Fault.STRUCTURE,
    mistakes.original_whole_in_extensions: Fault.MISPLACED,
    mistakes.original_as_sibling: Fault.STRUCTURE,
    mistakes.same_id_in_extensions: Fault.STRUCTURE,
    mistakes.same_id_in_object: Fault.STRUCTURE,
    mistakes.evil_in_object: Fault.STRUCTURE,
    mistakes.signature_beside_the_original: Fault.MISPLACED,
}


def certificate(sp: ServiceProvider, name: str | None = None) -> Certificate:
    return Certificate(sp.certificate.public_bytes(serialization.Encoding.DER), name)


def test_every_forgery_has_its_row() -> None:
    assert {*mistakes.FORGERIES, *mistakes.WRAPPINGS} <= set(FAULTS)


@pytest.mark.parametrize(("build", "fault"), FAULTS.items(), ids=[build.__name__ for build in FAULTS])
def test_a_forgery_is_refused_for_what_it_is(sp: ServiceProvider, build: Build, fault: Fault) -> None:
    """Whatever the schema says of it."""
    with pytest.raises(SignatureProblem) as caught:
        verify(parse(build(sp, SSO)), [certificate(sp)])
    assert caught.value.fault is fault, str(caught.value)
    assert caught.value.expected
    assert caught.value.received


@pytest.mark.parametrize("build", [mistakes.well_signed, lambda sp, sso: sp.signed(sp.request(sso))])
def test_a_good_signature_tells_what_it_was_made_with(sp: ServiceProvider, build: Build) -> None:
    signed = verify(parse(build(sp, SSO)), [certificate(sp)])
    assert signed.signature_algorithm == RSA_SHA256
    assert signed.digest_algorithm == mistakes.DIGESTS["sha256"]
    assert signed.canonicalization == mistakes.EXC_C14N
    assert signed.transforms == (mistakes.ENVELOPED, mistakes.EXC_C14N)
    assert signed.certificate == certificate(sp)


def test_of_several_certificates_the_right_one_is_found_whatever_the_key_name_says(
    sp: ServiceProvider,
) -> None:
    """During a roll-over the metadata has two."""
    _, next_one = make_key("next")
    others = [Certificate(next_one.public_bytes(serialization.Encoding.DER)), certificate(sp, "old name")]
    signed = verify(parse(sp.signed(sp.request(SSO))), others)
    assert signed.certificate is others[1]


def test_without_a_certificate_nothing_verifies(sp: ServiceProvider) -> None:
    with pytest.raises(SignatureProblem, match="metadata without one"):
        verify(parse(mistakes.well_signed(sp, SSO)), [])


@pytest.mark.parametrize(
    "attribute", ["ID", "Id", "id", "{urn:x}ID", "{http://www.w3.org/XML/1998/namespace}id"]
)
def test_the_signed_id_stands_once_by_whatever_name(sp: ServiceProvider, attribute: str) -> None:
    request = sp.request(SSO, children='<samlp:Extensions><x xmlns="urn:x"/></samlp:Extensions>')
    request.find("samlp:Extensions", NS)[0].set(attribute, request.get("ID"))
    with pytest.raises(SignatureProblem, match="once in the document"):
        verify(
            parse(mistakes.signed_by_hand(request, mistakes.by_rsa(sp.key, hashes.SHA256()))),
            [certificate(sp)],
        )


def test_a_signature_without_a_value_is_refused_before_it_is_looked_at(sp: ServiceProvider) -> None:
    message = etree.fromstring(mistakes.well_signed(sp, SSO))
    message.find("ds:Signature/ds:SignatureValue", NS).text = None
    with pytest.raises(SignatureProblem) as caught:
        verify(message, [certificate(sp)])
    assert caught.value.fault is Fault.STRUCTURE


def test_what_we_sign_is_verified_by_us_and_not_after_a_change() -> None:
    key = SigningKey.generate("ours", "00000003999999990000", datetime.now(UTC))
    element = etree.fromstring('<a ID="_1"><b>text</b></a>')
    sign(element, key)
    assert verify(parse(etree.tostring(element)), [key.certificate]).key_name == key.key_name
    element.find("b").text = "another"
    with pytest.raises(SignatureProblem) as caught:
        verify(parse(etree.tostring(element)), [key.certificate])
    assert caught.value.fault is Fault.DIGEST


def query(sp: ServiceProvider, algorithm: str = RSA_SHA256, **change: Any) -> QuerySignature:
    octets = b"SAMLRequest=a&SigAlg=b"
    value = sp.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    return QuerySignature(**{"signed": octets, "algorithm": algorithm, "value": value} | change)


def test_a_query_signature_is_verified_over_the_octets_as_they_came(sp: ServiceProvider) -> None:
    assert verify_query(query(sp), [certificate(sp)]).signature_algorithm == RSA_SHA256
    with pytest.raises(SignatureProblem) as caught:
        verify_query(query(sp, signed=b"SAMLRequest=a&SigAlg=B"), [certificate(sp)])
    assert caught.value.fault is Fault.QUERY, "the key is right, as RSA tells"


@pytest.mark.parametrize(
    ("algorithm", "change", "fault"),
    [
        (mistakes.RSA_MD5, {}, Fault.ALGORITHM),
        (mistakes.HMAC_SHA256, {}, Fault.ALGORITHM),
        ("", {}, Fault.ALGORITHM),
        (RSA_SHA256, {"value": b""}, Fault.MISSING),
        (RSA_SHA256, {"value": b"x" * 256}, Fault.KEY),
        (mistakes.RSA_SHA1, {}, Fault.QUERY),
    ],
)
def test_a_query_signature_that_is_none_is_refused(
    sp: ServiceProvider, algorithm: str, change: dict[str, bytes], fault: Fault
) -> None:
    with pytest.raises(SignatureProblem) as caught:
        verify_query(query(sp, algorithm, **change), [certificate(sp)])
    assert caught.value.fault is fault


def test_a_key_file_with_the_certificate_of_another_is_refused_by_name() -> None:
    now = datetime.now(UTC)
    one, other = (SigningKey.generate(name, "0" * 20, now) for name in ("one", "other"))
    mixed = one.pem + other.certificate.x509.public_bytes(serialization.Encoding.PEM)
    with pytest.raises(KeyProblem, match=r"broker\.pem: the private key is not the one of the certificate"):
        SigningKey.of_pem(mixed, "broker.pem")
    with pytest.raises(KeyProblem, match=r"broker\.pem: expected a private key and its certificate"):
        SigningKey.of_pem(b"nothing", "broker.pem")


def test_our_certificate_says_test_has_the_oin_and_2048_bits() -> None:
    certificate = SigningKey.generate("urn:x", "00000003999999990000", datetime.now(UTC)).certificate
    subject = certificate.x509.subject.rfc4514_string()
    assert "TEST" in subject
    assert "00000003999999990000" in subject
    assert certificate.public_key.key_size == 2048
