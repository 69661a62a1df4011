"""What testers change over the files while the broker runs: a journal in the store, that every process follows.

An entry has a number, and is added only where there is none of that number: of two who decide at the same moment
one is first, and the other looks again. So whoever decides has seen everything before it, without any lock between
processes. Now and then one entry stands for all before it, which are deleted then (``_BASE`` says which it is).

Changes with a tag are in a room of their own (docs/tags.md): there they lie over those without, and nobody else sees
them. The same record may be changed in many rooms.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from suppliers.store import Store

KIND = "change"
_BASE = ("change-base", "number")
# So many entries may lie behind the last that stands for all, and as many more as there are changes.
_SPARE = 500


class Section(enum.StrEnum):
    """The part of the file that a change is about; in the order in which one can refer to another."""

    SERVICES = "services"
    PEOPLE = "people"
    COMPANIES = "companies"
    MANDATES = "mandates"


SECTIONS = tuple(Section)
Key = tuple[Section, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one record is from now on: ``value`` in the shape of the YAML, None where it is gone.

    ``key`` is the record's in the file, of a mandate its id. ``tag`` is the room that it counts in, empty for all.
    """

    section: Section
    key: str
    value: Mapping[str, Any] | None = field(repr=False)
    tag: str
    at: datetime

    @property
    def about(self) -> Key:
        return self.section, self.key

    @property
    def source(self) -> str:
        """As a ``Place`` names it."""
        return f"api, tag {self.tag}" if self.tag else "api"


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the journal: with ``afresh`` everything before it, in every room, counts no more; then what is
    dropped in the room of ``tag``, and what is said of records. All of it at once or nothing."""

    said: tuple[Change, ...] = ()
    dropped: tuple[Key, ...] = ()
    afresh: bool = False
    tag: str = ""

    @property
    def rooms(self) -> tuple[str, ...]:
        """The tags of what is dropped and said."""
        dropped = (self.tag,) if self.dropped else ()
        return tuple(dict.fromkeys((*dropped, *(change.tag for change in self.said))))

    def within(self, tag: str) -> Entry:
        """What it means in one room."""
        said = tuple(change for change in self.said if change.tag == tag)
        return Entry(said, self.dropped if tag == self.tag else (), self.afresh, tag)


Changes = Mapping[Key, Change]
NONE: Changes = MappingProxyType({})
Rooms = Mapping[str, Changes]
"""By tag; those without one under the empty tag. A room without changes is not there."""


@cache
def _entry() -> TypeAdapter[Entry]:
    """Made when it is needed: it takes time, and most starts find no journal."""
    return TypeAdapter(Entry)


def after_in_rooms(rooms: Rooms, entry: Entry) -> dict[str, Changes]:
    """What holds in every room once ``entry`` counts. The changes of a room that it says nothing of stay the same."""
    held = {} if entry.afresh else dict(rooms)
    for tag in entry.rooms:
        held[tag] = after(held.get(tag, NONE), entry.within(tag))
        if not held[tag]:
            del held[tag]
    return held


def after(changes: Changes, entry: Entry) -> dict[Key, Change]:
    """What holds in one room once ``entry``, which is of that room only, counts; in the order in which each record was
    last spoken of."""
    held = {} if entry.afresh else dict(changes)
    for key in (*entry.dropped, *(change.about for change in entry.said)):
        held.pop(key, None)
    held.update((change.about, change) for change in entry.said)
    return held


class Journal:
    """One reader of the journal, for one thread at a time; ``rooms`` is what it has read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._number = 0
        self._since = 0
        self.rooms: Rooms = MappingProxyType({})

    @property
    def changes(self) -> Changes:
        """Those that everybody sees."""
        return self.rooms.get("", NONE)

    def read(self) -> list[Entry]:
        """The entries since last time; the first of them may stand for many."""
        found: list[Entry] = []
        while (entry := self._next()) is not None:
            found.append(entry)
            self.rooms = after_in_rooms(self.rooms, entry)
        return found

    def append(self, entry: Entry) -> bool:
        """Add it behind what was read; False, and nothing changed, if somebody else did so first."""
        if not self._store.add(KIND, _name(self._number + 1), _entry().dump_json(entry)):
            return False
        self._count(self._number + 1, entry)
        self.rooms = after_in_rooms(self.rooms, entry)
        self._shorten()
        return True

    def _next(self) -> Entry | None:
        raw = self._store.get(KIND, _name(self._number + 1))
        if raw is None:
            # Either there is none yet, or it was deleted as a later one stands for it.
            base = self._base()
            if base <= self._number or (raw := self._store.get(KIND, _name(base))) is None:
                return None
            self._number = base - 1
        entry = _entry().validate_json(raw)
        self._count(self._number + 1, entry)
        return entry

    def _count(self, number: int, entry: Entry) -> None:
        self._number = number
        self._since = 0 if entry.afresh else self._since + 1

    def _base(self) -> int:
        return int(self._store.get(*_BASE) or 0)

    def _shorten(self) -> None:
        """Have one entry stand for all so far when there are many; where somebody else is first they may do so."""
        if self._since > _SPARE + sum(map(len, self.rooms.values())):
            said = (change for changes in self.rooms.values() for change in changes.values())
            whole = Entry(tuple(said), afresh=True)
            if not self._store.add(KIND, _name(self._number + 1), _entry().dump_json(whole)):
                return
            self._count(self._number + 1, whole)
        if self._since == 0:
            self._forget_before(self._number)

    def _forget_before(self, number: int) -> None:
        while True:
            raw = self._store.get(*_BASE)
            if int(raw or 0) >= number:
                return
            new = str(number).encode()
            if self._store.add(*_BASE, new) if raw is None else self._store.swap(*_BASE, raw, new):
                break
        # The base is told first: who misses an entry finds it there.
        for at in range(max(int(raw or 0), 1), number):
            self._store.delete(KIND, _name(at))


def _name(number: int) -> str:
    return f"{number:012}"


def counted(keys: Iterable[Key]) -> dict[str, int]:
    """How many of each section, those without left out."""
    found: dict[str, int] = {}
    for section, _ in keys:
        found[str(section)] = found.get(str(section), 0) + 1
    return found
