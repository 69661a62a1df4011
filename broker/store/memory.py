"""The store for one process that may forget everything when it ends."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import dropwhile, islice

from broker.store import Store

# A sweep looks at every record, so as many puts go before it as there are records, and at least this many.
_SWEEP_AFTER = 1024


@dataclass(slots=True)
class _Group:
    entries: list[bytes] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _Log:
    # Ordered, for a plain dict gets slow at its front when groups go there one after the other.
    groups: OrderedDict[str, _Group] = field(default_factory=OrderedDict)
    size: int = 0
    dropped: int = 0


class MemoryStore(Store):
    """``clock`` gives the seconds that ``keep`` counts in: real time, never the clock that a tester sets."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._closed = False
        # A dict keeps a key's place when its value is replaced: the order that records() promises.
        self._records: dict[str, dict[str, tuple[bytes, float]]] = {}
        self._logs: dict[str, _Log] = {}
        self._puts_left = _SWEEP_AFTER

    def put(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> None:
        with self._locked():
            self._live(kind, key)
            self._set(kind, key, value, keep)

    def add(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> bool:
        with self._locked():
            if self._live(kind, key) is not None:
                return False
            self._set(kind, key, value, keep)
            return True

    def get(self, kind: str, key: str) -> bytes | None:
        with self._locked():
            live = self._live(kind, key)
            return None if live is None else live[0]

    def take(self, kind: str, key: str) -> bytes | None:
        with self._locked():
            live = self._live(kind, key)
            if live is None:
                return None
            del self._records[kind][key]
            return live[0]

    def swap(self, kind: str, key: str, old: bytes, new: bytes) -> bool:
        with self._locked():
            live = self._live(kind, key)
            if live is None or live[0] != old:
                return False
            self._records[kind][key] = (new, live[1])
            return True

    def delete(self, kind: str, key: str) -> bool:
        return self.take(kind, key) is not None

    def records(self, kind: str) -> list[tuple[str, bytes]]:
        with self._locked():
            now = self._clock()
            held = self._records.get(kind, {})
            return [(key, value) for key, (value, until) in held.items() if until > now]

    def append(self, log: str, group: str, value: bytes, *, most_groups: int, most_bytes: int) -> int:
        with self._locked():
            held = self._logs.setdefault(log, _Log())
            written = held.groups.setdefault(group, _Group())
            written.entries.append(value)
            written.size += len(value)
            held.size += len(value)
            before = held.dropped
            while len(held.groups) > 1 and (len(held.groups) > most_groups or held.size > most_bytes):
                oldest = next(name for name in held.groups if name != group)
                held.size -= held.groups.pop(oldest).size
                held.dropped += 1
            return held.dropped - before

    def groups(self, log: str, *, limit: int, before: str | None = None) -> list[str]:
        with self._locked():
            names = reversed(self._logs[log].groups if log in self._logs else {})
            if before is None:
                return list(islice(names, max(limit, 0)))
            return list(islice(dropwhile(lambda name: name != before, names), 1, max(limit, 0) + 1))

    def group(self, log: str, group: str) -> list[bytes]:
        with self._locked():
            found = self._logs[log].groups.get(group) if log in self._logs else None
            return list(found.entries) if found else []

    def drop_group(self, log: str, group: str) -> bool:
        with self._locked():
            held = self._logs.get(log)
            gone = held.groups.pop(group, None) if held is not None else None
            if held is None or gone is None:
                return False
            held.size -= gone.size
            return True

    def dropped(self, log: str) -> int:
        with self._locked():
            return self._logs[log].dropped if log in self._logs else 0

    def clear(self, kind: str | None = None, log: str | None = None) -> None:
        with self._locked():
            if kind is None and log is None:
                self._records.clear()
                self._logs.clear()
            if kind is not None:
                self._records.pop(kind, None)
            if log is not None:
                self._logs.pop(log, None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._records.clear()
            self._logs.clear()

    def _locked(self) -> AbstractContextManager[object]:
        if self._closed:
            raise ValueError("the store is closed")
        return self._lock

    def _live(self, kind: str, key: str) -> tuple[bytes, float] | None:
        held = self._records.get(kind)
        record = held.get(key) if held is not None else None
        if held is not None and record is not None and record[1] <= self._clock():
            del held[key]
            return None
        return record

    def _set(self, kind: str, key: str, value: bytes, keep: float | None) -> None:
        until = math.inf if keep is None else self._clock() + keep
        self._records.setdefault(kind, {})[key] = (value, until)
        self._puts_left -= 1
        if self._puts_left <= 0:
            self._sweep()

    def _sweep(self) -> None:
        now = self._clock()
        for held in self._records.values():
            for key in [key for key, (_, until) in held.items() if until <= now]:
                del held[key]
        self._puts_left = max(_SWEEP_AFTER, sum(map(len, self._records.values())))
