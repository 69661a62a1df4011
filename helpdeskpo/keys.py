"""Our own key and certificate: made on the first start, the same ever after."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Where they are, and what they are."""

    key_file: Path
    certificate_file: Path
    key_pem: bytes
    certificate: x509.Certificate

    @property
    def key_name(self) -> str:
        """What metadata and messages call this key: the SHA-256 of the certificate, in hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def certificate_base64(self) -> str:
        pem = self.certificate.public_bytes(Encoding.PEM).decode("ascii")
        return "".join(pem.splitlines()[1:-1])


def key_pair(folder: Path, oin: str, at: datetime) -> KeyPair:
    """The pair in this folder; what is missing is made. Raises OSError when the folder cannot be written,
    ValueError for a certificate that cannot be read."""
    folder.mkdir(0o700, parents=True, exist_ok=True)
    key_file, certificate_file = folder / "helpdeskpo-key.pem", folder / "helpdeskpo-cert.pem"
    if not key_file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        create_file(key_file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_pem = key_file.read_bytes()
    if not certificate_file.exists():
        create_file(certificate_file, _certificate(key_pem, oin, at).public_bytes(Encoding.PEM))
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except x509.InvalidVersion as error:
        # Which is no ValueError, as what else is wrong with a certificate is.
        raise ValueError(f"{certificate_file}: expected a certificate in PEM: {error}") from None
    return KeyPair(key_file, certificate_file, key_pem, certificate)


def _certificate(key_pem: bytes, oin: str, at: datetime) -> x509.Certificate:
    key = load_pem_private_key(key_pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key of MijnHelpdeskPO is not an RSA key")
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.COMMON_NAME, "MijnHelpdeskPO (test)"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, oin),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=3 * 365))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def create_file(path: Path, content: bytes) -> None:
    """Whole or not at all, for our eyes only; when another process was first, its file stays."""
    temporary = path.with_name(f".{path.name}.{token_hex(8)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
