"""Finding a text among very many records: all of their texts in one, so that one look finds the next that fits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from suppliers.register.model import Mandate, PersonRecord, Register

_Record = TypeVar("_Record")


class Texts(Generic[_Record]):
    """``text`` gives what is searched of a record; case is ignored."""

    def __init__(self, records: Iterable[_Record], text: Callable[[_Record], str]) -> None:
        self._records = list(records)
        lines = [text(record).casefold().replace("\n", " ") + "\n" for record in self._records]
        self._starts = list(accumulate(map(len, lines), initial=0))
        self._whole = "".join(lines)

    def having(self, wanted: str) -> Iterator[_Record]:
        """Those with this text, in their order."""
        wanted = wanted.casefold()
        at = -1 if "\n" in wanted else self._whole.find(wanted)
        while at >= 0:
            row = bisect_right(self._starts, at) - 1
            if row >= len(self._records):
                return
            yield self._records[row]
            at = self._whole.find(wanted, self._starts[row + 1])


def text_of_person(person: PersonRecord) -> str:
    return "\t".join((person.key, person.name, person.email or "", *(m.username for m in person.means)))


def text_of_mandate(mandate: Mandate) -> str:
    return mandate.id


_people: WeakKeyDictionary[Register, Texts[PersonRecord]] = WeakKeyDictionary()
_mandates: WeakKeyDictionary[Register, Texts[Mandate]] = WeakKeyDictionary()


def people(register: Register) -> Texts[PersonRecord]:
    """Of a register from a file, made at the first search and kept as long as it is in force."""
    if (found := _people.get(register)) is None:
        found = _people[register] = Texts(register.people.values(), text_of_person)
    return found


def mandates(register: Register) -> Texts[Mandate]:
    if (found := _mandates.get(register)) is None:
        found = _mandates[register] = Texts(register.mandates(), text_of_mandate)
    return found
