"""What somebody sent instead of a message: found by trying what usually goes wrong. Only to say it."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib

from lxml import etree

from broker.wire.names import SAMLP, qname
from broker.wire.xml import MOST_BYTES, Element, XmlProblem, named

LOOKED_AT = 4_096
"""Characters of what came, a multiple of four: enough to see what it is."""
Told = tuple[str, str]
"""What came, and how to mend it."""
_BLANK = re.compile(r"(?<![\r\n\t ]) +(?![\r\n\t ])")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+")
_ENTITY = re.compile(r"&#?\w{1,8};")
BLANKS = (
    "base64 with blanks in it, where + was",
    "Percent-encode the value in a query or form: + is %2B there, and a + that is left as it is means a blank.",
)
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
    if found := _no_value(text, start):
        return found
    if text.lstrip()[:1] in ("'", '"') or start.startswith("data:"):
        return "something around the base64: a quote or data:", "Send the base64 alone."
    if has_blanks(text):
        return BLANKS
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
    bare = "".join(text.split())
    if _HEX.fullmatch(start) and len(bare) % 2 == 0 and _inside_of_hex(start, deflated=deflated):
        return "the message in hexadecimal", "Send it in base64, which is not hexadecimal."
    data = _unbase64(start)
    if data is None:
        return None
    if found := _inside(data, deflated):
        return found
    if len(bare) % 4 and "=" not in bare and _BASE64.fullmatch(bare) and _whole(bare, deflated):
        return (
            "base64 without the = at its end",
            "Pad the base64 with = to a multiple of four: take nothing off its end.",
        )
    return None


def has_blanks(text: str) -> bool:
    """Blanks that are no line ends, where a + may have been."""
    return _BLANK.search(text.strip()) is not None


def _no_value(text: str, start: str) -> Told | None:
    """What a program writes of a value that is none, or in its own notation."""
    if text.strip() in ("undefined", "null", "None", "nil", "NaN", "true", "false") or start.startswith(
        "[object"
    ):
        what = f'the word "{text.strip()[:40]}", as a program writes what is no text'
        return what, "Put the base64 in it: what was put there is no text, or was not there yet."
    if start.startswith(("b'", 'b"')):
        mend = "Decode the bytes to text before they go into the form: in Python by .decode(), not by str()."
        return "Python's notation of bytes, b'...'", mend
    if "\\n" in text or "\\r" in text:
        mend = "Send the base64 with real line ends, or best without any: not with a backslash and an n."
        return "base64 with \\n written in it", mend
    if _ENTITY.search(text):
        mend = "Escape for HTML once: a template does it already, and the browser undoes it once."
        return "base64 that was escaped for HTML twice, with &#...; in it", mend
    return None


def _inside_of_hex(start: str, *, deflated: bool) -> bool:
    data = bytes.fromhex(start[: len(start) // 2 * 2])
    return data.lstrip()[:1] == b"<" or (deflated and _starts(data, -zlib.MAX_WBITS))


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
    if _deflated_twice(data):
        return (
            "XML that was compressed twice",
            "Compress once: the library does it already, or your own code does.",
        )
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


def _whole(bare: str, deflated: bool) -> bool:
    """Whether there is a whole message in base64 that lacks its padding."""
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4))
        if not deflated:
            return data.rstrip().endswith(b">")
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        engine.decompress(data, MOST_BYTES)
        return engine.eof
    except (binascii.Error, zlib.error):
        return False


def _starts(data: bytes, wbits: int) -> bool:
    """Whether XML comes out of it."""
    try:
        return zlib.decompressobj(wbits).decompress(data, 64).lstrip().startswith(b"<")
    except zlib.error:
        return False


def _deflated_twice(data: bytes) -> bool:
    try:
        return _starts(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, LOOKED_AT), -zlib.MAX_WBITS)
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


FORM = "application/x-www-form-urlencoded"
SEND_FORM = (
    "Send the message by the browser as a form, with the XML in base64 in the field SAMLRequest and "
    f"Content-Type: {FORM}."
)


def other_body(content_type: str, body: bytes, query: frozenset[str], there: frozenset[str]) -> Told | None:
    """Of a POST without SAMLRequest in its form. ``there`` are the fields that the form does have."""
    kind = content_type.partition(";")[0].strip().lower()
    said = f"Content-Type {kind[:80]}" if kind else "no Content-Type"
    # What is called a form and is none ends up in the name of a field.
    odd = next((name for name in there if name.lstrip()[:1] in ("<", "{")), "")
    start = (odd.encode() or body[:LOOKED_AT]).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        soap = b"Envelope" in start.partition(b">")[0] or b":Envelope" in start[:400]
        if soap:
            mend = (
                "Send the message by the browser, without the SOAP envelope, which artifacts are for. "
                + SEND_FORM
            )
            return f"{said}, and a SOAP envelope", mend
        return f"{said}, and the XML itself", SEND_FORM
    if kind.endswith("json") or start.startswith(b"{"):
        return f"{said}, and {_json(body or start)}", SEND_FORM
    if kind not in (FORM, "multipart/form-data") and b"SAMLRequest=" in body[:LOOKED_AT]:
        return f"{said}, and a body that is a form", f"Send the same body with Content-Type {FORM}."
    if not body and not there and query & {"SAMLRequest", "SAMLart"}:
        return (
            "an empty form, with the message in the query",
            "Send a query by GET, as HTTP-Redirect does, or put SAMLRequest in the form: this was a POST.",
        )
    if not body and not there:
        return "an empty body", SEND_FORM
    if kind not in (FORM, "multipart/form-data"):
        return f"{said}, and a body that is no form", SEND_FORM
    return None


def _json(body: bytes) -> str:
    try:
        read = json.loads(body[:200_000])
    except (ValueError, RecursionError):
        return "JSON" if body.startswith(b"{") else "a body that is no form"
    has = isinstance(read, dict) and next((name for name in read if name.lower() == "samlrequest"), "")
    return f"JSON with {has} in it" if has else "JSON"


TO = "Send {} to the address of {} in the broker's metadata ({})."
DOORS = {
    "samlp:AuthnRequest": TO.format("an AuthnRequest", "SingleSignOnService", "/sso/..."),
    "samlp:LogoutRequest": TO.format("a LogoutRequest", "SingleLogoutService", "/slo/..."),
    "samlp:ArtifactResolve": TO.format(
        "an ArtifactResolve, in SOAP,", "ArtifactResolutionService", "/ars/..."
    ),
    "samlp:Response": "Send a request: a Response is what the broker sends.",
    "samlp:LogoutResponse": "Send a samlp:LogoutRequest: the broker asks no service provider to log out, and so "
    "expects no LogoutResponse.",
}


def other_root(element: Element, wanted: str = "samlp:AuthnRequest") -> XmlProblem:
    """Why this is no message of the kind that is wanted here."""
    name, local = etree.QName(element), wanted.partition(":")[2]
    reason = f"the root is {named(element)}; expected <{wanted}>"
    mend = next((mend for kind, mend in DOORS.items() if element.tag == qname(kind) and kind != wanted), "")
    if name.localname != local and name.localname.lower() == local.lower():
        mend = f"Write {local}, with these capitals."
    elif name.localname == local:
        reason = f"the root is {named(element)} in the namespace {name.namespace or 'of nobody'}"
        mend = f"Use the namespace {SAMLP}."
    elif name.localname == "Envelope":
        mend = f"Send the {wanted} by the browser, without the SOAP envelope, which artifacts are for."
    elif name.localname in ("EntityDescriptor", "EntitiesDescriptor"):
        mend = f"Give metadata to the broker in its console or by its API; here goes a {wanted}."
    return XmlProblem(reason, element.sourceline or 0, mend=mend)
