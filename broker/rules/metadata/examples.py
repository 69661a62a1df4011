"""Flawless metadata, and how each rule's example departs from it.

The key is made when the first example is asked for, never when the broker runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from broker.rules.engine import Example
from broker.rules.metadata.seen import Pair, SeenMetadata, Surroundings, see
from broker.wire.keys import Certificate, SigningKey
from broker.wire.shape import SCHEME_SIGNING, Signing
from broker.wire.signing import sign, sign_with_certificate
from broker.wire.xml import parse, serialize

NOW = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
OIN = "00000001777777770000"
PKIOVERHEID = ObjectIdentifier("2.16.528.1.1003.1.2.8.6")
SURROUNDINGS = Surroundings(NOW)

FLAWLESS = f"""\
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_md-1"
    xmlns:eme="urn:etoegang:1.13:metadata-extension" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
    entityID="urn:etoegang:DV:{OIN}:entities:9001" eme:version="1.13">
  <md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true"
      protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor>
      <ds:KeyInfo>
        <ds:KeyName>FINGERPRINT</ds:KeyName>
        <ds:X509Data><ds:X509Certificate>CERTIFICATE</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
        Location="https://sp.example/acs" index="1" isDefault="true"/>
    <md:AttributeConsumingService index="1" isDefault="true">
      <md:ServiceName xml:lang="nl">Mijn loket</md:ServiceName>
      <md:RequestedAttribute Name="urn:etoegang:DV:{OIN}:services:1"/>
      <md:RequestedAttribute Name="urn:etoegang:1.9:attribute:FirstName"/>
    </md:AttributeConsumingService>
  </md:SPSSODescriptor>
  <md:Organization>
    <md:OrganizationName xml:lang="nl">Testorganisatie (fictief)</md:OrganizationName>
    <md:OrganizationDisplayName xml:lang="nl">Testorganisatie (fictief)</md:OrganizationDisplayName>
    <md:OrganizationURL xml:lang="nl">https://sp.example/</md:OrganizationURL>
  </md:Organization>
  <md:ContactPerson contactType="administrative"><md:EmailAddress>beheer@sp.example</md:EmailAddress>
  </md:ContactPerson>
</md:EntityDescriptor>"""


_PRIMES = {"first": (1094, 1536), "second": (366, 690), "home-made": (888, 104)}
"""How far the primes of each key lie above the number that its name gives: so the examples never change, and no key
lies in the repository."""


@cache
def key(name: str = "first") -> SigningKey:
    """With a certificate for the three years around ``NOW``, which looks like PKIoverheid's unless it is home-made."""
    private = _private(name)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "sp.example"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, OIN),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(list(_PRIMES).index(name) + 1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3 * 365))
    )
    if name != "home-made":
        policy = x509.CertificatePolicies([x509.PolicyInformation(PKIOVERHEID, None)])
        builder = builder.add_extension(policy, critical=False)
    certificate = builder.sign(private, hashes.SHA256())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(pem, Certificate(certificate.public_bytes(serialization.Encoding.DER)))


def _private(name: str) -> rsa.RSAPrivateKey:
    """A key that anybody can make again: it is for examples, and opens nothing."""
    word = name.replace("home-made", "bare")
    p, q = (
        (int.from_bytes(hashlib.shake_256(f"{word} {letter}".encode()).digest(128), "big") | 3 << 1022 | 1)
        + more
        for letter, more in zip("pq", _PRIMES[name], strict=True)
    )
    public = 65_537
    d = pow(public, -1, (p - 1) * (q - 1))
    exponents = (d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    numbers = rsa.RSAPrivateNumbers(p, q, *exponents, rsa.RSAPublicNumbers(public, p * q))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def document(
    *edits: tuple[str, str],
    after: tuple[str, str] | None = None,
    by: str = "first",
    algorithms: Signing | None = None,
    how: str = "certificate",
) -> bytes:
    """The flawless one, altered and then signed; ``after`` is what somebody changes after that.

    ``how``: certificate, name or none, by what is in KeyInfo of the signature, or no signature.
    """
    signer = key(by)
    text = FLAWLESS
    for old, new in edits:
        if old not in text:
            raise ValueError(f"the flawless metadata has no {old!r}")
        text = text.replace(old, new)
    text = text.replace("FINGERPRINT", signer.key_name).replace("CERTIFICATE", signer.certificate.base64)
    if "SECOND" in text:
        text = text.replace("SECOND", key("second").certificate.base64)
    if how == "none":
        return text.encode()
    root = parse(text.encode())
    if how == "name" or algorithms:
        sign(root, signer, algorithms=replace(algorithms or SCHEME_SIGNING, certificate=how != "name"))
        if algorithms:
            info = root.find(".//{*}Signature/{*}KeyInfo")
            assert info is not None
            for name in info.findall("{*}KeyName"):
                info.remove(name)
    else:
        sign_with_certificate(root, signer)
    signed = serialize(root).decode()
    if after:
        signed = signed.replace(*after)
    return signed.encode()


def made(*edits: tuple[str, str], around: Surroundings = SURROUNDINGS, **how: Any) -> SeenMetadata:
    return see(document(*edits, **how), around)[0]


def swap(old: str, new: str) -> Pair:
    """Good: the flawless metadata, with ``old`` in it. Bad: with ``new`` instead of that."""
    return Pair(
        bad=Example(lambda: made((old, new)), FLAWLESS.replace(old, new)),
        good=Example(made, FLAWLESS),
    )


def other(
    shown_bad: str,
    shown_good: str,
    *edits: tuple[str, str],
    around: Surroundings = SURROUNDINGS,
    good: Surroundings = SURROUNDINGS,
    right: tuple[tuple[str, str], ...] = (),
    **how: Any,
) -> Pair:
    """Where what is wrong is not one piece of text: ``edits`` make it wrong, ``right`` what is right."""
    return Pair(
        bad=Example(lambda: made(*edits, around=around, **how), shown_bad),
        good=Example(lambda: made(*right, around=good), shown_good),
    )
