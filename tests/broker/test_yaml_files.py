"""The files that the YAML leads to, while the broker runs: any change counts, and so does another day."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker import background, yaml_files
from broker.yaml_files import YamlFiles
from suppliers.register import search
from suppliers.register.model import MandateStatus

ROOT = """\
services:
  s: {name: S, provider: P, service_id: "urn:etoegang:DV:00000001999999990000:services:1", level: EH3}
companies: {c: {name: C, kvk: "90000012"}}
include: [people.yaml]
csv: {mandates: mandates.csv}
"""
PEOPLE = (
    "people:\n  p: {name: P, means: [{supplier: reconi, username: p, password: '${PW:-x}', level: EH3}]}\n"
)
MANDATES = "person;company;service;level;until\np;c;s;EH3;today\n"


class Machine:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def files(tmp_path: Path, machine: Machine) -> YamlFiles:
    for name, text in (("root.yaml", ROOT), ("people.yaml", PEOPLE), ("mandates.csv", MANDATES)):
        (tmp_path / name).write_text(text)
    return YamlFiles(tmp_path / "root.yaml", ("reconi",), machine=machine)


def save(file: Path, text: str) -> None:
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    os.utime(file, ns=(before + 1_000_000, before + 1_000_000))


def test_what_has_not_changed_is_not_read_again(files: YamlFiles) -> None:
    assert not files.refresh()


def test_a_change_in_an_included_file_is_in_force(files: YamlFiles, tmp_path: Path) -> None:
    save(tmp_path / "people.yaml", PEOPLE.replace("name: P", "name: Q"))
    assert files.refresh()
    assert files.loaded.register.people["p"].name == "Q"
    assert not files.refresh()


def test_a_change_in_a_table_is_in_force(files: YamlFiles, tmp_path: Path) -> None:
    save(tmp_path / "mandates.csv", "person;company;service;level;status\np;c;s;EH3;revoked\n")
    assert files.refresh()
    assert [m.status for m in files.loaded.register.mandates()] == [MandateStatus.REVOKED]


def test_an_included_file_that_goes_leaves_the_last_good_one_in_force_until_it_is_back(
    files: YamlFiles, tmp_path: Path
) -> None:
    (tmp_path / "people.yaml").unlink()
    assert files.refresh()
    assert 'root.yaml:4:11: include[1]: "people.yaml" cannot be read' in "".join(files.problems)
    assert "p" in files.loaded.register.people
    assert not files.refresh()
    save(tmp_path / "people.yaml", PEOPLE)
    assert files.refresh()
    assert files.problems == ()


def test_relative_days_count_again_when_it_is_another_day(files: YamlFiles, machine: Machine) -> None:
    [mandate] = files.loaded.register.mandates()
    assert str(mandate.until) == "2026-11-22"
    machine.now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # in the Netherlands it is the 23rd
    assert files.refresh()
    [mandate] = files.loaded.register.mandates()
    assert str(mandate.until) == "2026-11-23"
    assert not files.refresh()


def test_without_relative_days_another_day_changes_nothing(
    files: YamlFiles, machine: Machine, tmp_path: Path
) -> None:
    save(tmp_path / "mandates.csv", "person;company;service;level\np;c;s;EH3\n")
    assert files.refresh()
    machine.now = datetime(2027, 1, 1, tzinfo=UTC)
    assert not files.refresh()


def test_warnings_are_counted_and_the_first_are_kept(files: YamlFiles, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(yaml_files, "MOST_SAID", 2)
    rows = "".join(f"c{number};C{number};90000{number:03}\n" for number in range(5))
    save(tmp_path / "companies.csv", "key;name;kvk\n" + rows)
    save(tmp_path / "root.yaml", ROOT.replace("csv: {", "csv: {companies: companies.csv, "))
    assert files.refresh()
    assert files.warned == 5
    assert len(files.warnings) == 3
    assert files.warnings[-1].startswith("and 3 more")


def test_among_very_many_people_the_first_search_has_nothing_to_wait_for(
    files: YamlFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.index()
    assert not search.is_ready(files.loaded.register), "of few people it is made when somebody searches"
    monkeypatch.setattr(yaml_files, "is_large", lambda register: True)
    files.index()
    assert search.is_ready(files.loaded.register)
    save(tmp_path / "people.yaml", PEOPLE.replace("name: P", "name: Q"))
    assert files.refresh()
    assert not search.is_ready(files.loaded.register), "it is not in force yet, and must not wait for that"
    files.index()
    assert search.is_ready(files.loaded.register)
    assert [p.name for p in search.people(files.loaded.register).having("q")] == ["Q"]


def test_what_reading_very_many_people_needed_goes_back_to_the_system_once(
    files: YamlFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[None] = []
    monkeypatch.setattr(yaml_files, "give_back", lambda: given_back.append(None))
    files.index()
    assert not given_back, "few people leave nothing worth it"
    monkeypatch.setattr(yaml_files, "is_large", lambda register: True)
    files.index()
    files.index()
    assert len(given_back) == 1


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_giving_back_works_or_does_nothing(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", system)
    background.give_back()
