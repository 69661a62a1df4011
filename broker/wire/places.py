"""Where an element or an attribute stands in the bytes as they came: line and column, by the name that stands there.

lxml knows the line of an element only, and none above 65,535. So the document, which ``broker.wire.xml.parse`` has
accepted before, is read once more with expat, up to the element in question, and only when there is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from xml.parsers import expat

from lxml import etree

from broker.wire.names import qname
from broker.wire.xml import Element, named

_ATTRIBUTE = re.compile(r"""([^\s=<>/]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_BEFORE = etree.XPath("count(preceding::*) + count(ancestor::*)")
PIECE = 65_536
_XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True)
class Spot:
    """What a finding is about: an element, or one of its attributes, ``{namespace}name`` as lxml has it.

    The attribute need not be there: then the place is that of the element in which it is missing.
    """

    element: Element
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """``name`` is ``<saml:Issuer>`` or ``@ID of <samlp:AuthnRequest>``. 1-based, in characters; 0 is not known."""

    name: str
    line: int = 0
    column: int = 0


def spot(element: Element, *path: str, attribute: str = "") -> Spot:
    """``element``, or what is found from there by the prefixed names of ``path``, child by child; where one is not
    there, the last that is."""
    for name in path:
        found = element.find(qname(name))
        if found is None:
            return Spot(element)
        element = found
    return Spot(element, attribute)


def place(document: bytes, spot: Spot) -> Place:
    """Where ``spot`` is, in the document that its element was parsed from.

    Without the document, or for one in an encoding that Python does not know, the line is lxml's and there is no
    column. Never raises: a finding without its place is better than none.
    """
    name = _named(spot)
    known = Place(name, spot.element.sourceline or 0)
    text = _text(document, spot.element)
    if text is None:
        return known
    begin = text.beginning(_order(spot.element))
    if begin is None:
        return known
    if spot.attribute:
        attribute, begin = _attribute(text.text, begin, spot)
        name = f"@{attribute} of {named(spot.element)}"
    return Place(name, text.text.count("\n", 0, begin) + 1, begin - text.text.rfind("\n", 0, begin))


def _named(spot: Spot) -> str:
    if not spot.attribute:
        return named(spot.element)
    return f"@{etree.QName(spot.attribute).localname} of {named(spot.element)}"


def _text(document: bytes, element: Element) -> _Text | None:
    return _read(document, element.getroottree().docinfo.encoding or "utf-8") if document else None


@lru_cache(maxsize=4)
def _read(document: bytes, encoding: str) -> _Text | None:
    """Kept for a moment: one message has many findings."""
    try:
        text = document.decode(encoding).removeprefix("\ufeff")
    except (LookupError, ValueError):
        return None
    return _Text(text.replace("\r\n", "\n").replace("\r", "\n"))


def _order(element: Element) -> int:
    """The how-many-eth of its document it is, in the order of the start tags."""
    # In C: a document of 1 MB has more elements than Python counts in a tenth of a second.
    return int(_BEFORE(element))


class _Text:
    """A document, read by expat as far as somebody asked for: where each start tag begins."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._octets = text.encode()
        self._fed = 0
        self._begins: list[int] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._lock = Lock()

    def beginning(self, order: int) -> int | None:
        """The offset of a start tag, in characters; None if expat finds no such element."""
        with self._lock:
            while len(self._begins) <= order and self._fed < len(self._octets):
                piece = self._octets[self._fed : self._fed + PIECE]
                self._fed += PIECE
                try:
                    self._parser.Parse(piece, False)
                except expat.ExpatError:
                    self._fed = len(self._octets)
            if len(self._begins) <= order:
                return None
            return len(self._octets[: self._begins[order]].decode())

    def _start(self, name: str, attributes: object) -> None:
        self._begins.append(self._parser.CurrentByteIndex)


def _attribute(text: str, begin: int, spot: Spot) -> tuple[str, int]:
    """Its name as written and where that begins; if it is not there, the beginning of the element."""
    wanted = etree.QName(spot.attribute)
    declared = spot.element.nsmap
    tag = re.compile(r"<[^\s/>]+").match(text, begin)
    at = tag.end() if tag else begin
    while match := _ATTRIBUTE.match(text, _skipped(text, at)):
        if _is(match[1], wanted, declared):
            return match[1], match.start()
        at = match.end()
    return wanted.localname, begin


def _skipped(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _is(written: str, wanted: etree.QName, declared: Mapping[str | None, str]) -> bool:
    prefix, colon, local = written.rpartition(":")
    namespace = None if not colon else _XML if prefix == "xml" else declared.get(prefix)
    return local == wanted.localname and namespace == wanted.namespace
