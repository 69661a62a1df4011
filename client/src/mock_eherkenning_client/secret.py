"""Text that no traceback shows: pytest prints local variables with -l, also into its JUnit file."""

from __future__ import annotations


class Secret(str):
    """The text itself wherever it is used, and nothing of it in a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"
