"""``docs/journeys.md`` is the list of roads that are walked, no more and no less; ``UPDATE_GOLDEN=1`` writes it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import broker
import journeys.roads  # noqa: F401 - fills the map
from broker.yaml_files import SECTIONS
from journeys.road import ROADS, Road, table
from suppliers.profiles import load_profiles
from suppliers.register.loader import load

DOCS = Path(__file__).parents[2] / "docs" / "journeys.md"
FILE = Path(broker.__file__).parent / "defaults" / "eherkenning.yaml"
BEGIN, END = "<!-- roads: made by tests/journeys, UPDATE_GOLDEN=1 -->\n", "<!-- end of roads -->\n"


def test_the_map_in_the_docs_is_the_one_that_is_walked() -> None:
    text = DOCS.read_text()
    before, _, rest = text.partition(BEGIN)
    found, _, after = rest.partition(END)
    if os.environ.get("UPDATE_GOLDEN"):
        DOCS.write_text(before + BEGIN + table() + END + after)
        return
    assert found == table(), "docs/journeys.md is not what is walked: run with UPDATE_GOLDEN=1"


def test_there_are_roads_enough() -> None:
    walked = [road for road in ROADS if not road.missing]
    assert len(walked) >= 30
    endings = {str(road.outcome).partition(" ")[0] for road in walked}
    assert endings == {"Success:", "Responder", "no"}


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.id)
def test_each_road_is_a_persons_of_the_default_file(road: Road) -> None:
    register = load(FILE, suppliers=tuple(load_profiles()), sections=SECTIONS).register
    assert road.person in register.people or road.person == "-"


def test_every_person_of_the_default_file_has_a_road() -> None:
    loaded = load(FILE, suppliers=tuple(load_profiles()), sections=SECTIONS)
    # The manager decides on other people's roads; who has a scenario walks in tests/scenarios.
    scenarios = {one.person for one in loaded.sections["scenarios"].armed()}
    assert set(loaded.register.people) - {road.person for road in ROADS} == {"m.beheer", *scenarios}


def test_every_supplier_has_a_road_that_ends_well() -> None:
    walks = {name for road in ROADS if str(road.outcome).startswith("Success") for name in named(road)}
    assert walks >= set(load_profiles())


def named(road: Road) -> set[str]:
    """The suppliers that a road's code comes by."""
    return set(re.findall(r"[a-z-]+", " ".join(str(value) for value in road.walk.__code__.co_consts)))
