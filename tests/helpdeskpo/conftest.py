"""A service provider and a small identity provider that know each other by metadata, and a browser between them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from helpdeskpo_world import BASE, Person, Wire
from idp import DV, Idp, Party

from helpdeskpo.app import create_app
from helpdeskpo.keys import KeyPair, key_pair
from helpdeskpo.settings import OIN, Settings, now


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all tests: making one takes longer than most of them."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def settings(state: Path) -> Settings:
    return Settings(idp_metadata="http://127.0.0.1:9/metadata", state=state, base_url=BASE)


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


@pytest.fixture
def app(settings: Settings, wire: Wire) -> Flask:
    return create_app(settings, wire)


@pytest.fixture
def person(app: Flask, idp: Idp, wire: Wire, keys: KeyPair, reader: Party) -> Person:
    return Person(app, idp, wire, keys, reader)
