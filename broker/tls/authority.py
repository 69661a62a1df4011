"""What the broker shows over TLS: a certificate of its own test CA, or one of the user's.

The CA is made once and kept, so that whoever trusts it does so over restarts. Its certificate stands beside the
keys as ``ca.pem``, to be given to clients; the keys never leave their files.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.clock import machine_time
from broker.wire.keys import UNREADABLE, WITHOUT_EXTENSION, KeyProblem

CA_LIFE = timedelta(days=3650)
# Apple's systems refuse longer ones, also of a CA that the user added.
SERVER_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
ORGANIZATION = "TEST - Mock eHerkenning - do not trust"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

log = logging.getLogger("mock_eherkenning.tls")


@dataclass(frozen=True)
class Identity:
    """A private key with its certificate and what stands between that and the root. ``renew_at``: ask again then."""

    key: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    renew_at: datetime | None = None


class Authority:
    """The broker's own test CA. Raises KeyProblem, with the file and the mend, where its keys cannot be used."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = machine_time) -> None:
        # The machine's time, never the broker's own clock: a tester who moves that one must not lose the connection.
        self._folder = folder
        self._now = now
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._key, self.certificate = self._read_or_make_ca()
            public = folder / "ca.pem"
            if not public.exists() or public.read_bytes() != self.pem:
                _replace(public, self.pem, 0o644)
        except OSError as error:
            raise _unwritable(folder, error) from None

    @property
    def pem(self) -> bytes:
        """The CA's certificate, for clients to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def file(self) -> Path:
        """Where the CA's certificate lies."""
        return self._folder / "ca.pem"

    def identity(self, names: Collection[str]) -> Identity:
        """A server certificate for these host names and addresses: the one on disk, or a new one where that
        is for others, of another CA, or nearly over."""
        wanted = {_san(name) for name in names}
        file = self._folder / "tls-server.pem"
        try:
            found = _read(file) if file.exists() else None
            if found is None or not self._fits(found[1], wanted):
                key = found[0] if found else ec.generate_private_key(ec.SECP256R1())
                found = key, self._issue(key, sorted(wanted, key=str))
                _replace(file, _pem(*found), 0o600)
                log.info("made a TLS certificate for %s", ", ".join(sorted(names)))
        except OSError as error:
            raise _unwritable(file, error) from None
        key, certificate = found
        return Identity(key, certificate, (), certificate.not_valid_after_utc - RENEW_BEFORE)

    def _read_or_make_ca(self) -> tuple[PrivateKey, x509.Certificate]:
        file = self._folder / "tls-ca.pem"
        if not file.exists():
            _create(file, _pem(*self._make_ca()))
        key, certificate = _read(file)
        if certificate.not_valid_after_utc - RENEW_BEFORE < self._now():
            log.warning("the test CA in %s was over and is made anew: give your clients the new ca.pem", file)
            key, certificate = self._make_ca()
            _replace(file, _pem(key, certificate), 0o600)
        return key, certificate

    def _make_ca(self) -> tuple[PrivateKey, x509.Certificate]:
        # Several brokers' CAs may stand in one trust store: the number tells them apart.
        name = _name(f"TEST CA of Mock eHerkenning {secrets.token_hex(4)}")
        key = ec.generate_private_key(ec.SECP256R1())
        now = self._now()
        builder = (
            _builder(name, name, key.public_key(), now, now + CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            # Of no use for mail, code or clients, should its key get out.
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        return key, builder.sign(key, hashes.SHA256())

    def _issue(self, key: PrivateKey, names: list[x509.GeneralName]) -> x509.Certificate:
        now = self._now()
        until = min(now + SERVER_LIFE, self.certificate.not_valid_after_utc)
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            _builder(_name("TEST Mock eHerkenning"), self.certificate.subject, key.public_key(), now, until)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(ours, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _fits(self, certificate: x509.Certificate, wanted: set[x509.GeneralName]) -> bool:
        if certificate.not_valid_after_utc - RENEW_BEFORE < self._now():
            return False
        try:
            certificate.verify_directly_issued_by(self.certificate)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (*WITHOUT_EXTENSION, *UNREADABLE, InvalidSignature):
            return False
        return set(names) == wanted


def own(certificate_file: Path, key_file: Path) -> Identity:
    """The user's own: the server's certificate first, then its chain. Raises KeyProblem."""
    try:
        chain = x509.load_pem_x509_certificates(certificate_file.read_bytes())
        its_key, until = chain[0].public_key(), chain[0].not_valid_after_utc
    except OSError as error:
        raise KeyProblem(f"{certificate_file}: {error.strerror}; see --tls-certificate") from None
    except UNREADABLE:
        raise KeyProblem(
            f"{certificate_file}: expected a certificate in PEM; see --tls-certificate"
        ) from None
    try:
        key = _load_key(key_file.read_bytes())
    except OSError as error:
        raise KeyProblem(f"{key_file}: {error.strerror}; see --tls-key") from None
    except UNREADABLE:
        raise KeyProblem(
            f"{key_file}: expected a private key in PEM, RSA or EC, without a password; see --tls-key"
        ) from None
    if key.public_key() != its_key:
        raise KeyProblem(
            f"{key_file}: the private key is not the one of the first certificate in {certificate_file}"
        )
    if until < machine_time():
        log.warning("%s is over since %s: clients will refuse it", certificate_file, until)
    return Identity(key, chain[0], tuple(chain[1:]))


def _read(file: Path) -> tuple[PrivateKey, x509.Certificate]:
    pem = file.read_bytes()
    try:
        key, certificate = _load_key(pem), x509.load_pem_x509_certificate(pem)
        its_key, _ = certificate.public_key(), certificate.not_valid_after_utc
    except UNREADABLE:
        raise KeyProblem(
            f"{file}: expected a private key and its certificate in PEM; delete the file to have a new one made"
        ) from None
    if key.public_key() != its_key:
        raise KeyProblem(
            f"{file}: the private key is not the one of the certificate; delete the file to have a new one made"
        )
    return key, certificate


def _load_key(pem: bytes) -> PrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("neither RSA nor EC")
    return key


def _pem(key: PrivateKey, certificate: x509.Certificate) -> bytes:
    """In one file, as all our keys, so that the two can never be out of step."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _san(name: str) -> x509.GeneralName:
    """Raises KeyProblem for a name that no certificate can hold."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode())
    except ValueError:
        raise KeyProblem(
            f'"{name}" cannot stand in a certificate; give --base-url a host name or address'
        ) from None


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A day's room for clocks that are behind.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _create(file: Path, pem: bytes) -> None:
    """Whole or not at all, and never over another process's: two may start at once, and must agree on the CA."""
    draft = _draft(file, pem, 0o600)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    except OSError:
        draft.replace(file)  # a file system without hard links
    finally:
        draft.unlink(missing_ok=True)


def _replace(file: Path, pem: bytes, mode: int) -> None:
    """Whole or not at all."""
    draft = _draft(file, pem, mode)
    try:
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _draft(file: Path, pem: bytes, mode: int) -> Path:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(pem)
    return draft


def _unwritable(path: Path, error: OSError) -> KeyProblem:
    return KeyProblem(
        f"{error.filename or path}: {error.strerror}; let this user write there, or give --home"
    )
