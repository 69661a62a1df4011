"""What a room sees is what everybody sees with its own changes over it, however they came, in every process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.configuration import Configuration
from broker.store.memory import MemoryStore
from suppliers.register import editing
from suppliers.register.changes import Section
from suppliers.register.editing import By, Refused
from suppliers.register.layer import Layer

AT = datetime(2026, 11, 22, tzinfo=UTC)
ROOMS = ("", "a", "b")
KEYS = ("roos", "tulp", "iris")
FILE = {"roos": "Roos", "tulp": "Tulp"}
NUMBERS = {"roos": "90000012", "tulp": "90000020", "iris": "90000047"}

calls = st.lists(
    st.tuples(st.just("put"), st.sampled_from(ROOMS), st.sampled_from(KEYS), st.sampled_from("xyz"))
    | st.tuples(st.just("delete"), st.sampled_from(ROOMS), st.sampled_from(KEYS), st.just(""))
    | st.tuples(st.just("drop"), st.sampled_from(ROOMS), st.just(""), st.just(""))
    | st.tuples(st.just("look"), st.sampled_from(ROOMS), st.just(""), st.just("")),
    max_size=20,
)


@contextmanager
def home() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "metadata").mkdir()
        lines = [f"  {key}: {{name: {name}, kvk: '{NUMBERS[key]}'}}" for key, name in FILE.items()]
        (Path(folder) / "eherkenning.yaml").write_text("\n".join(["companies:", *lines, ""]))
        yield Path(folder)


def names(configuration: Configuration, tag: str) -> dict[str, str]:
    register = configuration.current.seen_by(tag).register
    return {key: company.name for key, company in register.companies.items()}


def do(configuration: Configuration, call: tuple[str, str, str, str]) -> None:
    what, tag, key, name = call
    by = By(tag, AT)

    def decide(layer: Layer) -> Any:
        if what == "drop":
            return editing.drop(layer, tag)
        if what == "delete":
            return editing.delete(layer, Section.COMPANIES, key, by).entry
        return editing.put(layer, Section.COMPANIES, key, {"name": name, "kvk": NUMBERS[key]}, by).entry

    try:
        configuration.change(decide, tag)
    except Refused:
        return


def filtered(over: dict[str, dict[str, str | None]], tag: str) -> dict[str, str]:
    """The slow way: the file, what was last said of each record outside, and then in the room."""
    whole: dict[str, str | None] = {**FILE, **over[""], **(over[tag] if tag else {})}
    return {key: name for key, name in whole.items() if name is not None}


def said(over: dict[str, dict[str, str | None]], call: tuple[str, str, str, str]) -> None:
    what, tag, key, name = call
    if what == "drop":
        over[tag].clear()
    elif what == "put":
        over[tag][key] = name
    elif what == "delete" and key in filtered(over, tag):
        over[tag][key] = None
        below = filtered(over, "") if tag else FILE
        if key not in below:
            del over[tag][key]


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(made=calls)
def test_a_room_sees_what_filtering_the_journal_gives(made: list[tuple[str, str, str, str]]) -> None:
    with home() as folder:
        store, over = MemoryStore(), {tag: {} for tag in ROOMS}  # type: ignore[var-annotated]
        here, there = (Configuration(folder, ("reconi",), lambda: AT, store) for _ in range(2))
        for call in made:
            if call[0] == "look":
                there.refresh()
                assert names(there, call[1]) == filtered(over, call[1])
                continue
            do(here, call)
            said(over, call)
            assert names(here, call[1]) == filtered(over, call[1])
        there.refresh()
        again = Configuration(folder, ("reconi",), lambda: AT, store)
        for configuration in (here, there, again):
            assert {tag: names(configuration, tag) for tag in ROOMS} == {
                tag: filtered(over, tag) for tag in ROOMS
            }


def test_who_has_nothing_of_their_own_gets_what_everybody_has_and_a_room_is_made_once() -> None:
    with home() as folder:
        configuration = Configuration(folder, ("reconi",), lambda: AT, MemoryStore())
        do(configuration, ("put", "a", "iris", "x"))
        current = configuration.current
        assert current.seen_by("") is current.seen_by("b") is current
        assert current.seen_by("a") is current.seen_by("a") is not current
        before = current.seen_by("a")
        do(configuration, ("put", "b", "iris", "y"))
        assert configuration.current.seen_by("a").register is before.register, (
            "another room's change costs it nothing"
        )


def test_a_snapshot_stays_as_it_was_while_its_room_goes_on() -> None:
    with home() as folder:
        configuration = Configuration(folder, ("reconi",), lambda: AT, MemoryStore())
        do(configuration, ("put", "a", "iris", "x"))
        held = configuration.current
        do(configuration, ("put", "a", "iris", "y"))
        assert held.seen_by("a").register.companies["iris"].name == "x"
        assert names(configuration, "a")["iris"] == "y"


def test_what_was_put_in_a_room_stays_so_also_where_it_was_so_already() -> None:
    with home() as folder:
        configuration = Configuration(folder, ("reconi",), lambda: AT, MemoryStore())
        do(configuration, ("put", "a", "roos", FILE["roos"]))
        do(configuration, ("put", "", "roos", "Anders"))
        assert names(configuration, "a")["roos"] == FILE["roos"]
        assert names(configuration, "b")["roos"] == "Anders"
