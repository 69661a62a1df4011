"""Things kept for a while, on the server: logins under way, outcomes, sessions, assertions seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """A bounded table whose rows expire. When it is full, the row that would go first goes now."""

    def __init__(self, clock: Callable[[], datetime], life: timedelta, most: int = 10_000) -> None:
        self._clock = clock
        self._life = life
        self._most = most
        self._rows: dict[str, tuple[datetime, T]] = {}
        self._lock = threading.Lock()

    def put(self, key: str, value: T) -> bool:
        """False, and nothing changes, when there is something under this key."""
        with self._lock:
            now = self._clock()
            if self._alive(key, now):
                return False
            if len(self._rows) >= self._most:
                self._rows = {k: row for k, row in self._rows.items() if row[0] > now}
            if len(self._rows) >= self._most:
                del self._rows[min(self._rows, key=lambda k: self._rows[k][0])]
            self._rows[key] = (now + self._life, value)
            return True

    def get(self, key: str) -> T | None:
        with self._lock:
            return self._rows[key][1] if self._alive(key, self._clock()) else None

    def take(self, key: str) -> T | None:
        """The value, for one caller only."""
        with self._lock:
            alive = self._alive(key, self._clock())
            row = self._rows.pop(key, None)
            return row[1] if row and alive else None

    def _alive(self, key: str, now: datetime) -> bool:
        row = self._rows.get(key)
        return row is not None and row[0] > now
