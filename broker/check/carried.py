"""A request in whatever form somebody has it at hand: XML, base64, a whole address with its query, a form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from lxml import etree, html

from broker.check.source import Read, Unreadable
from broker.wire.bindings import BindingProblem, Carried, from_post, from_redirect, inflate, unbase64
from broker.wire.names import HTTP_POST, HTTP_REDIRECT

_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """``about`` says what it was taken for. ``binding`` is "" where that does not show. ``url`` is where it was
    sent, without its query, "" where that does not show."""

    about: str
    carried: Carried
    binding: str = ""
    url: str = ""


class Garbled(Exception):
    """A request was meant, and it cannot be taken out of what is around it."""

    def __init__(self, about: str, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend
        self.about = about
        self.reason = reason


def unpack(given: Read) -> Unpacked:
    """Raises Unreadable for what has no request in it, Garbled for a request that cannot be unpacked."""
    data = given.data.strip()
    try:
        return _unpack(data)
    except BindingProblem as problem:
        if b"samlrequest" in data[:5_000].lower():
            raise Garbled("something with SAMLRequest in it", str(problem), problem.mend) from None
        raise Unreadable(f"{given.name}: {problem}") from None


def is_request_url(text: str) -> bool:
    """An address that carries a request itself, and so is not fetched."""
    return text.lower().startswith(("http://", "https://")) and "SAMLRequest=" in text


def _unpack(data: bytes) -> Unpacked:
    start = data[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"samlrequest=" in data[:5_000].lower() and not start.startswith(b"<"):
        return _of_query(data)
    if start.startswith((b"<!doctype html", b"<html", b"<form", b"<body")):
        return _of_page(data)
    if start.startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # What is signed in the XML itself is of HTTP-POST; --binding says otherwise.
        return Unpacked("XML, as HTTP-POST has it", Carried(data, None), HTTP_POST)
    if _BASE64.fullmatch(data):
        return _of_base64(data)
    raise BindingProblem(
        "this is no request: expected XML, base64, an address or form body with SAMLRequest=, or a page with a form"
    )


def _of_base64(data: bytes) -> Unpacked:
    inner = unbase64(data.decode("ascii"), "the text")
    if inner.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Unpacked("base64 of XML, as HTTP-POST has it", Carried(inner, None), HTTP_POST)
    message = Carried(inflate(inner), None)
    return Unpacked("base64 of DEFLATE, as HTTP-Redirect has it, without its query", message, HTTP_REDIRECT)


def _of_query(data: bytes) -> Unpacked:
    """An address with a query, a query, or the body of a form: a deflated message is of a redirect."""
    text = "".join(data.decode("ascii", "replace").split())
    url, mark, query = text.partition("?")
    if not mark:
        url, query = "", text
    query = query.partition("#")[0]
    fields = parse_qs(query, keep_blank_values=True)
    raw = fields.get("SAMLRequest", [""])[0]
    # In a query a "+" may stand for itself: not everybody escapes it.
    if not unbase64(raw.replace(" ", "+"), "SAMLRequest").lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        about = (
            "an address with a query, as HTTP-Redirect has it" if mark else "a query, as HTTP-Redirect has it"
        )
        return Unpacked(about, from_redirect(query.encode()), HTTP_REDIRECT, url)
    relay_state = fields.get("RelayState", [None])[0]
    return Unpacked("the body of a form, as HTTP-POST has it", from_post(raw, relay_state), HTTP_POST, url)


def _of_page(data: bytes) -> Unpacked:
    """The page with the form that sends itself on."""
    try:
        root = html.fromstring(data)
    except (etree.ParserError, ValueError) as error:
        raise BindingProblem(f"this page cannot be read: {error}") from None
    for form in root.iter("form"):
        fields = {node.get("name"): node.get("value", "") for node in form.iter("input")}
        if "SAMLRequest" in fields:
            carried = from_post(fields["SAMLRequest"], fields.get("RelayState"))
            action = form.get("action", "")
            url = action if action.lower().startswith(("http://", "https://")) else ""
            return Unpacked("a page with a form, as HTTP-POST has it", carried, HTTP_POST, url)
    raise BindingProblem("this page has no form with SAMLRequest in it")
