"""A message as HTML: numbered lines with light mark-up, findings next to their lines, what is long folded or left out.

However large the message is, what comes out is bounded; the bytes themselves are for download.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markupsafe import Markup

from broker.exchange_view.source import Line, Source, Span, line_of

MOST_LINES = 300
MOST_SHOWN = 40_000
LONG_TEXT = 160
"""Characters: what is longer is folded, as base64 is."""
HEAD = 48
MOST_FOLDED = 3_000
AROUND = 2
_NOTHING = Markup()
DEEPEST = 24
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A finding and where it is in the text; ``offset`` is None where it is about the message as a whole."""

    number: int
    finding: Mapping[str, Any]
    offset: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line to show, or how many were left out before the next (``number`` is 0 then).

    ``number`` is the line's own in the message where it is shown as sent, else its place in the indented form.
    """

    number: int
    html: Markup = _NOTHING
    indent: int = 0
    left_out: int = 0
    marked: tuple[Marked, ...] = ()


def rows(
    source: Source, lines: Sequence[Line], marked: Sequence[Marked], most: int = MOST_SHOWN
) -> tuple[Row, ...]:
    """``lines`` are ``source.as_sent()`` or ``source.indented()``; of their text ``most`` characters are shown, and as
    many folded."""
    at: dict[int, list[Marked]] = {}
    for one in marked:
        if one.offset is not None and lines:
            at.setdefault(line_of(lines, one.offset), []).append(one)
    made: list[Row] = []
    budget = _Budget(most, most)
    shown = _shown(len(lines), sorted(at))
    before = -1
    for index in shown:
        here = tuple(at.get(index, ()))
        if not budget.left and not here:
            continue
        if index > before + 1:
            made.append(Row(0, left_out=index - before - 1))
        before = index
        line = lines[index]
        offsets = {one.offset for one in here if one.offset is not None}
        html = _line(source, line, offsets, budget)
        made.append(Row(index + 1, html, min(line.indent, DEEPEST), marked=here))
    if before < len(lines) - 1:
        made.append(Row(0, left_out=len(lines) - 1 - before))
    return tuple(made)


@dataclass(slots=True)
class _Budget:
    """How much text is still to be shown, and how much of what is folded."""

    left: int
    folded: int

    def take(self, wanted: int) -> int:
        given = min(wanted, self.left)
        self.left -= given
        return given

    def fold(self, wanted: int) -> int:
        given = min(wanted, MOST_FOLDED, self.folded)
        self.folded -= given
        return given


def _shown(count: int, found: Sequence[int]) -> list[int]:
    """The first lines, and those around each finding."""
    near = {
        number
        for index in found[:MOST_LINES]
        for number in range(max(0, index - AROUND), min(count, index + AROUND + 1))
    }
    return sorted(near | set(range(min(count, MOST_LINES))))


def _line(source: Source, line: Line, offsets: set[int], budget: _Budget) -> Markup:
    # Strings, and one Markup at the end: thousands of small ones are what a page takes its time for.
    made: list[str] = []
    gap = False
    for span in source.spans(line.start, line.end):
        hit = any(span.start <= offset < span.end for offset in offsets)
        if budget.left or hit:
            made.append(_piece(source.text, span, hit, budget))
            gap = False
            continue
        if not gap:
            made.append(" <em>… niet getoond, wel in het bestand …</em> ")
            gap = True
        if not any(offset >= span.start for offset in offsets):
            break
    return Markup("".join(made))  # noqa: S704 - every piece is escaped


def _piece(text: str, span: Span, hit: bool, budget: _Budget) -> str:
    piece = text[span.start : span.end].rstrip("\r")
    if not piece:
        return ""
    if len(piece) > LONG_TEXT:
        html = _folded(piece, budget)
    else:
        # A line with a finding is shown even where the rest is not.
        html = escape(piece if hit else piece[: budget.take(len(piece))], quote=False)
    if span.kind != "text":
        html = f'<span class="x-{span.kind}">{html}</span>'
    return f"<mark>{html}</mark>" if hit else html


def _folded(piece: str, budget: _Budget) -> str:
    head, rest = piece[:HEAD], piece[HEAD:]
    budget.take(HEAD)
    given = budget.fold(len(rest))
    kind = "tekens base64" if _BASE64.fullmatch(piece) else "tekens"
    missing = len(rest) - given
    tail = f" <em>en nog {missing} tekens, in het bestand</em>" if missing else ""
    return (
        f'{escape(head, quote=False)}<details class="long"><summary>… nog {len(rest)} {kind}</summary>'
        f"<span>{escape(rest[:given], quote=False)}</span>{tail}</details>"
    )
