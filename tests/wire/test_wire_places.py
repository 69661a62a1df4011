"""Line and column of elements and attributes, in the bytes as they came."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from broker.wire.places import Place, Spot, place
from broker.wire.xml import parse

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MESSAGE = b"""<?xml version="1.0"?>
<!-- a comment, which is stripped -->
<saml2p:AuthnRequest xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol"
    ID="_1"
    xmlns:x="urn:x"   x:ID = 'another'
\tVersion='2.0'>
  <!-- before --><a b=">"/><a xml:lang="nl"/>
  <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">\xc3\xa9\xf0\x9f\x94\x91<b c="1"/></saml:Issuer>
</saml2p:AuthnRequest>
"""


def at(document: bytes, path: str, attribute: str = "") -> Place:
    (element,) = parse(document).xpath(path)
    return place(document, Spot(element, attribute))


@pytest.mark.parametrize(
    ("path", "attribute", "found"),
    [
        ("/*", "", Place("<saml2p:AuthnRequest>", 3, 1)),
        ("/*", "ID", Place("@ID of <saml2p:AuthnRequest>", 4, 5)),
        ("/*", "{urn:x}ID", Place("@x:ID of <saml2p:AuthnRequest>", 5, 23)),
        ("/*", "Version", Place("@Version of <saml2p:AuthnRequest>", 6, 2)),
        ("/*", "Destination", Place("@Destination of <saml2p:AuthnRequest>", 3, 1)),
        ("/*/a[1]", "b", Place("@b of <a>", 7, 21)),
        ("/*/a[2]", "", Place("<a>", 7, 28)),
        (
            "/*/a[2]",
            "{http://www.w3.org/XML/1998/namespace}lang",
            Place("@xml:lang of <a>", 7, 31),
        ),
        ("//b", "c", Place("@c of <b>", 8, 72)),
    ],
)
def test_an_element_or_attribute_is_found_where_it_begins(path: str, attribute: str, found: Place) -> None:
    """Columns count characters, not bytes; an attribute that is missing is where its element is."""
    assert at(MESSAGE, path, attribute) == found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_of_the_document_does_not_matter(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?>\r\n<a>caf\u00e9\r\n\u00e9<b c=""/></a>'.encode(
        encoding
    )
    assert at(document, "//b", "c") == Place("@c of <b>", 3, 5)


def test_lines_above_65535_and_columns_of_one_long_line_are_known() -> None:
    assert at(b"<a>" + b"\n" * 70_000 + b" <b/></a>", "//b") == Place("<b>", 70_001, 2)
    assert at(b"<a>" + b"<c/>" * 100_000 + b"<b/></a>", "//b") == Place("<b>", 1, 400_004)


def test_many_places_in_a_message_of_one_megabyte_are_found_in_one_reading() -> None:
    document = b"<a>" + b"<b/>\n" * 190_000 + b"</a>"
    root = parse(document)
    begun = time.process_time()
    found = [place(document, Spot(root[-1 - index])).line for index in range(40)]
    # No measure of speed: read anew for each place it would take minutes.
    assert time.process_time() - begun < 20
    assert found == [190_000 - index for index in range(40)]


def test_without_the_bytes_there_is_still_the_name_and_the_line() -> None:
    element = etree.fromstring("<a>\n<b/></a>")[0]
    assert place(b"", Spot(element, "c")) == Place("@c of <b>", 2, 0)
    assert place(b"<?xml version='1.0'?><something/>", Spot(element)) == Place("<b>", 2, 0)


# Whatever the document.


@dataclass
class Written:
    """A document as it grows, and what stands where in it: path, attribute, offset."""

    text: str
    spots: list[tuple[tuple[int, ...], str, int]]


NAMES = st.sampled_from(["a", "b", "p:a", "q:b", "ID", "saml2p:Issuer"])
SPACE = st.sampled_from([" ", "  ", "\n", "\r\n  ", "\t", " \n\n "])
GAP = st.sampled_from(["", " "])
TEXTS = st.sampled_from(
    ["", "text", "\n  ", "\u00e9\U0001f511", "<!-- <b ID='1'> -->", "&lt;b&gt;", "<![CDATA[<b>]]>"]
)
VALUES = st.sampled_from(["", "1", ">", " ID=' ", "/>", "a = b", "\u00e9", "&quot;"])


@st.composite
def documents(draw: st.DrawFn) -> Written:
    made = Written('<?xml version="1.0"?>\n', [])

    def element(path: tuple[int, ...], depth: int) -> None:
        name = draw(NAMES)
        made.spots.append((path, "", len(made.text)))
        made.text += f"<{name}"
        if not path:
            made.text += ' xmlns:p="urn:p" xmlns:q="urn:q" xmlns:saml2p="urn:s"'
        for attribute in draw(st.lists(NAMES, max_size=3, unique=True)):
            made.text += draw(SPACE)
            made.spots.append((path, attribute, len(made.text)))
            quote = draw(st.sampled_from("\"'"))
            value = draw(VALUES).replace(quote, "")
            before, after = draw(GAP), draw(GAP)
            made.text += f"{attribute}{before}={after}{quote}{value}{quote}"
        children = draw(st.integers(0, 3)) if depth < 4 else 0
        if not children and draw(st.booleans()):
            made.text += "/>"
            return
        made.text += ">"
        for index in range(children):
            made.text += draw(TEXTS).replace("text", "\n") if index == 0 else draw(SPACE)
            element((*path, index), depth + 1)
        made.text += f"{draw(SPACE)}</{name}{draw(st.sampled_from(['', ' ']))}>"

    element((), 0)
    return made


PREFIXES = {"p": "urn:p", "q": "urn:q", "saml2p": "urn:s"}


@given(written=documents())
def test_every_element_and_attribute_of_any_document_is_found(written: Written) -> None:
    document = written.text.encode()
    root = etree.fromstring(document)
    etree.strip_tags(root, etree.Comment)
    for path, attribute, offset in written.spots:
        node = root
        for step in path:
            node = node[step]
        prefix, _, local = attribute.rpartition(":")
        spot = Spot(node, f"{{{PREFIXES[prefix]}}}{local}" if prefix else attribute)
        before = written.text[:offset].replace("\r\n", "\n").split("\n")
        found = place(document, spot)
        assert (found.line, found.column) == (len(before), len(before[-1]) + 1), (path, attribute)
        assert found.name.startswith(f"@{attribute} of" if attribute else "<")
