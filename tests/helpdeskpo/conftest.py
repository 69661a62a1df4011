"""A service provider and a small identity provider that know each other by metadata, and a browser between them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from helpdeskpo_world import BASE, PASSWORDS, Clock, Person, Wire, link
from idp import DV, Idp, Party
from jinja2 import FileSystemBytecodeCache

from helpdeskpo.app import create_app
from helpdeskpo.database import Database
from helpdeskpo.keys import KeyPair, key_pair
from helpdeskpo.seed import load, sow
from helpdeskpo.settings import OIN, Settings, now


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all tests: making one takes longer than most of them."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database as it is at the first start, in which the person of ``idp.py`` is linked to testschooltje."""
    database = Database(tmp_path_factory.mktemp("seeded") / "helpdeskpo.sqlite")
    database.create(lambda session: sow(session, load(None), PASSWORDS))
    link(database)
    database.close()
    return database.file


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(state: Path, seeded: Path, tmp_path: Path, clock: Clock) -> Settings:
    """Of a service provider whose database is a copy for this test alone."""
    database = Path(shutil.copy(seeded, tmp_path / "helpdeskpo.sqlite"))
    return Settings(
        idp_metadata="http://127.0.0.1:9/metadata",
        state=state,
        base_url=BASE,
        database=database,
        mail=tmp_path / "mail",
        clock=clock,
    )


@pytest.fixture
def keys(state: Path) -> KeyPair:
    return key_pair(state, OIN, now())


@pytest.fixture
def reader(keys: KeyPair) -> Party:
    """The service provider as its broker sees it: whom to encrypt for."""
    return Party(DV, b"", keys.certificate)


@pytest.fixture
def idp() -> Idp:
    return Idp()


@pytest.fixture
def wire(idp: Idp) -> Wire:
    return Wire(idp)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once, not for every test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))


@pytest.fixture
def app(settings: Settings, wire: Wire, compiled: FileSystemBytecodeCache) -> Flask:
    made = create_app(settings, wire, PASSWORDS)
    made.jinja_env.bytecode_cache = compiled
    return made


@pytest.fixture
def person(app: Flask, idp: Idp, wire: Wire, keys: KeyPair, reader: Party) -> Person:
    return Person(app, idp, wire, keys, reader)
