"""Keys and certificates: ours to sign with, others' to check with and to encrypt for (spec 7)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

import xmlsec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=3 * 365)
# Not all of what cryptography raises is a ValueError; what is in a certificate it reads only when that is asked for.
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
"""What reading a certificate raises, or a name, a time or a key in it."""
WITHOUT_EXTENSION = (
    ValueError,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What asking a certificate for an extension raises where it has none, or has one that cannot be read."""
Extension = TypeVar("Extension", bound=x509.ExtensionType)


class KeyProblem(ValueError):
    """A key or certificate that cannot be read or used."""


@dataclass(frozen=True)
class Certificate:
    """Somebody's certificate. ``key_name`` is what metadata calls it, else its own SHA-256."""

    der: bytes
    given_name: str | None = None

    @classmethod
    def of_base64(cls, text: str, given_name: str | None = None) -> Certificate:
        """From the text of ds:X509Certificate. Raises KeyProblem."""
        try:
            certificate = cls(base64.b64decode("".join(text.split()), validate=True), given_name)
            certificate.public_key  # noqa: B018 - read it once, so that a bad one is refused here
            given = certificate.x509
            _ = given.subject, given.issuer, given.not_valid_before_utc, given.not_valid_after_utc
        except UNREADABLE as error:
            raise KeyProblem(f"not an X.509 certificate with an RSA key: {error}") from None
        return certificate

    @cached_property
    def x509(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @cached_property
    def public_key(self) -> rsa.RSAPublicKey:
        key = self.x509.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise KeyProblem("the certificate's key is not RSA")
        return key

    @cached_property
    def subject_public_key(self) -> bytes:
        """The key, of whatever kind, as bytes to compare."""
        key = self.x509.public_key()
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def key_name(self) -> str:
        return self.given_name or self.fingerprint

    @cached_property
    def xmlsec_key(self) -> xmlsec.Key:
        """For verifying only. Not thread-bound; made once."""
        return xmlsec.Key.from_memory(self.der, xmlsec.constants.KeyDataFormatCertDer)

    @property
    def base64(self) -> str:
        return base64.b64encode(self.der).decode()

    def extension(self, kind: type[Extension]) -> Extension | None:
        """None where it has none, or where its extensions cannot be read: one twice makes all of them so."""
        try:
            return self.x509.extensions.get_extension_for_class(kind).value
        except WITHOUT_EXTENSION:
            return None

    def valid_at(self, instant: datetime) -> bool:
        return self.x509.not_valid_before_utc <= instant <= self.x509.not_valid_after_utc


@dataclass(frozen=True)
class SigningKey:
    """A private key of ours with its certificate, ready for use by many threads."""

    pem: bytes = field(repr=False)
    certificate: Certificate

    @cached_property
    def xmlsec_key(self) -> xmlsec.Key:
        return xmlsec.Key.from_memory(self.pem, xmlsec.constants.KeyDataFormatPem)

    @cached_property
    def private_key(self) -> rsa.RSAPrivateKey:
        # They are our own keys: validating a 2048-bit one costs 31 ms, loading it 0.01 ms.
        key = serialization.load_pem_private_key(self.pem, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise KeyProblem("the private key is not RSA")
        return key

    @property
    def key_name(self) -> str:
        return self.certificate.key_name

    @classmethod
    def generate(cls, common_name: str, oin: str, now: datetime, bits: int = 2048) -> SigningKey:
        """A new key with a self-signed certificate that says TEST, with the OIN as serialNumber (spec 7)."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "TEST - Mock eHerkenning - do not trust"),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, oin),
            ]
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + LIFE)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=False,
                    key_encipherment=True,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=False,
                    crl_sign=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return cls(pem, Certificate(certificate.public_bytes(serialization.Encoding.DER)))

    def as_pem(self) -> bytes:
        """Private key and certificate in one file, so that the two can never be out of step."""
        return self.pem + self.certificate.x509.public_bytes(serialization.Encoding.PEM)

    @classmethod
    def of_pem(cls, pem: bytes, name: str) -> SigningKey:
        """Raises KeyProblem, with ``name`` in it, where key and certificate are not there or do not match."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            made = cls(pem, Certificate(certificate.public_bytes(serialization.Encoding.DER)))
            same = made.private_key.public_key() == made.certificate.public_key
        except UNREADABLE as error:
            raise KeyProblem(f"{name}: expected a private key and its certificate in PEM: {error}") from None
        if not same:
            raise KeyProblem(f"{name}: the private key is not the one of the certificate")
        return made
