"""A refused signature is told apart: what was changed, whose key it is, how the query was signed. Never accepted."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.wire import names
from broker.wire.bindings import QuerySignature
from broker.wire.keys import Certificate
from broker.wire.places import place
from broker.wire.signing import Fault, SignatureProblem, verify, verify_query
from broker.wire.xml import parse
from support import mistakes
from support.certificates import UNREADABLE
from support.sp import NS, RSA_SHA256, ServiceProvider

SSO = "https://broker.example/sso/1.13"


def certificate(sp: ServiceProvider) -> Certificate:
    return Certificate(sp.certificate.public_bytes(serialization.Encoding.DER))


def refused(message: bytes, *certificates: Certificate) -> SignatureProblem:
    with pytest.raises(SignatureProblem) as caught:
        verify(parse(message), certificates)
    return caught.value


# What was changed since.


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(message: bytes) -> bytes:
        assert old in message
        return message.replace(old, new, 1)

    return change


def indented(message: bytes) -> bytes:
    root = etree.fromstring(message)
    etree.indent(root)
    return etree.tostring(root)


def spread(message: bytes) -> bytes:
    """As some editors do it: text on a line of its own too."""
    return re.sub(rb"(<saml:Issuer>)([^<]+)(</saml:Issuer>)", rb"\1\n    \2\n  \3", indented(message))


def signature_indented(message: bytes) -> bytes:
    root = etree.fromstring(message)
    etree.indent(root.find("ds:Signature", NS))
    return etree.tostring(root)


CHANGES: list[tuple[str, Callable[[bytes], bytes], str, str]] = [
    ("indented", indented, "white space between elements (indentation, line ends)", "<ds:Signature>"),
    ("the signature indented", signature_indented, "white space inside ds:Signature", "<ds:Signature>"),
    ("spread out", spread, "white space between elements and around text", "<ds:Signature>"),
    (
        "a line end at the end",
        swapped(b"</samlp:AuthnRequest>", b"\n</samlp:AuthnRequest>"),
        "white space",
        "",
    ),
    (
        "an attribute",
        swapped(b' Version="2.0"', b' Version="2.0" ProviderName="Gemeente"'),
        'the attribute ProviderName="Gemeente" of <samlp:AuthnRequest> was added',
        "@ProviderName of <samlp:AuthnRequest>",
    ),
    (
        "an attribute deeper down",
        swapped(b"<saml:Issuer>", b'<saml:Issuer Format="urn:x">'),
        'the attribute Format="urn:x" of <saml:Issuer> was added',
        "@Format of <saml:Issuer>",
    ),
    (
        "an element",
        swapped(
            b"<samlp:RequestedAuthnContext",
            b'<samlp:NameIDPolicy AllowCreate="1"/><samlp:RequestedAuthnContext',
        ),
        "<samlp:NameIDPolicy> was added",
        "<samlp:NameIDPolicy>",
    ),
    (
        "an element on a line of its own",
        swapped(b"<samlp:RequestedAuthnContext", b"\n<samlp:NameIDPolicy/>\n<samlp:RequestedAuthnContext"),
        "<samlp:NameIDPolicy> was added after signing, and white space",
        "<samlp:NameIDPolicy>",
    ),
    (
        "indented, with an attribute",
        lambda message: indented(swapped(b' Version="2.0"', b' Version="2.0" Consent="urn:x"')(message)),
        'Consent="urn:x" of <samlp:AuthnRequest> was added after signing, and white space',
        "@Consent of <samlp:AuthnRequest>",
    ),
    (
        "another scheme in Destination",
        swapped(b'Destination="https:', b'Destination="http:'),
        f'Destination was changed after signing: it was "{SSO}"',
        "@Destination of <samlp:AuthnRequest>",
    ),
    (
        "a slash behind Destination",
        swapped(b'sso/1.13"', b'sso/1.13/"'),
        f'Destination was changed after signing: it was "{SSO}"',
        "@Destination of <samlp:AuthnRequest>",
    ),
    (
        "a Destination that is no address",
        swapped(b'Destination="https:', b'Destination="https://[:'),
        "which part cannot be known",
        "",
    ),
    ("another value", swapped(b"loa3", b"loa4"), "which part cannot be known", "<ds:Signature>"),
    ("another issuer", swapped(b":entities:9001", b":entities:9002"), "which part cannot be known", ""),
]


@pytest.mark.parametrize(
    ("change", "says", "where"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_what_was_changed_after_signing_is_said_where_it_can_be_known(
    sp: ServiceProvider, change: Callable[[bytes], bytes], says: str, where: str
) -> None:
    signed = sp.signed(sp.request(SSO))
    assert verify(parse(signed), [certificate(sp)])
    message = change(signed)
    problem = refused(message, certificate(sp))
    assert problem.fault is Fault.DIGEST
    assert says in problem.received
    assert problem.at
    if where:
        assert place(message, problem.at).name == where
        assert place(message, problem.at).column


@pytest.mark.parametrize("other", [names.SHA1, names.SHA512])
def test_a_digest_by_another_algorithm_than_is_said_is_no_change_of_the_message(
    sp: ServiceProvider, other: str
) -> None:
    """DigestMethod is in what is signed, so it is signed with the lie in it."""
    request = sp.request(SSO)
    digest = {names.SHA1: hashes.SHA1(), names.SHA512: hashes.SHA512()}[other]
    hasher = hashes.Hash(digest)
    hasher.update(etree.tostring(request, method="c14n", exclusive=True))
    message = etree.fromstring(mistakes.signed_by_hand(request, mistakes.by_rsa(sp.key, hashes.SHA256())))
    message.find(".//ds:DigestValue", NS).text = base64.b64encode(hasher.finalize()).decode()
    info = etree.tostring(message.find(".//ds:SignedInfo", NS), method="c14n", exclusive=True)
    value = sp.key.sign(info, padding.PKCS1v15(), hashes.SHA256())
    message.find(".//ds:SignatureValue", NS).text = base64.b64encode(value).decode()
    problem = refused(etree.tostring(message), certificate(sp))
    assert problem.fault is Fault.DIGEST
    assert "DigestMethod says SHA-256" in problem.received


def test_a_large_message_with_a_wrong_digest_takes_no_long_time(sp: ServiceProvider) -> None:
    """Anybody can send what somebody else has signed, with more in it."""
    inside = "".join(f'<x xmlns="urn:x" a{n}="{n}" b="" c="" d=""/>' for n in range(12_000))
    signed = sp.signed(sp.request(SSO))
    extensions = f"<samlp:Extensions>{inside}</samlp:Extensions><samlp:RequestedAuthnContext".encode()
    message = signed.replace(b"<samlp:RequestedAuthnContext", extensions, 1).replace(b"loa3", b"loa4")
    begun = time.process_time()
    problem = refused(message, certificate(sp))
    # No measure of speed: where all is tried it takes minutes.
    assert time.process_time() - begun < 20
    assert "too large to try" in problem.received


def test_a_namespace_that_cannot_be_canonicalised_is_told(sp: ServiceProvider) -> None:
    message = sp.signed(sp.request(SSO)).replace(b' Version="2.0"', b' Version="2.0" xmlns:z="z" z:z="1"', 1)
    problem = refused(message, certificate(sp))
    assert problem.fault is Fault.STRUCTURE
    assert problem.mend
    assert "no whole URI" in problem.mend


def test_a_signed_info_that_was_rewritten_is_told_from_another_key(sp: ServiceProvider) -> None:
    """RSA gives back the digest that was signed, whatever it is of: so the key is known to be right."""
    message = sp.signed(sp.request(SSO)).replace(b"<ds:SignedInfo", b'<ds:SignedInfo Id="x"', 1)
    problem = refused(message, certificate(sp))
    assert problem.fault is Fault.DIGEST
    assert "a ds:SignedInfo that was changed after signing" in problem.received


# Another key.


def test_a_key_that_is_only_in_key_info_is_named_and_not_believed(sp: ServiceProvider) -> None:
    problem = refused(mistakes.by_the_key_in_key_info(sp, SSO), certificate(sp))
    assert problem.fault is Fault.KEY
    assert "the certificate in KeyInfo, CN=" in problem.received
    assert re.search("SHA-256 [0-9a-f]{64}", problem.received)
    assert problem.mend
    assert "never trusted" in problem.mend


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_certificate_in_key_info_that_cannot_be_read_is_none(what: str, sp: ServiceProvider) -> None:
    message = mistakes.by_the_key_in_key_info(sp, SSO)
    bad = b"X509Certificate>" + base64.b64encode(UNREADABLE[what]) + b"</"
    problem = refused(re.sub(rb"X509Certificate>[^<]+</", lambda _: bad, message), certificate(sp))
    assert problem.fault is Fault.KEY
    assert "the certificate in KeyInfo" not in problem.received


def test_of_a_foreign_key_it_can_be_asked_whose_it_is(sp: ServiceProvider) -> None:
    other = ServiceProvider()
    problem = refused(other.signed(sp.request(SSO)), certificate(sp))
    assert problem.fault is Fault.KEY
    assert problem.made_by
    assert problem.made_by(certificate(other))
    assert not problem.made_by(certificate(sp))


# The query.

XML = "fVLLTsMwEPyVyHf+/w==~"
PARTS = {"SAMLRequest": XML, "RelayState": "a b&c/d", "SigAlg": RSA_SHA256}


def lower(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def octets(order: str, encode: Callable[[str], str]) -> bytes:
    return "&".join(f"{name}={encode(PARTS[name])}" for name in order.split()).encode()


SENT = "SAMLRequest RelayState SigAlg"
QUERIES: list[tuple[str, str, Callable[[str], str], str]] = [
    ("SigAlg before RelayState", "SAMLRequest SigAlg RelayState", quote_plus, "SAMLRequest, SigAlg, RelayState"),
    ("without RelayState", "SAMLRequest SigAlg", quote_plus, "SAMLRequest, SigAlg, encoded as sent"),
    ("by name", "RelayState SAMLRequest SigAlg", quote_plus, "RelayState, SAMLRequest, SigAlg, encoded as sent"),
    ("in lower case", SENT, lambda text: lower(quote_plus(text)), "lower-case percent-encoding (as .NET's"),
    ("with %20", SENT, lambda text: quote(text, safe=""), "%20 for a space"),
    ("not encoded", SENT, lambda text: text, "without URL-encoding"),
    ("with slashes", SENT, quote, "with / left as it is"),
    ("SAMLRequest alone", "SAMLRequest", quote_plus, "SAMLRequest, encoded as sent"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "encode", "says"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES]
)
def test_how_the_query_was_signed_is_said_if_it_is_a_usual_way(
    sp: ServiceProvider, order: str, encode: Callable[[str], str], says: str
) -> None:
    value = sp.key.sign(octets(order, encode), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(SignatureProblem) as caught:
        verify_query(QuerySignature(octets(SENT, quote_plus), RSA_SHA256, value), [certificate(sp)])
    assert caught.value.fault is Fault.QUERY
    assert says in caught.value.received
    assert caught.value.mend


def test_a_query_that_nobody_signed_so_is_by_another_key(sp: ServiceProvider) -> None:
    other = ServiceProvider()
    value = other.key.sign(octets(SENT, quote_plus), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(SignatureProblem) as caught:
        verify_query(QuerySignature(octets(SENT, quote_plus), RSA_SHA256, value), [certificate(sp)])
    assert caught.value.fault is Fault.KEY
    assert caught.value.made_by
    assert caught.value.made_by(certificate(other))


def test_a_query_signed_by_sha_1_while_it_says_sha_256(sp: ServiceProvider) -> None:
    value = sp.key.sign(octets(SENT, quote_plus), padding.PKCS1v15(), hashes.SHA1())
    with pytest.raises(
        SignatureProblem, match="one by SHA-1 while SigAlg says SHA-256: key and octets are right"
    ):
        verify_query(QuerySignature(octets(SENT, quote_plus), RSA_SHA256, value), [certificate(sp)])


def build(name: str) -> Any:
    return getattr(mistakes, name)


@pytest.mark.parametrize(
    ("name", "expected", "where"),
    [
        ("unsigned", "one ds:Signature as direct child of <samlp:AuthnRequest>", "<samlp:AuthnRequest>"),
        ("two_signatures", "one ds:Signature as direct child", "<ds:Signature>"),
        ("empty_reference", "Reference URI=", "@URI of <ds:Reference>"),
        ("xpath_transform", "transforms enveloped-signature, then exc-c14n", "<ds:Transforms>"),
        ("md5_signature", RSA_SHA256, "@Algorithm of <ds:SignatureMethod>"),
        ("md5_digest", names.SHA256, "@Algorithm of <ds:DigestMethod>"),
        ("original_in_object", "", ""),
    ],
)
def test_each_refusal_points_at_the_part_that_is_wrong(
    sp: ServiceProvider, name: str, expected: str, where: str
) -> None:
    message = build(name)(sp, SSO)
    problem = refused(message, certificate(sp))
    assert expected in problem.expected
    assert problem.at
    assert place(message, problem.at).column
    if where:
        assert place(message, problem.at).name == where
