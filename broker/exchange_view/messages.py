"""The messages of an exchange: which there are, in the order in which they went, and their bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import parse_qs

from broker.exchanges import Event, Exchange
from broker.wire.bindings import BindingProblem, inflate, unbase64
from broker.wire.names import HTTP_ARTIFACT, HTTP_POST, HTTP_REDIRECT, SOAP_BINDING
from broker.wire.response import form_value

_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_BODY = re.compile(rb"<(?:[\w.-]+:)?Body[^<>]*>\s*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_LOOKED_AT = 4_000
_FIELDS = ("SAMLRequest", "SAMLResponse")


@dataclass(frozen=True, slots=True)
class Message:
    """``n`` counts from 1 and stays, as an exchange only grows; ``event`` is the number of its event, from 1.

    ``xml`` is the message decoded; ``sent`` is what went over the line: the value of the form field, the query, or
    the SOAP envelope, and None where that was not kept. ``kind`` is the name of its element.
    """

    n: int
    event: int
    kind: str
    direction: Literal["in", "out"]
    binding: str
    xml: bytes = field(repr=False)
    sent: str | None = field(repr=False, default=None)
    url: str = ""
    relay_state: str | None = None
    findings: tuple[Mapping[str, Any], ...] = ()
    broken: tuple[Mapping[str, str], ...] = ()
    decrypted: str = field(repr=False, default="")
    cut: bool = False

    @property
    def by(self) -> str:
        """The binding in short, e.g. ``HTTP-POST``."""
        return self.binding.rpartition(":")[2]

    @property
    def is_xml(self) -> bool:
        return self.xml.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"

    @property
    def media_type(self) -> str:
        return "application/xml" if self.is_xml else "text/plain"

    @property
    def lines(self) -> int:
        return self.xml.count(b"\n") + 1 if self.xml else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "event": self.event,
            "kind": self.kind,
            "direction": self.direction,
            "binding": self.binding,
            "url": self.url or None,
            "media_type": self.media_type,
            "bytes": len(self.xml),
            "lines": self.lines,
            "cut": self.cut,
        }


def messages(exchange: Exchange) -> tuple[Message, ...]:
    """Those of which something was kept, in the order in which they went."""
    made = [message for number, event in enumerate(exchange.events, 1) for message in _of(number, event)]
    return tuple(replace(one, n=n) for n, one in enumerate(made, 1))


def _of(number: int, event: Event) -> Iterator[Message]:
    data = event.data
    xml, raw = str(data.get("xml") or ""), str(data.get("raw") or "")
    judged = {
        "findings": tuple(data.get("findings", ())),
        "broken": tuple(data.get("broken_rules", ())),
    }
    binding, relay_state = str(data.get("binding") or ""), data.get("relay_state")
    cut = event.cut or {}
    if event.kind in ("request-fetched", "logout-fetched") or data.get("from"):
        if xml:
            url = str(data.get("from") or "")
            # Where nothing came of it, this is all that there is of the request, and the findings are about it.
            about = judged if event.kind in ("request", "logout-request") else {}
            yield _message(number, "in", SOAP_BINDING, xml.encode(), xml, url=url, cut="xml" in cut, **about)
    elif event.kind in ("request", "logout-request"):
        decoded = _decoded(binding, raw) or xml.encode()
        if decoded or raw:
            yield _message(
                number,
                "in",
                binding,
                decoded or raw.encode(),
                raw or None,
                relay_state=relay_state,
                cut=bool(cut),
                **judged,
            )
    elif event.kind == "answer" and xml:
        by_form = binding != HTTP_ARTIFACT
        yield _message(
            number,
            "out",
            binding,
            xml.encode(),
            form_value(xml.encode()) if by_form else None,
            url=str(data.get("acs") or ""),
            relay_state=relay_state,
            decrypted=str(data.get("decrypted") or ""),
            cut="xml" in cut,
        )
    elif event.kind == "resolve":
        if xml:
            yield _message(number, "in", SOAP_BINDING, xml.encode(), xml, cut="xml" in cut, **judged)
        if raw:
            yield _message(number, "out", SOAP_BINDING, raw.encode(), raw, cut="raw" in cut)
    elif event.kind == "logged-out" and raw:
        yield _message(
            number,
            "out",
            binding,
            _decoded(binding, raw) or raw.encode(),
            raw,
            url=str(data.get("answer") or ""),
            relay_state=relay_state,
            cut="raw" in cut,
        )


def _message(
    number: int, direction: Literal["in", "out"], binding: str, xml: bytes, sent: str | None, **more: Any
) -> Message:
    return Message(0, number, _kind(xml), direction, binding, xml, sent, **more)


def _kind(xml: bytes) -> str:
    """The local name of the element, of SOAP of what stands in its body; ``unreadable`` where there is none."""
    start = xml[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n")
    found = _ROOT.search(start) if start.startswith(b"<") else None
    if found and found[1] == b"Envelope":
        found = _BODY.search(start) or found
    return "unreadable" if found is None else found[1].decode("ascii", "replace")


def _decoded(binding: str, raw: str) -> bytes:
    """The XML as bytes out of what came; empty where it cannot be had, or where the log has only its beginning."""
    try:
        if binding == HTTP_POST:
            data = unbase64(raw, "SAMLRequest")
            try:
                return data if data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<" else inflate(data)
            except BindingProblem:
                return data
        if binding == HTTP_REDIRECT:
            fields = parse_qs(raw, max_num_fields=1_000)
            found = next((fields[name][0] for name in _FIELDS if name in fields), "")
            return inflate(unbase64(found, "SAMLRequest")) if found else b""
    except (BindingProblem, ValueError):
        pass
    return b""
