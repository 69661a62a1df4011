"""A request as the browser brings it, taken out of its form or its query: the same for a page and for the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from broker.arrival import Arrived
from broker.wire.bindings import BindingProblem, Carried, from_post, from_redirect
from broker.wire.envelope import BLANKS, other_body, other_fields, other_root
from broker.wire.names import HTTP_ARTIFACT, HTTP_POST, HTTP_REDIRECT, qname
from broker.wire.xml import Element, XmlProblem, parse

Sent = Mapping[str, Sequence[str]]
"""Every field of a form or query with each of its values."""


@dataclass(frozen=True, slots=True)
class Body:
    """What came by POST beside the fields of its form: looked at only where there is no message in those."""

    content_type: str
    start: bytes
    query: frozenset[str]


def by_post(
    fields: Sent, version: str, *, framed: bool = False, body: Callable[[], Body] | None = None
) -> Arrived:
    """What a form brought; ``body`` is asked for where it is no form of ours, to say what it is instead."""

    raw = _first(fields, "SAMLRequest")

    def message() -> Carried:
        if not raw:
            told = other_fields(frozenset(fields))
            if told is None and body is not None:
                came = body()
                told = other_body(came.content_type, came.start, came.query, frozenset(fields))
            instead = f": {told[0]}" if told else ""
            raise BindingProblem(
                f"the form has no SAMLRequest and no SAMLart{instead}", told[1] if told else ""
            )
        return from_post(raw, _first(fields, "RelayState") or None)

    return _unpacked(HTTP_POST, fields, version, framed, message, raw)


def by_redirect(fields: Sent, query: bytes, version: str, *, framed: bool = False) -> Arrived:
    """What a query brought; ``query`` is the same as it was sent, for the signature covers its octets."""

    def message() -> Carried:
        return from_redirect(query)

    raw = query.decode("ascii", "replace")
    return _unpacked(HTTP_REDIRECT, fields, version, framed, message, raw)


def _unpacked(
    binding: str, fields: Sent, version: str, framed: bool, message: Callable[[], Carried], raw: str
) -> Arrived:
    """``raw`` stays with what cannot be unpacked too: it is what somebody has to look at then."""
    artifacts = fields.get("SAMLart", ())
    try:
        if artifacts and (len(artifacts) > 1 or "SAMLRequest" in fields):
            raise BindingProblem(
                "more than one request: SAMLart twice, or SAMLRequest beside it", "Send one of them, once."
            )
        if artifacts:
            # An empty RelayState is none: the field is there because a template always has it.
            relay_state = _first(fields, "RelayState") or None
            return Arrived(
                HTTP_ARTIFACT,
                None,
                framed=framed,
                version=version,
                artifact=artifacts[0],
                relay_state=relay_state,
            )
        carried = message()
    except BindingProblem as problem:
        return Arrived(binding, None, str(problem), framed, version, raw=raw, mend=problem.mend)
    return Arrived(binding, carried, framed=framed, version=version, raw=raw)


def _first(fields: Sent, name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def element_of(arrived: Arrived, wanted: str) -> Element:
    """The root of the message that came. Raises XmlProblem where that is none of this kind: ``samlp:AuthnRequest``."""
    if arrived.carried is None:
        raise XmlProblem(arrived.problem or "there is no message", mend=arrived.mend)
    try:
        element = parse(arrived.carried.xml)
    except XmlProblem as problem:
        if not arrived.carried.blanks:
            raise
        raise XmlProblem(f"SAMLRequest holds {BLANKS[0]}", problem.line, mend=BLANKS[1]) from None
    if element.tag != qname(wanted):
        raise other_root(element, wanted)
    return element
