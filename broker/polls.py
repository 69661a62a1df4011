"""Waiting for the next login that ends: for tests that must know how it went without asking again and again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from broker.exchanges import Exchange, Exchanges, Wanted

LONGEST = 60.0
"""Seconds that one poll may wait."""
LOOK_EVERY = 0.25
"""Seconds between two looks at the store, for what other processes end."""
BEGINNING = "0"
"""The cursor before everything."""
_AFTER = "after-"


class TooMany(Exception):
    """As many wait as may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} polls wait already")
        self.most = most


class Stopping(Exception):
    """The broker is being stopped."""


class UnknownCursor(Exception):
    """There is no such exchange (any more)."""


@dataclass(frozen=True, slots=True)
class Found:
    """``cursor`` is where the next poll goes on: the last end that was looked at."""

    exchange: Exchange | None
    cursor: str


class Polls:
    """At most ``most`` wait at once: each holds a thread of the server, and logins need some too."""

    def __init__(self, exchanges: Exchanges, most: int) -> None:
        self.most = most
        self._exchanges = exchanges
        self._waiting = 0
        self._lock = Lock()
        self._stopping = False

    def next(self, wanted: Wanted, since: str | None, seconds: float) -> Found:
        """The first login that fits, of those that were answered or refused after ``since``; wait for it if there is
        none yet.

        ``since`` is a cursor, or an exchange: what ended since that one began, other than itself, whether it has
        ended or not. None is now. Raises UnknownCursor, TooMany, Stopping.
        """
        at = self._place(since)
        until = time.monotonic() + min(seconds, LONGEST)
        found = self._look(wanted, at, since)
        if found.exchange or seconds <= 0:
            return found
        with self._one_more():
            while found.exchange is None:
                with self._exchanges.ended:
                    # Looked at again under the lock: an end in between must not be slept through.
                    left = until - time.monotonic()
                    if self._stopping:
                        raise Stopping
                    if left <= 0:
                        return found
                    if self.cursor() == found.cursor:
                        self._exchanges.ended.wait(min(LOOK_EVERY, left))
                found = self._look(wanted, found.cursor, since)
        return found

    def stop(self) -> None:
        """Whoever waits is sent away, and nobody waits from here on."""
        self._stopping = True
        with self._exchanges.ended:
            self._exchanges.ended.notify_all()

    def cursor(self) -> str:
        """The place behind everything that has ended."""
        newest = self._exchanges.newest_end()
        return _AFTER + newest if newest else BEGINNING

    def _look(self, wanted: Wanted, cursor: str, but: str | None) -> Found:
        # What a reset or the log's bounds took away was before everything that is there.
        for id_ in self._exchanges.ends_after(cursor.removeprefix(_AFTER)):
            cursor = _AFTER + id_
            exchange = None if id_ == but else self._exchanges.get(id_)
            if exchange is not None and wanted.fits(exchange):
                return Found(exchange, cursor)
        return Found(None, cursor if self._exchanges.newest_end() else BEGINNING)

    def _place(self, since: str | None) -> str:
        if since is None:
            return self.cursor()
        if since == BEGINNING or since.startswith(_AFTER):
            return since
        exchange = self._exchanges.get(since)
        if exchange is None:
            raise UnknownCursor
        began = exchange.events[0].ms
        earlier = (
            _AFTER + id_ for id_ in self._exchanges.ends() if (self._exchanges.ended_at(id_) or 0) < began
        )
        return next(earlier, BEGINNING)

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        with self._lock:
            if self._stopping:
                raise Stopping
            if self._waiting >= self.most:
                raise TooMany(self.most)
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1


def most_of(threads: int) -> int:
    """How many may wait on a server with so many threads."""
    return max(threads - 2, threads // 2)
