"""What a child of ours may not hold on to: a broker ends when the last that holds its standard input lets go."""

from __future__ import annotations

import contextlib
import os
from typing import IO, Any

_OPEN: set[IO[Any]] = set()


def ours(end: IO[Any]) -> None:
    """Close it in each process that is forked from this one, from now on until it is closed here."""
    _OPEN.difference_update({one for one in _OPEN if one.closed})
    _OPEN.add(end)


def _close() -> None:
    for end in _OPEN:
        with contextlib.suppress(OSError):
            end.close()
    _OPEN.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close)
