"""XML in and out, safely: no DTD, no entities, no network, bounded size, comments never inside a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from lxml import etree

from broker.wire.names import PREFIXES, qname

Element = etree._Element

MOST_BYTES = 1_000_000
MOST_ATTRIBUTES = 256
"""Of one element: libxml2 takes time by their square."""


_NOISE = re.compile(r" \(<string>, line [0-9]+\)$")
_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_UNDECLARED = re.compile(r"Namespace prefix (\S+) (?:on|for) .* is not defined")
_CUT = ("end of", "EndTag", "expected '>'", "AttValue", "not found", "Couldn't find end")


class XmlProblem(ValueError):
    """What came is not XML that we read. ``line`` counts from 1; 0 where there is none. ``mend`` is what to do, where
    that is known."""

    def __init__(self, reason: str, line: int = 0, *, tampered: bool = False, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend
        self.reason = reason
        self.line = line
        self.tampered = tampered


def parse(data: bytes) -> Element:
    """The root element of a document.

    Raises XmlProblem for anything that is not well-formed, that is larger than ``MOST_BYTES``, that has a
    DOCTYPE, or that hides part of a value behind a comment or processing instruction: the signature does
    not cover those, and libraries differ in what they then read (CVE-2017-11427 and kin).
    """
    if len(data) > MOST_BYTES:
        raise XmlProblem(f"the document is {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        # The message of libxml2 may quote the input; its first line is enough to find the place.
        said = _NOISE.sub("", str(error).splitlines()[0])
        raise XmlProblem(
            f"it is not well-formed XML: {said}", error.lineno or 0, mend=_mend(said, data)
        ) from None
    except ValueError as error:
        raise XmlProblem(f"it is not XML: {error}") from None
    document = root.getroottree()
    if document.docinfo.internalDTD is not None or document.docinfo.doctype:
        raise XmlProblem(
            "it has a DOCTYPE; a DTD or entities are never read", 1, mend="Send the XML without a DOCTYPE."
        )
    for element in root.iter(etree.Element):
        if len(element.attrib) > MOST_ATTRIBUTES:
            raise XmlProblem(
                f"{named(element)} has {len(element.attrib):,} attributes; at most {MOST_ATTRIBUTES} are read",
                element.sourceline or 0,
            )
    # Once for each parent: a message may have as many comments as fit in it.
    seen: set[Element | None] = {None}
    for node in root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity):
        parent = node.getparent()
        if parent is None or parent in seen:
            continue
        seen.add(parent)
        text = "".join((parent.text or "", *(child.tail or "" for child in parent))).strip()
        value = text and parent.find("*") is None
        if value or isinstance(node, etree._Entity):
            raise XmlProblem(
                f"a comment or processing instruction stands inside the value of {named(parent)}",
                node.sourceline or 0,
                tampered=True,
            )
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return root


def _mend(error: str, data: bytes) -> str:
    """By what libxml2 says first of a document that is not well-formed."""
    declared = _DECLARED.match(data[:200])
    if declared and declared[1].upper().startswith((b"UTF-16", b"UCS-2", b"UTF-32")):
        encoding = declared[1].decode("ascii", "replace")
        return f'Write encoding="UTF-8" in the declaration, or leave it out: the bytes are not in {encoding}.'
    if "declaration allowed only at the start" in error or "reserved name" in error:
        return "Put nothing before <?xml: no blank line, no white space, no second declaration."
    if undeclared := _UNDECLARED.search(error):
        return (
            f'Declare the prefix {undeclared[1]}, with xmlns:{undeclared[1]}="...", on the element that uses it or '
            "around it: also when a part of a document is cut out."
        )
    if "is not a valid URI" in error:
        return "Write the namespace letter for letter, without a blank in it."
    if "encoding" in error.lower() or "UTF-8" in error:
        return "Write the XML in UTF-8, or say in its declaration which encoding it is in."
    if "EntityRef" in error or "xmlParseCharRef" in error or ("Entity '" in error and "not defined" in error):
        return "Write &amp; for an ampersand; best let a library write the XML."
    if "redefined" in error:
        return "Write each attribute of an element once."
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    ends = data.rstrip().endswith(b">")
    if begins and ("Premature end" in error or (not ends and any(said in error for said in _CUT))):
        return "Send the whole message: this ends in the middle of the XML, as if it was cut off."
    if "Extra content" in error:
        return "Send one message alone, with nothing behind it."
    if begins:
        return "Let a library write the XML, and send what it writes: at the place that is named it cannot be read."
    return ""


def parse_own(data: bytes) -> Element:
    """The root of a document that this program made itself, comments and all. Never for what somebody else sent."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def serialize(element: Element) -> bytes:
    """The element alone, as UTF-8 without declaration, with every namespace that it needs."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def named(element: Element) -> str:
    """An element by the name that stands in the XML, prefix included: ``<saml2p:AuthnRequest>``."""
    name = etree.QName(element)
    return f"<{element.prefix}:{name.localname}>" if element.prefix else f"<{name.localname}>"


def named_in(element: Element) -> str:
    """The same with its namespace, for where the prefix tells too little: it may stand for any."""
    namespace = etree.QName(element).namespace
    return f"{named(element)} in {f'the namespace {namespace[:200]}' if namespace else 'no namespace'}"


def make(prefixed: str, attributes: Mapping[str, str] | None = None, *, prefixes: str = "") -> Element:
    """A new root element; ``prefixes`` are further ones, blank-separated, to declare on it."""
    element = etree.Element(qname(prefixed), nsmap=_declared(prefixed, prefixes))
    for name, value in (attributes or {}).items():
        element.set(qname(name), value)
    return element


def add(
    parent: Element,
    prefixed: str,
    attributes: Mapping[str, str] | None = None,
    text: str | None = None,
    *,
    prefixes: str = "",
) -> Element:
    """A new last child of ``parent``, with the one prefix that its namespace has everywhere."""
    element = etree.SubElement(parent, qname(prefixed), nsmap=_declared(prefixed, prefixes))
    for name, value in (attributes or {}).items():
        element.set(qname(name), value)
    element.text = text
    return element


@cache
def _declared(prefixed: str, prefixes: str) -> dict[str, str]:
    """The prefixes that an element declares: its own and those it is told. Never changed by who gets it."""
    wanted = {prefixed.partition(":")[0], *prefixes.split()}
    return {prefix: PREFIXES[prefix] for prefix in sorted(wanted)}


def text_of(element: Element | None) -> str | None:
    """The whole text of an element, white space around it dropped; None where there is no element."""
    return None if element is None else "".join(element.itertext()).strip()


def child(parent: Element, prefixed: str) -> Element | None:
    """The first direct child of that name."""
    return parent.find(qname(prefixed))


def children(parent: Element, prefixed: str) -> list[Element]:
    """Every direct child of that name, in order."""
    return parent.findall(qname(prefixed))
