"""What somebody sent instead of a message: found by trying what usually goes wrong. Only to say it."""

from __future__ import annotations

import base64
import binascii
import zlib

from lxml import etree

from broker.wire.names import SAMLP, qname
from broker.wire.xml import Element, XmlProblem, named

LOOKED_AT = 4_096
"""Characters of what came, a multiple of four: enough to see what it is."""
Told = tuple[str, str]
"""What came, and how to mend it."""
REDIRECT_TAKES = (
    "By HTTP-Redirect compress the XML to raw DEFLATE (RFC 1951; zlib with wbits=-15, gzdeflate in PHP, Deflater with "
    "nowrap in Java), then base64; or send it by HTTP-POST in base64 alone."
)
POST_TAKES = "By HTTP-POST send base64 of the XML as it is, without compressing it."


def instead(text: str, *, deflated: bool) -> Told | None:
    """Of a SAMLRequest that cannot be unpacked; None where it is like nothing that is known.

    ``deflated``: whether it should hold DEFLATE, as by HTTP-Redirect.
    """
    start = "".join(text[: 2 * LOOKED_AT].split())[:LOOKED_AT]
    if start.startswith("<"):
        return "the XML itself, without base64", "Send the XML in base64." if not deflated else REDIRECT_TAKES
    if text.lstrip()[:1] in ("'", '"') or start.startswith("data:"):
        return "something around the base64: a quote or data:", "Send the base64 alone."
    if " " in text.strip():
        return (
            "base64 with blanks in it, where + was",
            "Percent-encode the value in a query or form: + is %2B there, and a + that is left as it is means a blank.",
        )
    if "%" in start:
        return (
            "percent-encoded base64, with a % in it",
            "Leave percent-encoding to whatever makes the form or the query, so that it is done once: in a form send "
            "the base64 as it is.",
        )
    if set(start) & {"-", "_"} and not set(start) & {"+", "/"}:
        return (
            "base64 in the URL-safe alphabet, with - and _",
            "Use the standard alphabet of base64, with + and /; in a query they are percent-encoded.",
        )
    data = _unbase64(start)
    return None if data is None else _inside(data, deflated)


def _inside(data: bytes, deflated: bool) -> Told | None:
    takes = REDIRECT_TAKES if deflated else POST_TAKES
    bare = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if bare.startswith(b"&lt;"):
        mend = "Take the XML before it is escaped for a page: with <, not &lt;."
        return "entity-encoded XML, that begins with &lt;", mend
    if bare.startswith(b"<") and deflated:
        return "base64 of the XML, without DEFLATE", takes
    if data.startswith(b"\x1f\x8b"):
        return "base64 of gzip, which has a header that DEFLATE has not", takes
    if data[:1] == b"\x78" and _starts(data, zlib.MAX_WBITS):
        return "base64 of zlib's own format, which has a header that DEFLATE has not", takes
    try:
        again = _unbase64(data.decode("ascii"))
    except UnicodeDecodeError:
        return None
    if again is not None and (again.lstrip()[:1] == b"<" or _starts(again, -zlib.MAX_WBITS)):
        return (
            "base64 in base64",
            "Encode in base64 once: the library does it already, or your own code does.",
        )
    return None


def _unbase64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4], validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _starts(data: bytes, wbits: int) -> bool:
    """Whether XML comes out of it."""
    try:
        return zlib.decompressobj(wbits).decompress(data, 64).lstrip().startswith(b"<")
    except zlib.error:
        return False


def other_fields(there: frozenset[str], wanted: str = "SAMLRequest") -> Told | None:
    """Of a form or query without the field that is wanted, by the names of those that it has."""
    if wanted in there:
        return f"{wanted} is there and empty", f"Put the message in {wanted}, in base64."
    for name in sorted(there):
        if name.lower() == wanted.lower():
            return f"it has {name[:40]}, in other letters", f"Write {wanted}, with these capitals."
    if "SAMLResponse" in there:
        return "it has SAMLResponse", f"Send a request, in {wanted}: no SAMLResponse is expected here."
    if {"client_id", "response_type"} & there:
        return (
            "it has a request of OpenID Connect or OAuth",
            "Use SAML 2.0: eHerkenning has no other protocol.",
        )
    if "wa" in there:
        return "it has a request of WS-Federation", "Use SAML 2.0: eHerkenning has no other protocol."
    return None


def other_root(element: Element) -> XmlProblem:
    """Why this is no AuthnRequest."""
    name = etree.QName(element)
    reason = f"the root is {named(element)}; expected <samlp:AuthnRequest>"
    mend = ""
    if name.localname != "AuthnRequest" and name.localname.lower() == "authnrequest":
        mend = "Write AuthnRequest, with these capitals."
    elif name.localname == "AuthnRequest":
        reason = f"the root is {named(element)} in the namespace {name.namespace or 'of nobody'}"
        mend = f"Use the namespace {SAMLP}."
    elif name.localname == "Envelope":
        mend = (
            "Send the samlp:AuthnRequest by the browser, without the SOAP envelope, which artifacts are for."
        )
    elif element.tag == qname("samlp:LogoutRequest"):
        mend = (
            "Send a LogoutRequest to the address of SingleLogoutService in the broker's metadata (/slo/...)."
        )
    elif name.localname in ("EntityDescriptor", "EntitiesDescriptor"):
        mend = "Give metadata to the broker in its console or by its API; here goes a samlp:AuthnRequest."
    return XmlProblem(reason, element.sourceline or 0, mend=mend)
