"""What somebody handed in instead of a document or a certificate: found by trying what usually goes wrong. Only to
say it; ``envelope`` does so for messages."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from lxml import etree

from broker.wire.envelope import Told
from broker.wire.keys import UNREADABLE
from broker.wire.names import DS, MD, SAML, SAMLP, SOAP
from broker.wire.xml import Element

LOOKED_AT = 40_000
"""Octets of a document, a multiple of four: enough to see what it is."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]{40,}")
_CURLY = re.compile(rb"=\s*(\xe2\x80[\x98-\x9f]|[\x91-\x94])")
_UTF_16 = re.compile(rb"<\?xml[^>]*encoding=.(utf-16|ucs-2|utf-32)", re.IGNORECASE)
_HTML = re.compile(rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)\b", re.I | re.S)
_HEX = re.compile(r"(sha-?(1|256)(fingerprint)?=)?([0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
_MARK = b"\xef\xbb\xbf"
_PRIVATE = (
    "a private key",
    "This is your private key: put the certificate here, and make a new key with a new certificate, as whoever has "
    "seen this document has the key.",
)
_BY_START: tuple[tuple[bytes, Told], ...] = (
    (b"\x1f\x8b", ("a file packed by gzip", "Unpack it first: gunzip.")),
    (b"PK\x03\x04", ("a zip file", "Unpack it first, and hand in the XML that is in it.")),
    (b"%PDF", ("a PDF", "Hand in the XML itself, not a print of it.")),
    (
        b"%3C",
        ("percent-encoded XML", "Take the XML as it is, before it is put in an address: with <, not %3C."),
    ),
    (
        b"&lt;",
        ("entity-encoded XML, that begins with &lt;", "Take the source of the page: with <, not &lt;."),
    ),
    (
        b"This XML file does not appear",
        (
            "a browser's view of XML, copied from the window",
            "Save the file from its address, or copy the page source: the view adds and leaves out text.",
        ),
    ),
    (
        _MARK + _MARK,
        ("two byte order marks before the XML", "Write at most one byte order mark; best none, in UTF-8."),
    ),
)


def instead(data: bytes) -> Told | None:
    """Of a document that is no XML that is read; None where it is like nothing that is known."""
    start = data[:LOOKED_AT]
    text = start.removeprefix(_MARK).strip()
    if not text:
        return "nothing: it is empty", "Look whether the file was saved, and whether its address gives it."
    for begin, told in _BY_START:
        if start.startswith(begin) or text.startswith(begin):
            return told
    if text.startswith(b"-----BEGIN "):
        if b"PRIVATE KEY-----" in text:
            mend = "Keep this file to yourself: it is your private key. Hand in the XML document."
            return _PRIVATE[0], mend
        return "a file in PEM, such as a certificate", "Hand in the XML document that the certificate is in."
    if _HTML.match(text):
        mend = (
            "Hand in the XML itself: this is a page around it, one to log in on, or one that says that it is not "
            "there. Ask its address without a browser (curl) to see what it gives."
        )
        return "a web page", mend
    if text[:1] in (b"{", b"[") and _is_json(text, len(data) > LOOKED_AT):
        return "JSON", "Hand in the XML: JSON is no form of it that is read here."
    if start.removeprefix(_MARK).lstrip().startswith(b"<?xml") and not start.removeprefix(_MARK).startswith(
        b"<"
    ):
        return (
            "something before <?xml: a blank or an empty line",
            "Let <?xml be the very first thing in the file, or leave that line out.",
        )
    if _UTF_16.match(text) and b"\0" not in start:
        return (
            "XML whose first line says UTF-16, while it is in another encoding",
            'Write encoding="UTF-8" in the first line, or leave encoding out.',
        )
    if _CURLY.search(start):
        return (
            "an attribute in curly quotes",
            'Write straight quotes (") around the values: a word processor or a chat has made curly ones of them.',
        )
    if _BASE64.fullmatch(text):
        inner = _unbase64(text[: len(text) // 4 * 4])
        if inner is not None and inner.removeprefix(_MARK).lstrip()[:1] == b"<":
            return "base64 of XML", "Hand in the XML itself, decoded: base64 is for messages."
    return None


def _is_json(text: bytes, cut: bool) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return cut and text[1:].lstrip()[:1] in b'"{['
    return True


def other_root(root: Element, wanted: str) -> str:
    """How to mend that the root is another one than ``wanted``, metadata or catalogue; "" where it is not known."""
    name, namespace = etree.QName(root).localname, etree.QName(root).namespace or ""
    if name in ("EntityDescriptor", "EntitiesDescriptor") and wanted != "metadata":
        return "This is metadata: check it with check-metadata, and hand in the catalogue here."
    if name == "ServiceCatalogue" and wanted != "catalogue":
        return "This is a service catalogue: check it with check-catalogue, and hand in the metadata here."
    if name == "AuthnRequest":
        return f"This is a request: check it with check-request, and hand in the {wanted} here."
    if namespace in (SAML, SAMLP, SOAP):
        return f"This is a message, or a part of one: hand in the {wanted} here."
    if name.lower() == "html":
        return instead(b"<html>")[1]  # type: ignore[index]
    if namespace == DS:
        return (
            f"This is a signature that stands apart: put it in the {wanted} that it signs, and hand in that."
        )
    if namespace == MD and wanted == "metadata" and name != "EntityDescriptor":
        return "This is a part of metadata: hand in the whole md:EntityDescriptor."
    return ""


# What stands in ds:X509Certificate.

_PUT = (
    "Put the certificate itself in ds:X509Certificate: the base64 of its PEM, without the lines of dashes, of a "
    "certificate with an RSA key of 2048 bits or more; no private key, no fingerprint."
)


def in_certificate(text: str) -> Told:
    """What a ds:X509Certificate holds that is no certificate with an RSA key."""
    bare = "".join(text.split())
    if not bare:
        return "an empty element", _PUT
    if "-----BEGIN" in text:
        return _armoured(text)
    if _HEX.fullmatch(bare.replace(":", "")):
        return "a fingerprint of a certificate", _PUT
    if re.fullmatch(r"(/|~|\.{1,2}/|[A-Za-z]:\\|file:).*|[^/]*\.(crt|cer|pem|der|p7b|pfx|p12)", bare):
        return "the name of a file", _PUT
    try:
        data = base64.b64decode(bare, validate=True)
    except ValueError:
        return "something that is no base64, and so no X.509 certificate", _PUT
    return _octets(data)


def _armoured(text: str) -> Told:
    if "PRIVATE KEY-----" in text:
        return _PRIVATE
    if "CERTIFICATE REQUEST-----" in text:
        return _REQUEST
    if "PUBLIC KEY-----" in text:
        return _PUBLIC
    return (
        "a certificate with the lines of dashes of its PEM around it",
        "Take the lines BEGIN CERTIFICATE and END CERTIFICATE out.",
    )


_REQUEST = (
    "a request for a certificate (CSR)",
    "Wait for the certificate that the authority gives you for this request, and put that in.",
)
_PUBLIC = ("a bare public key", f"{_PUT} A public key alone says not whose it is.")


def _octets(data: bytes) -> Told:
    kinds: tuple[tuple[Callable[[], Any], Told], ...] = (
        (lambda: x509.load_der_x509_certificate(data), _NOT_RSA),
        (
            lambda: serialization.load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True),
            _PRIVATE,
        ),
        (lambda: serialization.load_der_public_key(data), _PUBLIC),
        (lambda: x509.load_der_x509_csr(data), _REQUEST),
        (
            lambda: pkcs7.load_der_pkcs7_certificates(data),
            (
                "a PKCS #7 file (.p7b), with one or more certificates in it",
                f"Take your own certificate out. {_PUT}",
            ),
        ),
    )
    for load, told in kinds:
        try:
            loaded = load()
            if isinstance(loaded, x509.Certificate) and isinstance(loaded.public_key(), rsa.RSAPublicKey):
                return _UNREADABLE
        except TypeError:
            return _PRIVATE  # only an encrypted one asks for a password
        except UNREADABLE:
            continue
        return told
    inner = _unbase64(b"".join(data.split()))
    if b"-----BEGIN" in data or (inner is not None and inner[:1] == b"\x30"):
        if b"PRIVATE KEY-----" in data:
            return _PRIVATE
        return "base64 in base64", f"Encode once: PEM is base64 already. {_PUT}"
    if data[:2] == b"\x30\x82" and len(data) >= 4:
        whole = int.from_bytes(data[2:4], "big") + 4
        if whole > len(data):
            return f"the first {len(data)} of {whole} bytes: it was cut off", f"Copy all of it. {_PUT}"
        if whole < len(data):
            more = len(data) - whole
            return (
                f"a certificate of {whole} bytes with {more} more behind it",
                "Put one certificate in, and no more.",
            )
    return "something that is no X.509 certificate", _PUT


_NOT_RSA = (
    "a certificate with a key that is not RSA",
    "Make an RSA key of 2048 bits or more, and put its certificate in: the scheme has no elliptic curves.",
)
_UNREADABLE = (
    "a certificate with a subject, an issuer or a time in it that cannot be read",
    "Have the certificate made anew, with its names in UTF-8, and put that in.",
)


def _unbase64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None
