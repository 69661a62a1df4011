"""What is no document, or no certificate, is called what it is."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from one_finding import MD, SPSSO, of_catalogue, of_metadata, the_one

from broker.rules.metadata.examples import NOW, key
from broker.rules.metadata.examples import document as metadata_with
from broker.rules.service_catalogue.examples import document as catalogue_with
from broker.wire.handed_in import in_certificate
from support.certificates import UNREADABLE

FLAWLESS = metadata_with()
NO_XML: dict[str, tuple[bytes, str, str]] = {
    "base64": (base64.b64encode(FLAWLESS), "base64 of XML", "decoded"),
    "gzip": (gzip.compress(FLAWLESS), "gzip", "Unpack it"),
    "a zip file": (b"PK\x03\x04" + bytes(40), "zip", "Unpack it"),
    "a certificate": (key().certificate.x509.public_bytes(serialization.Encoding.PEM), "PEM", "XML document"),
    "a private key": (key().pem, "a private key", "Keep this file to yourself"),
    "JSON": (b'{"entityID": "urn:x"}', "JSON", "Hand in the XML"),
    "long JSON": (json.dumps(["x" * 50] * 2_000).encode(), "JSON", "Hand in the XML"),
    "nothing": (b" \n", "empty", "was saved"),
    "a web page": (b"<!DOCTYPE html>\n<html><body><br></body></html>", "a web page", "Hand in the XML"),
    "a browser's view": (b"This XML file does not appear to have any\n<a/>", "view", "page source"),
    "escaped": (FLAWLESS.replace(b"<", b"&lt;"), "&lt;", "page"),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + FLAWLESS, "two byte order marks", "at most one"),
    "curly quotes": (FLAWLESS.replace(b'index="1"', "index=\u201c1\u201d".encode()), "curly", "straight"),
    "another encoding": (b'<?xml version="1.0" encoding="UTF-16"?>' + FLAWLESS, "UTF-16", "UTF-8"),
    "an empty line first": (b'\n<?xml version="1.0"?>' + FLAWLESS, "before <?xml", "very first"),
    "cut off": (FLAWLESS[:-100], "not well-formed", "the whole document"),
}


@pytest.mark.parametrize("kind", ["metadata", "catalogue"])
@pytest.mark.parametrize("what", NO_XML)
def test_what_is_no_xml_is_called_what_it_is(what: str, kind: str) -> None:
    data, received, mend = NO_XML[what]
    if kind == "metadata":
        the_one(of_metadata(data), "MD-01", "E", received, mend)
    else:
        the_one(of_catalogue(data), "SC-01", "E", received, mend)


@pytest.mark.parametrize(
    ("root", "mend"),
    [
        (f'<md:EntitiesDescriptor xmlns:md="{MD}"/>', "no md:EntityDescriptor in it"),
        ('<md:EntitiesDescriptor xmlns:md="urn:x"/>', "letter for letter"),
        ('<c:ServiceCatalogue xmlns:c="urn:etoegang:1.13:service-catalog"/>', "check-catalogue"),
        (f'<p:AuthnRequest xmlns:p="{SPSSO}"/>', "check-request"),
        (f'<p:Response xmlns:p="{SPSSO}"/>', "This is a message"),
        ("<html/>", "Hand in the XML itself"),
        (f'<md:Entitydescriptor xmlns:md="{MD}"/>', "with these capitals"),
        (f'<md:SPSSODescriptor xmlns:md="{MD}"/>', "a part of metadata"),
    ],
)
def test_another_root_than_that_of_metadata(root: str, mend: str) -> None:
    the_one(of_metadata(root.encode()), "MD-01", "E", "", mend)


@pytest.mark.parametrize(
    ("root", "mend"),
    [
        (f'<md:EntityDescriptor xmlns:md="{MD}"/>', "check-metadata"),
        (f'<p:AuthnRequest xmlns:p="{SPSSO}"/>', "check-request"),
        ('<c:ServiceCatalog xmlns:c="urn:etoegang:1.13:service-catalog"/>', "Write esc:ServiceCatalogue"),
        ("<html/>", "Hand in the XML itself"),
    ],
)
def test_another_root_than_that_of_a_catalogue(root: str, mend: str) -> None:
    the_one(of_catalogue(root.encode()), "SC-01", "E", "", mend)


# What stands for a certificate.

DER = key().certificate.der
PRIVATE = key().private_key
BARE, HIDDEN = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"TEST")
REQUEST = x509.CertificateSigningRequestBuilder().subject_name(key().certificate.x509.subject)


def der(how: serialization.PrivateFormat, by: serialization.KeySerializationEncryption = BARE) -> bytes:
    return PRIVATE.private_bytes(serialization.Encoding.DER, how, by)


def elliptic() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST")])
    made = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(name, name, made.public_key(), 1, NOW, NOW + timedelta(days=1))
    return builder.sign(made, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


CERTIFICATES: dict[str, tuple[Callable[[], str], str, str]] = {
    "nothing": (str, "an empty element", "Put the certificate itself"),
    "a private key": (lambda: text(der(serialization.PrivateFormat.PKCS8)), "a private key", "a new key"),
    "an old private key": (
        lambda: text(der(serialization.PrivateFormat.TraditionalOpenSSL)),
        *("a private key", "a new key"),
    ),
    "a private key under a password": (
        lambda: text(der(serialization.PrivateFormat.PKCS8, HIDDEN)),
        *("a private key", "a new key"),
    ),
    "a private key in PEM": (lambda: key().pem.decode(), "a private key", "a new key"),
    "a public key": (
        lambda: text(
            PRIVATE.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ),
        *("a bare public key", "Put the certificate itself"),
    ),
    "a request": (
        lambda: text(REQUEST.sign(PRIVATE, hashes.SHA256()).public_bytes(serialization.Encoding.DER)),
        *("(CSR)", "Wait for the certificate"),
    ),
    "a fingerprint": (lambda: key().certificate.fingerprint, "a fingerprint", "no fingerprint"),
    "a fingerprint with colons": (lambda: ":".join(["AB"] * 20), "a fingerprint", "no fingerprint"),
    "a fingerprint as OpenSSL writes it": (
        lambda: "SHA256 Fingerprint=" + ":".join(["BB"] * 32),
        *("a fingerprint", "no fingerprint"),
    ),
    "an older one of OpenSSL": (
        lambda: "sha1 Fingerprint=" + ":".join(["BB"] * 20),
        *("a fingerprint", "no fingerprint"),
    ),
    "of an unknown version": (
        lambda: text(UNREADABLE["of version 5"]),
        *("no X.509 certificate", "Put the certificate itself"),
    ),
    "a name that is no UTF-8": (
        lambda: text(UNREADABLE["its name is no UTF-8"]),
        *("a subject, an issuer or a time", "made anew"),
    ),
    "a name of bits": (
        lambda: text(UNREADABLE["its name is a string of bits"]),
        *("a subject, an issuer or a time", "made anew"),
    ),
    "base64 twice": (lambda: text(text(DER).encode()), "base64 in base64", "Encode once"),
    "base64 of PEM": (
        lambda: text(key().certificate.x509.public_bytes(serialization.Encoding.PEM)),
        *("base64 in base64", "Encode once"),
    ),
    "the lines of PEM": (
        lambda: key().certificate.x509.public_bytes(serialization.Encoding.PEM).decode(),
        *("lines of dashes", "BEGIN CERTIFICATE"),
    ),
    "half of one": (lambda: text(DER[:300]), "cut off", "Copy all of it"),
    "two behind each other": (lambda: text(DER + DER), "more behind it", "Put one certificate"),
    "a chain": (
        lambda: text(pkcs7.serialize_certificates([key().certificate.x509], serialization.Encoding.DER)),
        *("PKCS #7", "Take your own"),
    ),
    "a file's name": (lambda: "/etc/ssl/sp.crt", "the name of a file", "Put the certificate itself"),
    "an elliptic curve": (lambda: text(elliptic()), "not RSA", "Make an RSA key"),
    "something else": (lambda: text(b"AAAA" * 9), "no X.509 certificate", "Put the certificate itself"),
    "no base64": (lambda: "-" + text(DER), "no base64", "Put the certificate itself"),
}


@pytest.mark.parametrize("what", CERTIFICATES)
def test_what_is_no_certificate_is_called_what_it_is(what: str) -> None:
    make, received, mend = CERTIFICATES[what]
    content = make()
    the_one(of_metadata(metadata_with(("CERTIFICATE<", f"{content}<"))), "MD-15", "E", received, mend)
    the_one(of_catalogue(catalogue_with(("CERTIFICATE<", f"{content}<"))), "SC-09", "E", received, mend)


def test_a_private_key_is_never_shown() -> None:
    content = text(der(serialization.PrivateFormat.PKCS8))
    assert content[:40] not in " ".join(in_certificate(content))
