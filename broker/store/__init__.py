"""Where everything lives that changes while the broker runs.

Records are bytes under a kind and a key; logs are entries under a group, oldest group dropped first.
``keep`` is housekeeping in seconds of real time. What a time *means* (a PIN too late, an artifact too
old) stands in the record and is judged by the broker's own clock, which a tester may set.
"""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    """Safe for threads; the SQLite one also for processes. One conformance suite runs on each."""

    def put(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> None:
        """Set, replacing what was there."""

    def add(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> bool:
        """Set only where there is none; False, and nothing changed, where there is."""

    def get(self, kind: str, key: str) -> bytes | None:
        """The value, or None if there is none or its time is up."""

    def take(self, kind: str, key: str) -> bytes | None:
        """Get and delete in one step: of any number of callers exactly one gets the value."""

    def swap(self, kind: str, key: str, old: bytes, new: bytes) -> bool:
        """Replace ``old`` by ``new`` in one step (``keep`` stays); False if the value is not ``old``
        any more."""

    def delete(self, kind: str, key: str) -> bool:
        """True if there was one."""

    def records(self, kind: str) -> list[tuple[str, bytes]]:
        """Every live record of a kind as (key, value), in the order in which the keys first came."""

    def append(self, log: str, group: str, value: bytes, *, most_groups: int, most_bytes: int) -> int:
        """Add an entry to a group. Whole groups, oldest first, go when there are more groups or bytes
        than allowed; the group just written to stays. How many went."""

    def groups(self, log: str, *, limit: int, before: str | None = None) -> list[str]:
        """Groups, newest first (by their first entry); ``before`` pages on from a group."""

    def group(self, log: str, group: str) -> list[bytes]:
        """The entries of one group, oldest first; empty if there is none."""

    def drop_group(self, log: str, group: str) -> bool:
        """Forget one group; whether there was one. Bounds did not do it, so it does not count as dropped."""

    def dropped(self, log: str) -> int:
        """How many groups this log has lost to its bounds."""

    def clear(self, kind: str | None = None, log: str | None = None) -> None:
        """Forget one kind or one log; everything when called without either."""

    def close(self) -> None:
        """Give back files and connections; the store is of no use after it."""
