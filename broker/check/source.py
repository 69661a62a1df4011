"""Where a document comes from: a file, an address, or standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from broker.trusted.fetch import FetchProblem, fetch, shown
from broker.wire.xml import MOST_BYTES

STDIN = "-"


class Unreadable(Exception):
    """One line: why there is nothing to judge."""


@dataclass(frozen=True, slots=True)
class Read:
    """``name`` is how findings call it."""

    name: str
    data: bytes


def is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def read(given: str) -> Read:
    """All of it, at most twice what is read of XML: base64 takes more room. Raises Unreadable."""
    if given == STDIN:
        return Read("stdin", _bounded("stdin", sys.stdin.buffer.read(2 * MOST_BYTES + 1)))
    if is_url(given):
        try:
            return Read(shown(given), fetch(given))
        except FetchProblem as problem:
            raise Unreadable(str(problem)) from None
    try:
        with Path(given).open("rb") as file:
            return Read(given, _bounded(given, file.read(2 * MOST_BYTES + 1)))
    except OSError as error:
        raise Unreadable(f"{given}: {error.strerror or error}") from None


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > 2 * MOST_BYTES:
        raise Unreadable(f"{name}: more than {2 * MOST_BYTES:,} bytes; that much is not read")
    if not data.strip():
        raise Unreadable(f"{name}: there is nothing in it")
    return data
