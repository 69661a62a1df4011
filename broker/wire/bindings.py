"""Messages as browsers carry them: HTTP-Redirect with its signed query, and HTTP-POST (bindings 3.4, 3.5)."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from urllib.parse import unquote_plus

from broker.wire import envelope
from broker.wire.names import HTTP_ARTIFACT, HTTP_POST, HTTP_REDIRECT
from broker.wire.xml import MOST_BYTES

FRONT_CHANNEL = (HTTP_REDIRECT, HTTP_POST, HTTP_ARTIFACT)
"""How a browser brings a request: each is published for each address that takes requests.

HTTP-Redirect is first, as the Maykin client takes the first address that it finds.
"""


_PARAMETERS = ("SAMLRequest", "RelayState", "SigAlg", "Signature")


class BindingProblem(ValueError):
    """The envelope around the message is not what the binding says. ``mend`` is what to do, where that is known."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend


@dataclass(frozen=True, slots=True)
class QuerySignature:
    """A detached signature: the octets as they were sent, and what is said to sign them. ``unreadable`` is what came
    where that is no base64; ``value`` is empty then. ``text`` is the value as it came, ``query`` all of the query but
    Signature: to say what is wrong, never to believe."""

    signed: bytes
    algorithm: str
    value: bytes
    unreadable: str = ""
    text: str = ""
    query: bytes = b""


@dataclass(frozen=True, slots=True)
class Carried:
    """One message out of a request from the browser. ``deflated_post``: tolerated, and worth a finding. ``blanks``:
    there were some in its base64, which are forgiven, and which may have been a + each."""

    xml: bytes
    relay_state: str | None
    query_signature: QuerySignature | None = None
    deflated_post: bool = False
    blanks: bool = False


def from_post(message: str, relay_state: str | None) -> Carried:
    """The form field SAMLRequest of an HTTP-POST. Raises BindingProblem."""
    try:
        data = unbase64(message, "SAMLRequest")
    except BindingProblem as problem:
        raise _told(problem, message, deflated=False) from None
    if not _like_xml(data):
        try:
            return Carried(inflate(data), relay_state, deflated_post=True)
        except BindingProblem:
            if told := envelope.instead(message, deflated=False):
                raise BindingProblem(f"SAMLRequest holds {told[0]}", told[1]) from None
    return Carried(data, relay_state, blanks=" " in message and envelope.has_blanks(message))


def from_redirect(query: bytes) -> Carried:
    """The raw query string of an HTTP-Redirect, as it was sent: the signature covers the octets themselves.

    Raises BindingProblem, also where a parameter is there twice: two readers could read two messages.
    """
    raw: dict[str, bytes] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        key = unquote_plus(name.decode("ascii", "replace"))
        if key in raw and key in _PARAMETERS:
            mend = f"Send each parameter once; {key} is in the query twice."
            raise BindingProblem(f"the query parameter {key} is there more than once", mend)
        raw[key] = value
    escaped = [
        key for key in raw if key.removeprefix("amp;") in _PARAMETERS and key.removeprefix("amp;") not in raw
    ]
    if escaped:
        raise BindingProblem(
            f"the address was HTML-escaped: it has &amp; where & was, and so a parameter {escaped[0]}",
            "Send the browser to the address as it is, with & between the parameters; &amp; is for a page alone.",
        )
    values = {key: unquote_plus(value.decode("ascii", "replace")) for key, value in raw.items()}
    if not values.get("SAMLRequest"):
        told = envelope.other_fields(frozenset(values))
        raise BindingProblem(
            f"the query has no SAMLRequest{f': {told[0]}' if told else ''}", told[1] if told else ""
        )
    try:
        message = inflate(unbase64(values["SAMLRequest"], "SAMLRequest"))
    except BindingProblem as problem:
        raise _told(problem, values["SAMLRequest"], deflated=True) from None
    if not _like_xml(message) and (told := envelope.instead(values["SAMLRequest"], deflated=True)):
        raise BindingProblem(f"SAMLRequest holds {told[0]}", told[1])
    signature = None
    if "Signature" in raw or "SigAlg" in raw:
        signed = b"&".join(
            name.encode() + b"=" + raw[name]
            for name in ("SAMLRequest", "RelayState", "SigAlg")
            if name in raw
        )
        text = values.get("Signature", "")
        others = b"&".join(pair for pair in query.split(b"&") if not pair.startswith(b"Signature="))
        signature = QuerySignature(
            signed, values.get("SigAlg", ""), *_signature_value(text), text=text, query=others
        )
    return Carried(message, values.get("RelayState"), signature)


def _like_xml(data: bytes) -> bool:
    return data[:1] in (b"<", b"\xef", b"\xfe", b"\xff") or data[:64].lstrip().startswith(b"<")


def _told(problem: BindingProblem, message: str, *, deflated: bool) -> BindingProblem:
    """The same problem, in the words of what usually goes wrong, if it is that."""
    told = envelope.instead(message, deflated=deflated)
    return problem if told is None else BindingProblem(f"SAMLRequest holds {told[0]}", told[1])


def _signature_value(text: str) -> tuple[bytes, str]:
    """The octets, and why there are none: a signature that cannot be read is the signature's fault."""
    try:
        return unbase64(text, "Signature"), ""
    except BindingProblem as problem:
        if "%" in text:
            return b"", "base64 that is percent-encoded twice"
        told = envelope.instead(text, deflated=False)
        return b"", told[0] if told else str(problem)


def deflated(xml: bytes) -> str:
    """A message as HTTP-Redirect carries it, before it is escaped for the query."""
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(engine.compress(xml) + engine.flush()).decode()


def unbase64(text: str, name: str) -> bytes:
    """Standard base64; white space is forgiven, anything else is not."""
    if len(text) > 2 * MOST_BYTES:
        raise BindingProblem(f"{name} is {len(text):,} characters long; at most {2 * MOST_BYTES:,} are read")
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        mend = "Send the base64 whole: look for a limit on the length of a field or an address, and for what alters it."
        raise BindingProblem(
            f"{name} is not whole base64: it was cut off or altered on the way", mend
        ) from None


def inflate(data: bytes) -> bytes:
    """Raw DEFLATE (RFC 1951), at most MOST_BYTES out, nothing behind it."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        out = engine.decompress(data, MOST_BYTES)
    except zlib.error:
        raise BindingProblem("SAMLRequest is base64, but what is in it is not DEFLATE (RFC 1951)") from None
    if engine.unconsumed_tail:
        raise BindingProblem(f"SAMLRequest inflates to more than {MOST_BYTES:,} bytes")
    if not engine.eof:
        mend = "Send all that the compressor gives: flush or close it before you read what it made."
        raise BindingProblem("the DEFLATE data in SAMLRequest was cut off", mend)
    if engine.unused_data:
        raise BindingProblem("there is something behind the DEFLATE data in SAMLRequest")
    return out
