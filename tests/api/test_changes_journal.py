"""The journal in the store: all who write are in one order, and every reader comes to the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.store import Store
from broker.store.memory import MemoryStore
from broker.store.sqlite import SqliteStore
from suppliers.register.changes import KIND, Change, Entry, Journal, Section

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "s.sqlite")
    yield made
    made.close()


def said(key: str, name: str = "A", tag: str = "") -> Entry:
    return Entry((Change(Section.PEOPLE, key, {"name": name}, tag, AT),))


def names(journal: Journal) -> dict[str, object]:
    journal.read()
    return {key: change.value and change.value["name"] for (_, key), change in journal.changes.items()}


def test_what_one_writes_another_reads(store: Store) -> None:
    one, two = Journal(store), Journal(store)
    assert one.append(said("anna"))
    assert names(two) == {"anna": "A"}
    assert two.append(said("anna", "B"))
    assert names(one) == {"anna": "B"}


def test_who_has_not_read_the_last_entry_cannot_write(store: Store) -> None:
    one, two = Journal(store), Journal(store)
    assert one.append(said("anna"))
    assert not two.append(said("bram"))
    assert names(two) == {"anna": "A"}
    assert two.append(said("bram"))


def test_many_at_once_lose_nothing(store: Store) -> None:
    def writer(number: int) -> None:
        journal = Journal(store)
        for turn in range(20):
            while not journal.append(said(f"{number}-{turn}")):
                journal.read()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(writer, range(8)))
    assert set(names(Journal(store))) == {f"{number}-{turn}" for number in range(8) for turn in range(20)}


def test_a_long_journal_becomes_short_and_whoever_was_behind_catches_up(store: Store) -> None:
    behind, one = Journal(store), Journal(store)
    assert one.append(said("first"))
    behind.read()
    for turn in range(1500):
        assert one.append(said(f"p{turn % 3}", str(turn)))
    assert len(store.records(KIND)) < 600
    whole = {"first": "A", "p0": "1497", "p1": "1498", "p2": "1499"}
    assert names(behind) == names(Journal(store)) == names(one) == whole
    assert behind.append(said("last"))
    assert names(one) == {**whole, "last": "A"}


def test_starting_afresh_leaves_one_entry(store: Store) -> None:
    one, two = Journal(store), Journal(store)
    assert one.append(said("anna"))
    assert one.append(Entry(afresh=True))
    assert len(store.records(KIND)) == 1
    assert names(two) == names(Journal(store)) == {}


def test_a_value_is_never_in_a_repr() -> None:
    change = Change(Section.PEOPLE, "anna", {"means": [{"password": "very-secret"}]}, "t", AT)
    assert "very-secret" not in repr(change)
    assert "very-secret" not in repr(Entry((change,)))
