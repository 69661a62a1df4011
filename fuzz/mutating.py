"""Changes that a random byte would never make: XML that stays XML, and base64 and DEFLATE around it.

The same generator gives the same changes, so that a short run of them is a test like any other.
"""

from __future__ import annotations

import base64
import copy
import zlib
from collections.abc import Callable, Iterable
from random import Random
from urllib.parse import parse_qsl, quote_plus, urlencode

from lxml import etree

NASTY = (
    "",
    " ",
    "\n",
    "0",
    "-1",
    "1" * 5_000,
    "99999999999999999999",
    "\u0661",
    "1e9",
    "true",
    "TRUE",
    "nil",
    "%00",
    "%s%n",
    "../../etc/passwd",
    "javascript:alert(1)",
    "http://[::1",
    "http://[",
    "https://sp.example:99999/",
    "//",
    "urn:etoegang:DV:00000001777777770000:entities:9001",
    "urn:etoegang:core:assurance-class:loa4",
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T25:61:61Z",
    "-0001-01-01T00:00:00Z",
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    "#_1",
    "#xpointer(/)",
    "\u00e9\u20ac\U0001f600",
    "]]>",
    "a:b",
    "AAAA",
)
MOST = 200_000
"""Bytes of what comes out."""


def mutated(data: bytes, random: Random, layers: Iterable[str] = ()) -> bytes:
    """``data`` changed a little. ``layers`` are what may lie around the XML: base64, deflate, query."""
    kinds = {"base64": _in_base64, "deflate": _in_deflate, "query": _in_query}
    for name in layers:
        if random.random() < 0.7 and (found := kinds[name](data, random)) is not None:
            return found[:MOST]
    if random.random() < 0.75 and (found := _xml(data, random)) is not None:
        return found[:MOST]
    return _bytes(data, random)[:MOST]


def _bytes(data: bytes, random: Random) -> bytes:
    """As a bad line does it: a byte other, more, less, a piece twice or gone."""
    if not data:
        return random.randbytes(8)
    at, other = sorted((random.randrange(len(data)), random.randrange(len(data))))
    piece = data[at:other]
    return random.choice(
        (
            lambda: data[:at] + random.randbytes(1) + data[at + 1 :],
            lambda: data[:at] + random.randbytes(random.randrange(1, 9)) + data[at:],
            lambda: data[:at] + data[other:],
            lambda: data[:other] + piece + data[other:],
            lambda: data[:at],
            lambda: data[at:],
            lambda: data[:at] + piece[::-1] + data[other:],
            lambda: data[:at] + random.choice(NASTY).encode() + data[at:],
            lambda: data.decode("latin-1").encode("utf-16"),
        )
    )()


def _xml(data: bytes, random: Random) -> bytes | None:
    """As a program does it: elements and attributes moved, doubled, left out, or with another value."""
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        nodes = list(root.iter(etree.Element))
        if len(nodes) > 2_000:
            break
        try:
            random.choice(_CHANGES)(random.choice(nodes), random.choice(nodes), random)
        except (ValueError, TypeError):
            continue  # a value that XML cannot hold, or an element put into itself
    return etree.tostring(root)


def _other_value(node: etree._Element, other: etree._Element, random: Random) -> None:
    if node.attrib and random.random() < 0.7:
        node.set(random.choice([str(name) for name in node.attrib]), random.choice(NASTY))
    else:
        node.text = random.choice((*NASTY, other.text))


def _less(node: etree._Element, other: etree._Element, random: Random) -> None:
    parent = node.getparent()
    if node.attrib and random.random() < 0.5:
        del node.attrib[random.choice([str(name) for name in node.attrib])]
    elif parent is not None:
        parent.remove(node)


def _double(node: etree._Element, other: etree._Element, random: Random) -> None:
    other.insert(random.randrange(len(other) + 1), copy.deepcopy(node))


def _many(node: etree._Element, other: etree._Element, random: Random) -> None:
    if len(etree.tostring(node)) > 2_000:
        return
    one = copy.deepcopy(node)  # as it is now: it may be the very one that grows
    for _ in range(random.choice((3, 30, 300))):
        other.append(copy.deepcopy(one))


def _move(node: etree._Element, other: etree._Element, random: Random) -> None:
    other.insert(random.randrange(len(other) + 1), node)


def _rename(node: etree._Element, other: etree._Element, random: Random) -> None:
    node.tag = random.choice((other.tag, "x", "{urn:x}y"))


def _swap_values(node: etree._Element, other: etree._Element, random: Random) -> None:
    node.text, other.text = other.text, node.text
    for name in set(map(str, node.attrib)) & set(map(str, other.attrib)):
        node.attrib[name], other.attrib[name] = other.attrib[name], node.attrib[name]


def _aside(node: etree._Element, other: etree._Element, random: Random) -> None:
    """A comment or an instruction, also in the middle of a value."""
    made = random.choice((etree.Comment(" x "), etree.ProcessingInstruction("x", "y")))
    text, node.text = node.text or "", (node.text or "")[: random.randrange(4)]
    made.tail = text[len(node.text or "") :]
    node.insert(0, made)


def _attribute(node: etree._Element, other: etree._Element, random: Random) -> None:
    name = random.choice([*map(str, other.attrib), "ID", "index", "{urn:x}y", "Algorithm", "Format"])
    node.set(name, random.choice((*NASTY, *map(str, node.attrib.values()))))


_CHANGES: tuple[Callable[[etree._Element, etree._Element, Random], None], ...] = (
    _other_value,
    _other_value,
    _less,
    _double,
    _many,
    _move,
    _rename,
    _swap_values,
    _aside,
    _attribute,
)


def _in_base64(data: bytes, random: Random) -> bytes | None:
    try:
        inside = base64.b64decode(data, validate=True)
    except ValueError:
        return None
    return base64.b64encode(mutated(inside, random, ("deflate",)))


def _in_deflate(data: bytes, random: Random) -> bytes | None:
    engine = zlib.decompressobj(wbits=-15)
    try:
        inside = engine.decompress(data, MOST)
    except zlib.error:
        return None
    packer = zlib.compressobj(wbits=random.choice((-15, -15, -15, 15)))
    return packer.compress(mutated(inside, random)) + packer.flush()


def _in_query(data: bytes, random: Random) -> bytes | None:
    pairs = parse_qsl(data.decode("latin-1"), keep_blank_values=True)
    if not pairs:
        return None
    at = random.randrange(len(pairs))
    name, value = pairs[at]
    what = random.random()
    if what < 0.6:
        pairs[at] = (name, mutated(value.encode("latin-1", "replace"), random, ("base64",)).decode("latin-1"))
    elif what < 0.7:
        pairs.insert(random.randrange(len(pairs)), pairs[at])
    elif what < 0.8:
        del pairs[at]
    elif what < 0.9:
        random.shuffle(pairs)
    else:
        return "&".join(f"{name}={quote_plus(value).lower()}" for name, value in pairs).encode()
    return urlencode(pairs, errors="replace").encode()
