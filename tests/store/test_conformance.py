"""What broker.store.Store promises, sentence by sentence, asked of each; then what only the file has."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from broker.store import Store
from broker.store.memory import MemoryStore
from broker.store.sqlite import APPLICATION, VERSION, SqliteStore, StoreError

THREADS = 16
PATIENCE = 60
# Enough for threads to get in each other's way.
KEYS = [str(number) for number in range(1000)]
PLENTY = {"most_groups": 1000, "most_bytes": 1_000_000}


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, clock: Clock, path: Path) -> Iterator[Store]:
    made: Store = MemoryStore(clock=clock) if request.param == "memory" else SqliteStore(path, clock=clock)
    yield made
    made.close()


@pytest.fixture
def sqlite_store(clock: Clock, path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path, clock=clock)
    yield made
    made.close()


def at_once(call: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """The answers of as many threads, which all begin together."""
    barrier = threading.Barrier(threads, timeout=PATIENCE)
    answers: list[Any] = [None] * threads

    def run(number: int) -> None:
        try:
            barrier.wait()
            answers[number] = call(number)
        except Exception as error:
            answers[number] = error

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    # Python changes threads every 5 ms, in which each would be done before the next begins.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


# Records


def test_what_was_put_is_there(store: Store) -> None:
    store.put("session", "a", b"\x00one\xff")
    assert store.get("session", "a") == b"\x00one\xff"


def test_an_empty_value_is_a_value(store: Store) -> None:
    store.put("session", "a", b"")
    assert store.get("session", "a") == b""
    assert store.swap("session", "a", b"", b"")
    assert store.take("session", "a") == b""
    store.put("session", "a", b"")
    assert store.delete("session", "a")


@pytest.mark.parametrize("key", ["", "é€😀", "a\x00b", "' OR 1=1 --", "%", "A" * 5000])
def test_any_text_is_a_key(store: Store, key: str) -> None:
    store.put(key, key, b"one")
    store.append(key, key, b"two", **PLENTY)
    assert store.records(key) == [(key, b"one")]
    assert store.groups(key, limit=9) == [key]


def test_keys_differ_by_case_and_by_kind(store: Store) -> None:
    store.put("session", "a", b"one")
    store.put("session", "A", b"two")
    store.put("artifact", "a", b"three")
    assert store.get("session", "a") == b"one"
    assert store.get("session", "A") == b"two"
    assert store.get("artifact", "a") == b"three"


def test_put_replaces_what_was_there(store: Store) -> None:
    store.put("session", "a", b"one")
    store.put("session", "a", b"two")
    assert store.get("session", "a") == b"two"
    assert store.records("session") == [("a", b"two")]


def test_add_sets_where_there_is_none(store: Store) -> None:
    assert store.add("replay", "a", b"one")
    assert store.get("replay", "a") == b"one"


def test_add_says_no_and_changes_nothing_where_there_is_one(store: Store, clock: Clock) -> None:
    store.put("replay", "a", b"one", keep=10)
    assert not store.add("replay", "a", b"two", keep=1000)
    assert store.get("replay", "a") == b"one"
    clock.now += 10
    assert store.get("replay", "a") is None


def test_get_finds_nothing_where_nothing_was_put(store: Store) -> None:
    store.put("session", "a", b"one")
    assert store.get("session", "b") is None
    assert store.get("nothing", "a") is None


def test_get_takes_nothing_away(store: Store) -> None:
    store.put("session", "a", b"one")
    assert [store.get("session", "a") for _ in range(3)] == [b"one"] * 3


def test_take_gives_the_value_once(store: Store) -> None:
    store.put("artifact", "a", b"one")
    assert store.take("artifact", "a") == b"one"
    assert store.take("artifact", "a") is None
    assert store.get("artifact", "a") is None


def test_swap_replaces_the_value_that_it_was_told_of(store: Store) -> None:
    store.put("login", "a", b"one")
    assert store.swap("login", "a", b"one", b"two")
    assert store.get("login", "a") == b"two"


def test_swap_says_no_when_the_value_is_another(store: Store) -> None:
    store.put("login", "a", b"one")
    assert not store.swap("login", "a", b"zero", b"two")
    assert store.get("login", "a") == b"one"


def test_swap_makes_no_record(store: Store) -> None:
    assert not store.swap("login", "a", b"", b"two")
    assert store.get("login", "a") is None


def test_delete_says_whether_there_was_one(store: Store) -> None:
    store.put("session", "a", b"one")
    assert store.delete("session", "a")
    assert not store.delete("session", "a")
    assert store.get("session", "a") is None


def test_records_are_of_one_kind_in_the_order_in_which_the_keys_first_came(store: Store) -> None:
    for key in ("c", "a", "b"):
        store.put("mail", key, b"old " + key.encode())
    store.put("session", "z", b"other")
    store.put("mail", "c", b"new c")
    store.swap("mail", "a", b"old a", b"new a")
    assert store.records("mail") == [("c", b"new c"), ("a", b"new a"), ("b", b"old b")]


def test_records_of_an_unknown_kind_are_none(store: Store) -> None:
    assert store.records("nothing") == []


def test_a_key_that_comes_back_comes_last(store: Store, clock: Clock) -> None:
    store.put("mail", "taken", b"1")
    store.put("mail", "expired", b"2", keep=10)
    store.put("mail", "expired too", b"3", keep=10)
    store.put("mail", "stays", b"4")
    store.take("mail", "taken")
    clock.now += 10
    store.put("mail", "expired too", b"5")
    store.add("mail", "expired", b"6")
    store.add("mail", "taken", b"7")
    assert [key for key, _ in store.records("mail")] == ["stays", "expired too", "expired", "taken"]


# Keep


def test_a_record_without_keep_stays(store: Store, clock: Clock) -> None:
    store.put("session", "a", b"one")
    clock.now += 1e9
    assert store.get("session", "a") == b"one"


@pytest.mark.parametrize("set_it", [Store.put, Store.add])
def test_a_record_is_there_until_its_time_is_up(store: Store, clock: Clock, set_it: Any) -> None:
    getattr(store, set_it.__name__)("pin", "a", b"one", keep=10)
    clock.now += 9.5
    assert store.get("pin", "a") == b"one"
    assert store.records("pin") == [("a", b"one")]
    clock.now += 0.5
    assert store.get("pin", "a") is None
    assert store.records("pin") == []


def test_a_record_kept_for_no_time_is_not_there(store: Store) -> None:
    store.put("pin", "a", b"one", keep=0)
    assert store.get("pin", "a") is None
    assert store.add("pin", "a", b"two", keep=-1)
    assert store.get("pin", "a") is None


def test_a_record_whose_time_is_up_cannot_be_taken_swapped_or_deleted(store: Store, clock: Clock) -> None:
    for key in ("a", "b", "c"):
        store.put("pin", key, b"one", keep=10)
    clock.now += 10
    assert store.take("pin", "a") is None
    assert not store.swap("pin", "b", b"one", b"two")
    assert not store.delete("pin", "c")
    assert store.records("pin") == []


def test_add_sets_where_the_time_of_what_was_there_is_up(store: Store, clock: Clock) -> None:
    store.put("replay", "a", b"one", keep=10)
    clock.now += 10
    assert store.add("replay", "a", b"two")
    assert not store.add("replay", "a", b"three")
    clock.now += 1e9
    assert store.get("replay", "a") == b"two"


def test_put_also_replaces_keep(store: Store, clock: Clock) -> None:
    store.put("session", "longer", b"one", keep=10)
    store.put("session", "longer", b"two", keep=20)
    store.put("session", "for ever", b"one", keep=10)
    store.put("session", "for ever", b"two")
    store.put("session", "shorter", b"one")
    store.put("session", "shorter", b"two", keep=10)
    clock.now += 10
    assert store.records("session") == [("longer", b"two"), ("for ever", b"two")]
    clock.now += 10
    assert store.records("session") == [("for ever", b"two")]


def test_keep_stays_at_a_swap(store: Store, clock: Clock) -> None:
    store.put("login", "a", b"one", keep=10)
    clock.now += 9
    assert store.swap("login", "a", b"one", b"two")
    assert store.get("login", "a") == b"two"
    clock.now += 1
    assert store.get("login", "a") is None


def test_expired_records_that_nobody_asks_for_do_not_pile_up(clock: Clock, path: Path) -> None:
    memory, sqlite = MemoryStore(clock=clock), SqliteStore(path, clock=clock)
    for number in range(10_000):
        for store in (memory, sqlite):
            store.put("replay", str(number), b"one", keep=10)
        clock.now += 1
    assert len(memory._records["replay"]) < 3000
    sqlite.close()
    with raw(path) as db:
        assert db.execute("SELECT count(*) FROM record").fetchone()[0] < 3000


# Logs


def test_a_group_holds_its_entries_oldest_first(store: Store) -> None:
    for entry in (b"2", b"1", b"", b"2"):
        store.append("messages", "login 1", entry, **PLENTY)
    store.append("messages", "login 2", b"3", **PLENTY)
    store.append("messages", "login 1", b"4", **PLENTY)
    assert store.group("messages", "login 1") == [b"2", b"1", b"", b"2", b"4"]
    assert store.group("messages", "login 2") == [b"3"]


def test_a_group_that_is_not_there_is_empty(store: Store) -> None:
    store.append("messages", "login 1", b"1", **PLENTY)
    assert store.group("messages", "login 2") == []
    assert store.group("nothing", "login 1") == []


def test_groups_come_newest_first_by_their_first_entry(store: Store) -> None:
    for group in ("b", "a", "c", "b"):
        store.append("messages", group, b"1", **PLENTY)
    assert store.groups("messages", limit=9) == ["c", "a", "b"]


def test_groups_of_an_unknown_log_are_none(store: Store) -> None:
    assert store.groups("nothing", limit=9) == []
    assert store.groups("nothing", limit=9, before="a") == []


def test_no_more_groups_come_than_the_limit(store: Store) -> None:
    for group in "abc":
        store.append("messages", group, b"1", **PLENTY)
    assert store.groups("messages", limit=2) == ["c", "b"]
    assert store.groups("messages", limit=0) == []
    assert store.groups("messages", limit=-1) == []
    assert store.groups("messages", limit=-1, before="c") == []


def test_before_pages_on_from_a_group(store: Store) -> None:
    for group in "abcde":
        store.append("messages", group, b"1", **PLENTY)
    assert store.groups("messages", limit=2, before="d") == ["c", "b"]
    assert store.groups("messages", limit=2, before="b") == ["a"]
    assert store.groups("messages", limit=2, before="a") == []


def test_nothing_comes_before_a_group_that_is_gone(store: Store) -> None:
    for group in "abc":
        store.append("messages", group, b"1", most_groups=2, most_bytes=99)
    assert store.groups("messages", limit=9, before="a") == []


def test_the_oldest_groups_go_when_there_are_more_than_allowed(store: Store) -> None:
    for group in ("a", "a", "b", "c", "d"):
        store.append("messages", group, b"1", most_groups=2, most_bytes=99)
    assert store.groups("messages", limit=9) == ["d", "c"]
    assert store.group("messages", "a") == []
    assert store.dropped("messages") == 2


def test_whole_groups_go_oldest_first_when_there_are_more_bytes_than_allowed(store: Store) -> None:
    for group, entry in (("a", b"1" * 4), ("a", b"2"), ("b", b"3" * 4), ("c", b"4")):
        store.append("messages", group, entry, most_groups=99, most_bytes=10)
    assert store.dropped("messages") == 0
    store.append("messages", "c", b"5", most_groups=99, most_bytes=10)
    assert store.groups("messages", limit=9) == ["c", "b"]
    assert store.group("messages", "a") == []
    assert store.dropped("messages") == 1


def test_an_entry_makes_room_by_as_many_groups_as_it_takes(store: Store) -> None:
    for group in "abcd":
        store.append("messages", group, b"123", most_groups=99, most_bytes=12)
    store.append("messages", "e", b"123456789", most_groups=99, most_bytes=12)
    assert store.groups("messages", limit=9) == ["e", "d"]
    assert store.dropped("messages") == 3


def test_the_bytes_of_a_dropped_group_no_longer_count(store: Store) -> None:
    for group in "abcdefgh":
        store.append("messages", group, b"12345", most_groups=99, most_bytes=10)
    assert store.groups("messages", limit=9) == ["h", "g"]
    assert store.dropped("messages") == 6


@pytest.mark.parametrize(
    "bounds", [{"most_groups": 99, "most_bytes": 10}, {"most_groups": 0, "most_bytes": 0}]
)
def test_the_group_just_written_to_stays_however_big_it_is(store: Store, bounds: dict[str, int]) -> None:
    store.append("messages", "a", b"1" * 50, **bounds)
    store.append("messages", "a", b"2" * 50, **bounds)
    assert store.group("messages", "a") == [b"1" * 50, b"2" * 50]
    assert store.dropped("messages") == 0


def test_the_group_just_written_to_stays_even_if_it_is_the_oldest(store: Store) -> None:
    for group in "abc":
        store.append("messages", group, b"12345", most_groups=99, most_bytes=15)
    store.append("messages", "a", b"6", most_groups=99, most_bytes=15)
    assert store.groups("messages", limit=9) == ["c", "a"]
    store.append("messages", "d", b"7", most_groups=2, most_bytes=15)
    assert store.groups("messages", limit=9) == ["d", "c"]


def test_narrower_bounds_hold_from_the_next_entry(store: Store) -> None:
    for group in "abcd":
        store.append("messages", group, b"1", **PLENTY)
    store.append("messages", "d", b"", most_groups=2, most_bytes=99)
    assert store.groups("messages", limit=9) == ["d", "c"]


def test_a_group_that_went_and_comes_back_is_a_new_one(store: Store) -> None:
    for group in "abca":
        store.append("messages", group, group.encode(), most_groups=2, most_bytes=99)
    assert store.groups("messages", limit=9) == ["a", "c"]
    assert store.group("messages", "a") == [b"a"]
    assert store.dropped("messages") == 2


def test_a_group_is_dropped_with_its_bytes_and_no_other(store: Store) -> None:
    for group in "abab":
        store.append("messages", group, b"12345", most_groups=9, most_bytes=99)
    store.append("others", "a", b"other", most_groups=9, most_bytes=99)
    assert store.drop_group("messages", "a")
    assert not store.drop_group("messages", "a")
    assert not store.drop_group("no such log", "a")
    assert (store.groups("messages", limit=9), store.group("messages", "a")) == (["b"], [])
    assert store.group("others", "a") == [b"other"]
    assert store.append("messages", "c", b"12345", most_groups=2, most_bytes=15) == 0, (
        "what went still counts"
    )
    assert store.dropped("messages") == 0


def test_logs_do_not_touch_each_other(store: Store) -> None:
    for group in "abc":
        store.append("messages", group, b"12345", most_groups=2, most_bytes=10)
        store.append("events", group, b"12345", most_groups=3, most_bytes=15)
    assert store.groups("messages", limit=9) == ["c", "b"]
    assert store.groups("events", limit=9) == ["c", "b", "a"]
    assert store.dropped("messages") == 1
    assert store.dropped("events") == 0


def test_a_log_that_is_not_there_has_dropped_nothing(store: Store) -> None:
    assert store.dropped("nothing") == 0


# Clear and close


def fill(store: Store) -> None:
    for name in ("a", "b"):
        store.put(name, "key", b"1")
        for group in "123":
            store.append(name, group, b"1", most_groups=2, most_bytes=99)


def test_clear_forgets_one_kind(store: Store) -> None:
    fill(store)
    store.clear(kind="a")
    assert store.records("a") == []
    assert store.records("b") == [("key", b"1")]
    assert store.groups("a", limit=9) == ["3", "2"]


def test_clear_forgets_one_log_and_what_it_has_dropped(store: Store) -> None:
    fill(store)
    store.clear(log="a")
    assert store.groups("a", limit=9) == []
    assert store.group("a", "3") == []
    assert store.dropped("a") == 0
    assert store.groups("b", limit=9) == ["3", "2"]
    assert store.dropped("b") == 1
    assert store.records("a") == [("key", b"1")]


def test_clear_forgets_one_kind_and_one_log_when_told_both(store: Store) -> None:
    fill(store)
    store.clear(kind="a", log="b")
    assert store.records("a") == []
    assert store.records("b") == [("key", b"1")]
    assert store.groups("a", limit=9) == ["3", "2"]
    assert store.groups("b", limit=9) == []


def test_clear_forgets_everything_when_told_neither(store: Store) -> None:
    fill(store)
    store.clear()
    for name in ("a", "b"):
        assert store.records(name) == []
        assert store.groups(name, limit=9) == []
        assert store.group(name, "3") == []
        assert store.dropped(name) == 0


def test_clear_where_there_is_nothing_is_no_error(store: Store) -> None:
    store.clear(kind="nothing")
    store.clear(log="nothing")
    store.clear()


def test_a_cleared_log_begins_anew(store: Store) -> None:
    fill(store)
    store.clear(log="a")
    for group in "345":
        store.append("a", group, b"12345", most_groups=99, most_bytes=10)
    assert store.groups("a", limit=9) == ["5", "4"]
    assert store.dropped("a") == 1


def test_a_closed_store_is_of_no_use_and_says_so(store: Store) -> None:
    store.put("session", "a", b"one")
    store.close()
    store.close()
    for call in (
        partial(store.get, "session", "a"),
        partial(store.put, "session", "a", b"two"),
        partial(store.append, "messages", "a", b"1", **PLENTY),
    ):
        with pytest.raises(ValueError, match="closed"):
            call()


# Threads


def test_of_many_threads_exactly_one_takes_the_value(store: Store) -> None:
    for key in KEYS:
        store.put("artifact", key, b"one")
    taken = at_once(lambda _: [store.take("artifact", key) for key in KEYS])
    for answers in zip(*taken, strict=True):
        assert sorted(answers, key=bool) == [None] * (THREADS - 1) + [b"one"]


@pytest.mark.parametrize("expired", [False, True], ids=["none there", "an expired one there"])
def test_of_many_threads_exactly_one_adds(store: Store, clock: Clock, expired: bool) -> None:
    if expired:
        for key in KEYS:
            store.put("replay", key, b"old", keep=10)
        clock.now += 10
    added = at_once(lambda me: [store.add("replay", key, b"%d" % me) for key in KEYS])
    for key, answers in zip(KEYS, zip(*added, strict=True), strict=True):
        assert sum(answers) == 1
        assert store.get("replay", key) == b"%d" % answers.index(True)


def test_of_many_threads_exactly_one_swaps(store: Store) -> None:
    for key in KEYS:
        store.put("login", key, b"free")
    swapped = at_once(lambda me: [store.swap("login", key, b"free", b"%d" % me) for key in KEYS])
    for key, answers in zip(KEYS, zip(*swapped, strict=True), strict=True):
        assert sum(answers) == 1
        assert store.get("login", key) == b"%d" % answers.index(True)


def test_of_many_threads_exactly_one_deletes(store: Store) -> None:
    for key in KEYS:
        store.put("session", key, b"one")
    deleted = at_once(lambda _: [store.delete("session", key) for key in KEYS])
    assert all(sum(answers) == 1 for answers in zip(*deleted, strict=True))


def count_up(store: Store, times: int) -> None:
    for _ in range(times):
        swapped = False
        while not swapped:
            old = store.get("login", "counter")
            assert old is not None
            swapped = store.swap("login", "counter", old, b"%d" % (int(old) + 1))


def test_no_swap_of_many_threads_is_lost(store: Store) -> None:
    store.put("login", "counter", b"0")
    at_once(lambda _: count_up(store, 20))
    assert store.get("login", "counter") == b"%d" % (THREADS * 20)


def test_entries_of_many_threads_are_all_there_and_each_in_its_order(store: Store) -> None:
    def write(me: int) -> None:
        for number in range(20):
            store.append("messages", "shared", b"%d %d" % (me, number), **PLENTY)
            store.append("messages", f"of {me}", b"%d" % number, **PLENTY)

    at_once(write)
    shared = [tuple(map(int, entry.split())) for entry in store.group("messages", "shared")]
    assert len(shared) == THREADS * 20
    for me in range(THREADS):
        assert [number for who, number in shared if who == me] == list(range(20))
        assert store.group("messages", f"of {me}") == [b"%d" % number for number in range(20)]


def test_bounds_hold_and_add_up_whatever_threads_write(store: Store) -> None:
    def write(me: int) -> None:
        for number in range(20):
            store.append("messages", f"{me} {number}", b"12345", most_groups=7, most_bytes=30)

    at_once(write)
    assert len(store.groups("messages", limit=99)) == 6
    assert store.dropped("messages") == THREADS * 20 - 6


# The file


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def beside(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir())


def test_a_second_store_on_the_file_sees_what_the_first_wrote(
    sqlite_store: SqliteStore, path: Path, clock: Clock
) -> None:
    second = SqliteStore(path, clock=clock)
    sqlite_store.put("session", "a", b"one", keep=10)
    sqlite_store.append("messages", "login 1", b"1", **PLENTY)
    assert second.get("session", "a") == b"one"
    assert second.group("messages", "login 1") == [b"1"]
    assert second.take("session", "a") == b"one"
    assert sqlite_store.get("session", "a") is None
    second.close()
    sqlite_store.put("session", "a", b"two")
    assert sqlite_store.get("session", "a") == b"two"


def test_a_reopened_file_still_has_it(path: Path, clock: Clock) -> None:
    first = SqliteStore(path, clock=clock)
    fill(first)
    first.put("pin", "a", b"one", keep=10)
    first.close()
    clock.now += 9
    second = SqliteStore(path, clock=clock)
    assert second.records("a") == [("key", b"1")]
    assert second.groups("b", limit=9) == ["3", "2"]
    assert second.dropped("b") == 1
    assert second.get("pin", "a") == b"one"
    clock.now += 1
    assert second.get("pin", "a") is None
    second.close()


def test_only_the_owner_may_read_the_file_and_those_beside_it(path: Path, clock: Clock) -> None:
    before = os.umask(0)
    try:
        store = SqliteStore(path, clock=clock)
        store.put("session", "a", b"one")
        modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("store.sqlite", "store.sqlite-shm", "store.sqlite-wal"), 0o600)


def test_only_the_owner_may_read_a_file_that_a_link_names(tmp_path: Path, path: Path, clock: Clock) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    SqliteStore(link, clock=clock).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_is_in_wal_mode(sqlite_store: SqliteStore, path: Path) -> None:
    with raw(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_close_gives_back_the_connections_of_all_threads(path: Path, clock: Clock) -> None:
    store = SqliteStore(path, clock=clock)
    written, finish = threading.Barrier(3, timeout=PATIENCE), threading.Event()

    def write(number: int) -> None:
        store.put("session", str(number), b"one")
        written.wait()
        finish.wait(PATIENCE)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    written.wait()
    assert beside(path) == ["store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]
    store.close()
    # SQLite removes these when the last connection goes.
    assert beside(path) == ["store.sqlite"]
    finish.set()
    for thread in threads:
        thread.join()


def test_the_connection_of_a_thread_goes_with_the_thread(path: Path, clock: Clock) -> None:
    made: list[SqliteStore] = []

    def make() -> None:
        made.append(SqliteStore(path, clock=clock))
        made[0].put("session", "a", b"one")

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert beside(path) == ["store.sqlite"]
    assert made[0].get("session", "a") == b"one"
    made[0].close()


def test_a_store_closed_under_busy_threads_ends_them_with_a_clear_error(path: Path, clock: Clock) -> None:
    for _ in range(20):
        store = SqliteStore(path, clock=clock)
        at_work = threading.Barrier(THREADS, timeout=PATIENCE)

        def work(me: int, store: SqliteStore = store, at_work: threading.Barrier = at_work) -> str:
            store.get("session", "a")
            at_work.wait()
            if me == 0:
                store.close()
            while True:
                try:
                    store.put("session", str(me), b"one")
                    store.records("session")
                    store.append("messages", str(me), b"1", most_groups=3, most_bytes=99)
                except ValueError as error:
                    return str(error)

        assert at_once(work) == ["the store is closed"] * THREADS


def test_a_relative_path_means_the_same_file_wherever_the_process_goes(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteStore("a store?.sqlite", clock=clock)
    store.put("session", "a", b"one")
    monkeypatch.chdir(tmp_path.parent)
    assert at_once(lambda _: store.get("session", "a"), threads=2) == [b"one"] * 2
    store.close()
    assert beside(tmp_path / "a store?.sqlite") == ["a store?.sqlite"]


def test_many_threads_may_make_the_same_file_at_once(path: Path, clock: Clock) -> None:
    def make(file: Path, me: int) -> SqliteStore:
        made = SqliteStore(file, clock=clock)
        made.put("session", str(me), b"one")
        return made

    for number in range(20):
        for made in at_once(partial(make, path.with_name(f"{number}.sqlite"))):
            assert len(made.records("session")) == THREADS
            made.close()


# Two processes

_meet: Any = None


def join_in(barrier: Any) -> None:
    global _meet
    _meet = barrier


def in_process(work: Callable[[Store], Any], path: Path) -> Any:
    try:
        _meet.wait(PATIENCE)
        store = SqliteStore(path, clock=Clock())
        _meet.wait(PATIENCE)
        answer = work(store)
        store.close()
    except Exception:
        # Or the other would wait for this one.
        _meet.abort()
        raise
    return os.getpid(), answer


@pytest.fixture(scope="module")
def in_two_processes() -> Iterator[Callable[[Callable[[Store], Any], Path], list[Any]]]:
    """Does the same in two processes at once, each with its own store on the file."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    with spawn.Pool(2, join_in, (barrier,)) as pool:

        def run(work: Callable[[Store], Any], path: Path) -> list[Any]:
            barrier.reset()
            answers = pool.starmap_async(in_process, [(work, path)] * 2, chunksize=1).get(PATIENCE)
            # Each waits for the other, so neither process can have done the work of both.
            assert len({pid for pid, _ in answers} - {os.getpid()}) == 2
            return [answer for _, answer in answers]

        yield run


def take_each(store: Store) -> list[bytes | None]:
    return [store.take("artifact", key) for key in KEYS]


def add_each(store: Store) -> list[bool]:
    return [store.add("replay", key, b"%d" % os.getpid()) for key in KEYS]


def add_one(store: Store) -> bool:
    return store.add("session", "a", b"one")


def append_each(store: Store) -> None:
    for number in range(100):
        store.append("messages", f"{os.getpid()} {number}", b"12345", most_groups=9, most_bytes=30)


def test_of_two_processes_exactly_one_takes_the_value(
    sqlite_store: SqliteStore, path: Path, in_two_processes: Any
) -> None:
    for key in KEYS:
        sqlite_store.put("artifact", key, b"one")
    for answers in zip(*in_two_processes(take_each, path), strict=True):
        assert sorted(answers, key=bool) == [None, b"one"]


@pytest.mark.parametrize("expired", [False, True], ids=["none there", "an expired one there"])
def test_of_two_processes_exactly_one_adds(
    sqlite_store: SqliteStore, path: Path, clock: Clock, in_two_processes: Any, expired: bool
) -> None:
    if expired:
        clock.now -= 10
        for key in KEYS:
            sqlite_store.put("replay", key, b"old", keep=10)
        clock.now += 10
    for answers in zip(*in_two_processes(add_each, path), strict=True):
        assert sorted(answers) == [False, True]
    assert b"old" not in dict(sqlite_store.records("replay")).values()


def test_no_swap_of_two_processes_is_lost(
    sqlite_store: SqliteStore, path: Path, in_two_processes: Any
) -> None:
    sqlite_store.put("login", "counter", b"0")
    in_two_processes(partial(count_up, times=200), path)
    assert sqlite_store.get("login", "counter") == b"400"


def test_bounds_hold_and_add_up_whatever_two_processes_write(
    sqlite_store: SqliteStore, path: Path, in_two_processes: Any
) -> None:
    in_two_processes(append_each, path)
    assert len(sqlite_store.groups("messages", limit=99)) == 6
    assert sqlite_store.dropped("messages") == 194


def test_two_processes_may_make_the_same_file_at_once(path: Path, in_two_processes: Any) -> None:
    for number in range(100):
        added = in_two_processes(add_one, path.with_name(f"{number}.sqlite"))
        assert sorted(added) == [False, True]


def die_with_the_file_open(path: Path) -> None:
    store = SqliteStore(path, clock=Clock())
    store.put("session", "a", b"one")
    os._exit(9)


def test_what_a_killed_process_wrote_is_still_there(path: Path, clock: Clock) -> None:
    process = multiprocessing.get_context("spawn").Process(target=die_with_the_file_open, args=(path,))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 9
    store = SqliteStore(path, clock=clock)
    assert store.get("session", "a") == b"one"
    store.close()


# What can be the matter with a file


def refusal(path: Path) -> str:
    """What the store says of a file that it will not have."""
    with pytest.raises(StoreError) as caught:
        SqliteStore(path, clock=Clock(), patience=0)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"{path}: ")
    assert said.count("; ") == 1
    return said


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "its folder does not exist; make it" in refusal(tmp_path / "nowhere" / "store.sqlite")


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with as_nobody():
            said = refusal(tmp_path / "store.sqlite")
    finally:
        tmp_path.chmod(0o700)
    assert "cannot be made (Permission denied); let this user write" in said


def test_a_file_that_may_not_be_written_is_named(path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        SqliteStore(folder / "store.sqlite", clock=Clock()).close()
        (folder / "store.sqlite").chmod(0o444)
        folder.chmod(0o555)
        with as_nobody():
            said = refusal(folder / "store.sqlite")
        folder.chmod(0o700)
    assert "let this user write to the file and its folder" in said


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    assert "cannot be opened (" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"not a store\n" * 200, b"short\n"])
def test_a_file_that_is_not_sqlite_is_named_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "is not an SQLite file (" in refusal(path)
    assert path.read_bytes() == content
    assert beside(path) == ["store.sqlite"]


def test_an_sqlite_file_of_another_program_is_named_and_left_alone(path: Path) -> None:
    with raw(path) as db:
        db.execute("CREATE TABLE record (id)")
        db.execute(f"PRAGMA user_version = {VERSION}")
    content = path.read_bytes()
    assert "is an SQLite file of another program; name another file" in refusal(path)
    assert path.read_bytes() == content


def test_a_file_of_another_version_is_named_and_left_alone(path: Path) -> None:
    SqliteStore(path, clock=Clock()).close()
    with raw(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 6}")
    content = path.read_bytes()
    assert "has version 7 of the store, this program knows 1; move it away" in refusal(path)
    assert path.read_bytes() == content


def test_a_file_that_is_cut_short_is_named(path: Path) -> None:
    SqliteStore(path, clock=Clock()).close()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "is damaged (" in refusal(path)


def test_a_file_without_our_tables_is_named(path: Path) -> None:
    with raw(path) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    assert "is refused by SQLite (no such table: record); move it away" in refusal(path)


def test_a_file_that_another_process_does_not_let_go_of_is_named(path: Path) -> None:
    SqliteStore(path, clock=Clock()).close()
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "is held by another process (database is locked)" in refusal(path)


def test_a_file_that_becomes_damaged_later_is_named(sqlite_store: SqliteStore, path: Path) -> None:
    with raw(path) as db:
        db.execute("DROP TABLE record")
    with pytest.raises(StoreError, match="no such table: record"):
        sqlite_store.get("session", "a")
    with raw(path) as db:
        db.execute("DROP TABLE entry")
    with pytest.raises(StoreError, match="no such table"):
        sqlite_store.append("messages", "a", b"1", **PLENTY)
    assert sqlite_store.groups("messages", limit=9) == []


def test_an_empty_file_becomes_a_store(path: Path, clock: Clock) -> None:
    path.touch()
    store = SqliteStore(path, clock=clock)
    assert store.add("session", "a", b"one")
    store.close()


def test_a_removed_file_is_not_made_again_behind_our_back(sqlite_store: SqliteStore, path: Path) -> None:
    path.unlink()
    with pytest.raises(StoreError, match="cannot be opened"):
        at_once(lambda _: sqlite_store.get("session", "a"), threads=1)
    assert not path.exists()


# Side by side

names = st.sampled_from(["a", "b", "c"])
values = st.sampled_from([b"", b"1", b"22", b"333"])
keeps = st.sampled_from([None, 0, 1, 5])


def calls(name: str, *args: Any, **kwargs: Any) -> Any:
    return st.tuples(st.just(name), st.tuples(*args), st.fixed_dictionaries(kwargs))


class SideBySide(RuleBasedStateMachine):
    """Whatever is asked of both stores, they give the same answer and hold the same after it."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.sqlite"
        self.stores: tuple[Store, Store] = (
            MemoryStore(clock=self.clock),
            SqliteStore(path, clock=self.clock),
        )

    @rule(
        call=st.one_of(
            calls("put", names, names, values, keep=keeps),
            calls("add", names, names, values, keep=keeps),
            calls("get", names, names),
            calls("take", names, names),
            calls("swap", names, names, values, values),
            calls("delete", names, names),
            calls(
                "append", names, names, values, most_groups=st.integers(0, 3), most_bytes=st.integers(0, 9)
            ),
            calls("groups", names, limit=st.integers(-1, 3), before=st.none() | names),
            calls("clear", kind=st.none() | names, log=st.none() | names),
        )
    )
    def both_answer_alike(self, call: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
        name, args, kwargs = call
        one, other = (getattr(store, name)(*args, **kwargs) for store in self.stores)
        assert one == other

    @rule(seconds=st.integers(1, 5))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def both_hold_the_same(self) -> None:
        one, other = (
            [
                (
                    store.records(name),
                    store.dropped(name),
                    store.groups(name, limit=9),
                    [store.group(name, group) for group in "abc"],
                )
                for name in "abc"
            ]
            for store in self.stores
        )
        assert one == other

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        with suppress(OSError):
            self.folder.cleanup()


SideBySide.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, database=None
)
TestSideBySide = SideBySide.TestCase
