"""The text of a message cut into lines to show, each with its place in the text as it came.

Two ways: as sent, and indented. The second is made from the text itself and not from a tree, so that prefixes, quotes
and the order of attributes stay as they are, and every line still knows where it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from broker.wire.xml import XmlProblem, parse

LONG_LINE = 200
"""Characters. A message with a longer line is not one that somebody laid out to be read."""
LONG_TAG = 100

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</[^<>]*>|<(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>|[^<]+|<",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w.:-]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(r"</?([\w.:-]+)")
_WORD = re.compile(r"@?[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?")


@dataclass(frozen=True, slots=True)
class Line:
    """``start`` to ``end`` of the text, shown ``indent`` steps to the right."""

    indent: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one class: ``tag``, ``name``, ``value``, ``comment`` or ``text``."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Source:
    """``text`` as it came. ``well_formed``: only then it is taken apart; anything else is shown as plain lines."""

    text: str
    well_formed: bool

    @classmethod
    def of(cls, data: bytes) -> Source:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return cls(data.decode("utf-8", "replace"), False)
        try:
            parse(data)
        except XmlProblem as problem:
            # What is only hidden in a comment can be taken apart all the same.
            return cls(text, problem.tampered)
        return cls(text, True)

    @cached_property
    def starts(self) -> list[int]:
        """Where each line of the text begins."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def tokens(self) -> list[tuple[int, int]]:
        return [found.span() for found in _TOKEN.finditer(self.text)] if self.well_formed else []

    @cached_property
    def _token_starts(self) -> list[int]:
        return [start for start, _ in self.tokens]

    @property
    def laid_out(self) -> bool:
        """Whether it reads well as it is."""
        ends = [*self.starts[1:], len(self.text) + 1]
        longest = max(end - start for start, end in zip(self.starts, ends, strict=True))
        return not self.well_formed or (len(self.starts) > 1 and longest <= LONG_LINE)

    def as_sent(self) -> list[Line]:
        ends = [*(start - 1 for start in self.starts[1:]), len(self.text)]
        return [Line(0, start, end) for start, end in zip(self.starts, ends, strict=True)]

    def indented(self) -> list[Line]:
        """One line an element, or an attribute where a tag is long; an element with only text is one line."""
        found: list[Line] = []
        depth, number, tokens, text = 0, 0, self.tokens, self.text
        while number < len(tokens):
            start, end = tokens[number]
            token = text[start:end]
            if token.startswith("</"):
                depth = max(0, depth - 1)
                found.append(Line(depth, start, end))
            elif token.startswith(("<!", "<?")):
                found.append(Line(depth, start, end))
            elif token.startswith("<"):
                last = self._leaf_end(number)
                found += self._tag(depth, start, tokens[last][1], end)
                number = last
                depth += not (token.endswith("/>") or text.startswith("</", tokens[last][0]))
            elif token.strip():
                found.append(Line(depth, start, end))
            number += 1
        return found

    def spans(self, start: int, end: int) -> Iterator[Span]:
        """The light mark-up of a piece of the text."""
        if not self.tokens:
            yield Span(start, end, "text")
            return
        number = max(0, bisect_right(self._token_starts, start) - 1)
        for first, last in self.tokens[number:]:
            if first >= end:
                return
            for span in self._of_token(first, last):
                if span.end > start and span.start < end:
                    yield Span(max(start, span.start), min(end, span.end), span.kind)

    def place(self, finding: Mapping[str, Any]) -> int | None:
        """Where in the text a finding is about: by its line and column, else by the names that it gives."""
        line, column = int(finding.get("line") or 0), int(finding.get("column") or 0)
        first, end = 0, len(self.text)
        if 0 < line <= len(self.starts):
            first = self.starts[line - 1]
            if column and first + column - 1 < end:
                return first + column - 1
        else:
            line = 0
        words = [word for word in _WORD.findall(str(finding.get("where") or "")) if word != "of"]
        # The most exact name first: an attribute, else the last element of a path.
        words.reverse()
        for word in sorted(words, key=lambda word: not word.startswith("@")):
            local = re.escape(word.lstrip("@").rpartition(":")[2])
            element = rf"<(?:[\w.-]+:)?{local}(?=[\s/>])"
            attribute = rf"(?<=\s)(?:[\w.-]+:)?{local}\s*="
            for pattern in (attribute, element) if word.startswith("@") else (element, attribute):
                if found := re.compile(pattern).search(self.text, first):
                    return found.start()
        if line > 1:
            return first + len(self.text[first:]) - len(self.text[first:].lstrip())
        return None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column in the text as it came, from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def _leaf_end(self, number: int) -> int:
        """The token that ends the line that this start tag begins: its end tag, where there is only text between."""
        following = [self.text[start:end] for start, end in self.tokens[number + 1 : number + 3]]
        if self.text[slice(*self.tokens[number])].endswith("/>") or not following:
            return number
        if following[0].startswith("</"):
            return number + 1
        leaf = len(following) == 2 and not following[0].startswith("<") and following[1].startswith("</")
        return number + 2 if leaf else number

    def _tag(self, depth: int, start: int, end: int, tag_end: int) -> Iterator[Line]:
        attributes = [found.start() for found in _ATTRIBUTE.finditer(self.text, start, tag_end)]
        if tag_end - start <= LONG_TAG or len(attributes) < 2:
            yield Line(depth, start, end)
            return
        cuts = [start, *attributes[1:], end]
        for number, (first, last) in enumerate(pairwise(cuts)):
            # The blanks between two attributes belong to neither line.
            tail = len(self.text[first:last]) - len(self.text[first:last].rstrip())
            yield Line(depth + 2 * (number > 0), first, last - (tail if last != end else 0))

    def _of_token(self, start: int, end: int) -> Iterator[Span]:
        token = self.text[start:end]
        if token.startswith(("<!", "<?")):
            yield Span(start, end, "comment")
            return
        if not token.startswith("<"):
            yield Span(start, end, "text")
            return
        at = start
        for found in _ATTRIBUTE.finditer(self.text, start, end):
            yield Span(at, found.start(), "tag")
            yield Span(found.start(), found.start(3), "name")
            yield Span(found.start(3), found.end(), "value")
            at = found.end()
        yield Span(at, end, "tag")


def line_of(lines: Sequence[Line], offset: int) -> int:
    """The index of the line in which a place of the text is shown; the one before it where it is between two."""
    return max(0, bisect_right([line.start for line in lines], offset) - 1)
