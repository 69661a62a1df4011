"""The name that somebody will have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(text: str, known: Iterable[str], cutoff: float = 0.75) -> str:
    """The one of ``known`` that is written almost so, first of all but for capitals; "" where none is."""
    names = list(known)
    folded = text[:200].casefold()
    for name in names:
        if name.casefold() == folded:
            return name
    by_fold = {name.casefold(): name for name in names}
    found = get_close_matches(folded, by_fold, 1, cutoff)
    return by_fold[found[0]] if found else ""
