"""XML that comes in: read safely, or refused with the reason and the line."""

from __future__ import annotations

import pytest
from lxml import etree

from broker.wire.xml import MOST_BYTES, XmlProblem, parse, serialize
from support import mistakes

GOOD = '<?xml version="1.0" encoding="{}"?><a>caf\u00e9</a>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_every_honest_encoding_is_read(encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    assert parse(GOOD.format(declared).encode(encoding)).text == "caf\u00e9"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"\0", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<a/><b/>", "not well-formed"),
        (b"<a>\xff</a>", "not well-formed"),
        (b"<a>&#0;</a>", "not well-formed"),
        (b"<a:b/>", "not well-formed"),
        (b"<a>&nowhere;</a>", ""),
        (b"<a>" * 1_000 + b"</a>" * 1_000, "not well-formed"),
        (b"<a>" + b"x" * MOST_BYTES + b"</a>", "bytes; at most"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///dev/zero"><a/>', "DOCTYPE"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        (b'<!DOCTYPE a [<!ATTLIST a ID ID #IMPLIED>]><a ID="_1"/>', "DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), "DOCTYPE"),
        (mistakes.LAUGHS + b"<a>&j;</a>", ""),
        (mistakes.LAUGHS + b'<a b="&j;"/>', ""),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_is_not_safe_xml_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(XmlProblem) as caught:
        parse(data)
    assert reason in caught.value.reason
    assert not caught.value.tampered


def test_a_problem_tells_the_line() -> None:
    with pytest.raises(XmlProblem) as caught:
        parse(b"<a>\n<b>\n</a>")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    "hidden", ["<!-- -->", "<!---->", "<?stop here?>"], ids=["comment", "empty comment", "instruction"]
)
@pytest.mark.parametrize("value", ["{}text", "te{}xt", "text{}"])
def test_a_value_with_something_hidden_in_it_was_tampered_with(hidden: str, value: str) -> None:
    with pytest.raises(XmlProblem) as caught:
        parse(f"<a>\n<b>{value.format(hidden)}</b></a>".encode())
    assert caught.value.tampered
    assert "value of <b>" in caught.value.reason
    assert caught.value.line == 2


def test_comments_beside_elements_are_dropped_and_harm_nobody() -> None:
    root = parse(b"<!-- 1 --><a><!-- 2 --><b>text</b><!-- 3 --><?x y?></a><!-- 4 -->")
    assert serialize(root) == b"<a><b>text</b></a>"


def test_cdata_is_text_like_any_other() -> None:
    assert parse(b"<a>te<![CDATA[xt<!-- no comment -->]]></a>").text == "text<!-- no comment -->"


def test_serialize_takes_the_element_alone_with_the_namespaces_that_it_needs() -> None:
    root = etree.fromstring('<a xmlns:p="urn:p"><p:b/>tail</a>')
    assert serialize(root[0]) == b'<p:b xmlns:p="urn:p"/>'
