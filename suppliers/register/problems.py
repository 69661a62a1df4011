"""What is wrong in a file, said so that whoever wrote the file can mend it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from suppliers.register.model import Place

KeyPath = tuple[str | int, ...]

SHOWN = 10  # so many allowed values are written out
MANY = 2_000  # of more candidates only those that begin alike are compared: it takes time


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. ``line`` and ``column`` count from 1; line 0 means the file as a whole.

    ``allowed`` holds every value that would have been right, ``nearest`` the one that was probably meant.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    allowed: tuple[str, ...] = ()
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = ": ".join(part for part in (place, self.key, self.message) if part)
        if self.allowed:
            more = len(self.allowed) - SHOWN
            text += f"; allowed: {', '.join(self.allowed[:SHOWN])}"
            text += f" and {more} more" if more > 0 else ""
        if self.nearest is not None:
            text += f"; did you mean {shown(self.nearest)}?"
        return text


@dataclass(frozen=True, slots=True)
class Surprise:
    """What will surprise, at ``path`` of a record that stands at ``place``. Of a mandate the path has the id, where
    the file has the number."""

    place: Place
    path: KeyPath
    message: str
    nearest: str | None = None


class ConfigError(Exception):
    """Everything that is wrong in a file, in the order of its lines; what an anchor repeats is said once.

    ``files`` are those that were looked at, if the caller could tell: a change in one may mend it.
    """

    def __init__(self, problems: Iterable[Problem], files: Iterable[Path] = ()) -> None:
        self.files = tuple(files)
        once = {
            (p.file, p.line, p.column, p.key.rpartition(".")[2], p.message): p
            for p in reversed(list(problems))
        }
        self.problems: tuple[Problem, ...] = tuple(
            sorted(once.values(), key=lambda p: (p.file, p.line, p.column, p.key, p.message))
        )
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def dotted(path: KeyPath) -> str:
    """A path as people write it, items of a list counted from 1: ``people.m.devries.means[1].level``."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A value from the file as a message quotes it: on one line, and not endless."""
    text = str(value)
    return json.dumps(text if len(text) <= 60 else text[:57] + "...", ensure_ascii=False)


def taken(text: str, where: str) -> str:
    """Of a name that two have; ``where`` is the place of the first."""
    return f"{shown(text)} is taken {where}: each needs one of its own"


def nearest(text: str, candidates: Sequence[str]) -> str | None:
    """The candidate that was probably meant, case ignored; None where none, or more than one, comes close."""
    word = text.strip().casefold()
    if len(candidates) > MANY:
        candidates = [c for c in candidates if abs(len(c) - len(word)) < 3 and c[:2].casefold() == word[:2]]
        candidates = candidates[:MANY]
    folded = {candidate.casefold(): candidate for candidate in candidates}
    close = get_close_matches(word, folded, n=2)
    if len(close) == 2 and _ratio(word, close[0]) == _ratio(word, close[1]):
        return None
    if not close and word:
        close = [candidate for candidate in folded if word in candidate]
        close = close if len(close) == 1 else []
    return folded[close[0]] if close else None


def _ratio(word: str, candidate: str) -> float:
    # in this order get_close_matches compares
    return SequenceMatcher(None, candidate, word).ratio()
