"""Finding a text among very many records: all of their texts in one, so that one look finds the next that fits."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from suppliers.register.model import Mandate, PersonRecord, Register

_Record = TypeVar("_Record")
_CHUNK = 500


def _go_on() -> None:
    """Nobody waits."""


class Texts(Generic[_Record]):
    """``text`` gives what is searched of a record; case is ignored. ``pause`` is called now and then while it is
    made."""

    def __init__(
        self,
        records: Iterable[_Record],
        text: Callable[[_Record], str],
        pause: Callable[[], None] = _go_on,
    ) -> None:
        self._records = list(records)
        # Not a list of numbers: each would be an object of its own.
        self._starts = array("Q")
        lines: list[str] = []
        at = 0
        for row, record in enumerate(self._records):
            if row % _CHUNK == 0:
                pause()
            lines.append(text(record).casefold().replace("\n", " ") + "\n")
            self._starts.append(at)
            at += len(lines[-1])
        self._starts.append(at)
        self._whole = "".join(lines)

    def having(self, wanted: str) -> Iterator[_Record]:
        """Those with this text, in their order."""
        wanted, starts = wanted.casefold(), self._starts
        row, at = 0, -1 if "\n" in wanted else self._whole.find(wanted)
        while 0 <= at < starts[-1]:
            # Of a text that many have it is often in the very next.
            if at >= starts[row + 1]:
                row = bisect_right(starts, at, row + 1) - 1
            yield self._records[row]
            row += 1
            at = self._whole.find(wanted, starts[row])


def text_of_person(person: PersonRecord) -> str:
    return "\t".join((person.key, person.name, person.email or "", *(m.username for m in person.means)))


def text_of_mandate(mandate: Mandate) -> str:
    return mandate.id


_people: WeakKeyDictionary[Register, Texts[PersonRecord]] = WeakKeyDictionary()
_mandates: WeakKeyDictionary[Register, Texts[Mandate]] = WeakKeyDictionary()


def people(register: Register, pause: Callable[[], None] = _go_on) -> Texts[PersonRecord]:
    """Of a register from a file, made at the first search and kept as long as it is in force."""
    if (found := _people.get(register)) is None:
        found = _people[register] = Texts(register.people.values(), text_of_person, pause)
    return found


def mandates(register: Register, pause: Callable[[], None] = _go_on) -> Texts[Mandate]:
    if (found := _mandates.get(register)) is None:
        found = _mandates[register] = Texts(register.mandates(), text_of_mandate, pause)
    return found


def is_ready(register: Register) -> bool:
    """Whether a search has nothing to wait for."""
    return register in _people and register in _mandates


def prepare(register: Register, pause: Callable[[], None] = _go_on) -> None:
    """Make what the first searches would have to wait for."""
    people(register, pause)
    mandates(register, pause)
    register.mandate("")  # each that is found is looked up by its id
