"""The text of a message as lines: each keeps its place, nothing is lost, and a finding finds its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.exchange_view.listing import Marked, rows
from broker.exchange_view.source import Source, line_of

ONE_LINE = (
    b'<p:a xmlns:p="urn:p" ID="1"><p:b Name="x &gt; y">text</p:b><p:c/><p:b Name="2"><p:d></p:d></p:b></p:a>'
)
LAID_OUT = b'<p:a xmlns:p="urn:p"\r\n     ID="1">\r\n  <p:b Name="x"/>\r\n</p:a>\r\n'


def shown(source: Source) -> list[str]:
    return ["  " * line.indent + source.text[line.start : line.end] for line in source.indented()]


def test_one_line_becomes_one_line_an_element() -> None:
    assert shown(Source.of(ONE_LINE)) == [
        '<p:a xmlns:p="urn:p" ID="1">',
        '  <p:b Name="x &gt; y">text</p:b>',
        "  <p:c/>",
        '  <p:b Name="2">',
        "    <p:d></p:d>",
        "  </p:b>",
        "</p:a>",
    ]


def test_a_long_tag_becomes_one_line_an_attribute() -> None:
    text = f'<a xmlns="urn:a" one="{"1" * 60}" two="{"2" * 60}">x</a>'
    assert [line.strip() for line in shown(Source.of(text.encode()))] == [
        '<a xmlns="urn:a"',
        f'one="{"1" * 60}"',
        f'two="{"2" * 60}">x</a>',
    ]


@pytest.mark.parametrize(
    ("finding", "line", "column"),
    [
        ({"line": 1, "column": 29, "where": "anything"}, 1, 29),
        ({"line": 1, "where": "@ID of <p:a>"}, 1, 22),
        ({"line": 1, "where": "<p:c>"}, 1, 60),
        ({"line": 1, "where": "c"}, 1, 60),
        ({"line": 1, "where": "p:a/@Name"}, 1, 34),
        ({"line": 1, "where": "SAMLRequest"}, 0, 0),
        ({"line": 0, "where": ""}, 0, 0),
        ({"line": 99, "column": 99, "where": "nothing"}, 0, 0),
        ({"line": 1, "column": 9999, "where": ""}, 0, 0),
    ],
)
def test_a_finding_has_its_place_in_the_text(finding: dict[str, Any], line: int, column: int) -> None:
    source = Source.of(ONE_LINE)
    place = source.place(finding)
    assert (place is None) == (line == 0)
    if place is not None:
        assert source.position(place) == (line, column)


def test_a_text_that_is_laid_out_is_shown_as_it_came() -> None:
    source = Source.of(LAID_OUT)
    assert source.laid_out
    place = source.place({"line": 3, "column": 8, "where": "@Name"})
    assert place is not None
    assert line_of(source.as_sent(), place) == 2
    made = rows(source, source.as_sent(), [Marked(1, {}, place)])
    assert [row.number for row in made] == [1, 2, 3, 4, 5]
    assert "<mark>" in made[2].html
    assert "\r" not in "".join(row.html for row in made)


@pytest.mark.parametrize(
    "data", [b"", b"no xml", b"<a", b"<a><b></a>", b"\xff\xfe", b'<!DOCTYPE a SYSTEM "x"><a/>']
)
def test_what_is_not_xml_is_shown_as_plain_lines(data: bytes) -> None:
    source = Source.of(data)
    assert source.laid_out
    assert not source.tokens
    assert len(rows(source, source.as_sent(), ())) == data.count(b"\n") + 1


@given(st.text(alphabet="<>/=\"' ab&;!-[]?\n", max_size=60))
def test_no_text_is_lost_or_becomes_markup(inside: str) -> None:
    for data in (inside, f"<a>{inside}</a>", f"<a b='{inside}'/>"):
        source = Source.of(data.encode())
        for lines in (source.as_sent(), source.indented()):
            for row, line in zip(rows(source, lines, ()), lines, strict=True):
                text = row.html.striptags() if "<" not in source.text else ""
                assert "<a" not in row.html
                assert len(text) <= line.end - line.start
        assert "".join(source.text[start:end] for start, end in source.tokens) in ("", source.text)


def test_a_line_with_a_finding_is_shown_however_far_it_is() -> None:
    text = "<a>" + "".join(f"<b>{number}</b>" for number in range(5_000)) + "<c/></a>"
    source = Source.of(text.encode())
    place = source.place({"where": "c"})
    made = rows(source, source.indented(), [Marked(1, {}, place)])
    (hit,) = [row for row in made if row.marked]
    assert hit.number == 5_002
    assert len(made) < 400
    assert sum(row.left_out for row in made) + len([row for row in made if row.number]) == 5_003
