"""Certificates that cannot be read, or not wholly: not all that cryptography raises for them is a ValueError."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from broker.rules.metadata.examples import NOW, key

NAME = b"\x0c\nsp.example"
"""The common name of the examples' certificate: a UTF8String of ten octets."""


def _swapped(der: bytes, old: bytes, new: bytes) -> bytes:
    assert old in der
    assert len(old) == len(new)
    return der.replace(old, new)


def of_version_5(der: bytes = b"") -> bytes:
    """There are 1 and 3, which is written as 2."""
    return _swapped(der or key().certificate.der, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")


UNREADABLE = {
    "of version 5": of_version_5(),
    "its name is no UTF-8": _swapped(key().certificate.der, NAME, b"\x0c\nsp.exam\xff\xfee"),
    "its name is a string of bits": _swapped(key().certificate.der, NAME, b"\x03\n\0p.example"),
}


def with_extension(oid: str, value: bytes, *more: tuple[str, bytes]) -> bytes:
    """The examples' key in a certificate with these extensions."""
    name = key().certificate.x509.subject
    builder = x509.CertificateBuilder(
        name, name, key().private_key.public_key(), 7, NOW, key().certificate.x509.not_valid_after_utc
    )
    for one, octets in ((oid, value), *more):
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(one), octets)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key().private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _twice() -> bytes:
    """cryptography makes none with an extension twice: one OID is changed into the other after that."""
    usage = b"\x03\x02\x05\xa0"
    made = with_extension("2.5.29.15", usage, ("2.5.29.16", usage))
    return _swapped(made, b"\x55\x1d\x10", b"\x55\x1d\x0f")


WITHOUT_EXTENSIONS = {
    "one extension twice": _twice(),
    "a name of a kind that is not known": with_extension("2.5.29.17", b"\x30\x02\xa3\x00"),
    "an extension that is cut off": with_extension("2.5.29.15", b"\x03\x02"),
}
