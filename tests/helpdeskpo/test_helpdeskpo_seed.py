"""The database: seeded on the first start, kept ever after, thrown away on demand."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from helpdeskpo_world import PASSWORDS, Person, Wire, link
from sqlalchemy import select

from helpdeskpo.__main__ import main
from helpdeskpo.app import create_app
from helpdeskpo.database import Database, Unusable
from helpdeskpo.models import Account, Link, Organisation
from helpdeskpo.seed import load, sow
from helpdeskpo.settings import Settings
from support import gettext_files as files


def made(file: Path) -> Database:
    database = Database(file)
    database.create(lambda session: sow(session, load(None), PASSWORDS))
    return database


def test_the_seed_has_what_the_tour_needs(tmp_path: Path) -> None:
    with made(tmp_path / "x.sqlite").read() as session:
        school = session.scalars(select(Organisation).where(Organisation.code == "00XX")).one()
        assert (school.name, school.kvk, school.rsin) == ("testschooltje", "90000012", "999900006")
        account = session.scalars(select(Account).where(Account.user_name == "testschooltje")).one()
        assert str(account.password_hash).startswith("$argon2id$")
        assert [one.email for one in school.agents] == ["m.beheer@voorbeeld.example"]
        assert session.scalars(select(Link)).all() == []


def test_the_numbers_fit_the_companies_of_the_broker() -> None:
    """Read as a file: nothing of the broker is imported by MijnHelpdeskPO."""
    companies = (files.ROOT / "broker" / "defaults" / "eherkenning.yaml").read_text(encoding="utf-8")
    for one in load(None).organisations:
        for number in filter(None, (one.kvk, one.rsin)):
            assert f'"{number}"' in companies
        assert not one.branch or f'"{one.branch}":' in companies


def test_it_is_sown_once(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    first = made(file)
    link(first)
    assert not first.create(lambda session: sow(session, load(None), PASSWORDS))
    with made(file).read() as session:
        assert len(session.scalars(select(Link)).all()) == 1
    with first.read() as session:
        session.scalars(select(Link)).all()
        beside = list(tmp_path.iterdir())
    assert len(beside) == 3, "the file, its log and its index"
    assert [one for one in beside if one.stat().st_mode & 0o077] == [], "for nobody else's eyes"


def test_two_that_start_at_once_sow_once(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    threads = [threading.Thread(target=made, args=(file,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with Database(file).read() as session:
        codes = session.scalars(select(Organisation.code)).all()
    assert len(codes) == len(set(codes)) == len(load(None).organisations)


def test_a_seed_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite")

    def breaks(session: object) -> None:
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        database.create(breaks)
    assert database.create(lambda session: sow(session, load(None), PASSWORDS)), "and may be tried again"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("organisations: [", "is not YAML"),
        ("organisations: 3", "organisations"),
        ("organisations:\n  - {code: A, kind: school, name: x, colour: red}", "organisations.0.colour"),
        ("organisations:\n  - {code: A, kind: shop, name: x}", "organisations.0.kind"),
        ("organisations:\n  - {code: A, kind: school, name: x, board: B}", "board B"),
        (
            "organisations:\n  - {code: A, kind: school, name: x}\n  - {code: A, kind: school, name: y}",
            "2 times",
        ),
    ],
)
def test_a_seed_with_a_mistake_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "seed.yaml").write_text(text)
    with pytest.raises(ValueError, match=said) as told:
        load(tmp_path / "seed.yaml")
    assert "\n" not in str(told.value)


def test_a_seed_of_one_s_own(settings: Settings, wire: Wire, tmp_path: Path, person: Person) -> None:
    seed = tmp_path / "own.yaml"
    seed.write_text(
        "organisations:\n  - code: 01AB\n    kind: school\n    name: Eigen school\n"
        "    accounts: [{user_name: eigen, password: Eigen-geheim-1}]\n"
    )
    own = replace(settings, seed=seed, database=tmp_path / "own.sqlite")
    mine = Person(create_app(own, wire, PASSWORDS), person.idp, wire, person.keys, person.reader)
    said = {"email": "ik@school.example", "user_name": "eigen", "password": "Eigen-geheim-1"}
    page = mine.post("/koppelen", mine.arrive(), **said)
    assert "Eigen school" in mine.post("/koppelen/bevestigen", page, pin=mine.pin()).text


def test_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    file.write_text("not a database, but a letter to a friend" * 100)
    with pytest.raises(Unusable, match="--reset"):
        made(file)


def test_reset_throws_away_the_database_and_nothing_else(tmp_path: Path) -> None:
    database = made(tmp_path / "x.sqlite")
    link(database)
    (tmp_path / "helpdeskpo-key.pem").write_text("key")
    database.remove()
    assert [one.name for one in tmp_path.iterdir()] == ["helpdeskpo-key.pem"]
    with made(tmp_path / "x.sqlite").read() as session:
        assert session.scalars(select(Link)).all() == []


@pytest.mark.parametrize(
    "url", ["localhost:25", "http://x", "smtp://", "smtp://x:y", "smtp://x/y", "smtp://user:geheim@x:0"]
)
def test_a_mail_server_that_is_none_is_told_in_one_line_without_its_password(
    state: Path, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    assert main(["serve", "--idp-metadata", "x", "--home", str(state), "--smtp", url]) == 2
    said = capsys.readouterr().err
    assert said.startswith("helpdeskpo: --smtp ")
    assert said.count("\n") == 1
    assert "geheim" not in said
