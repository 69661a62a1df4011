"""docs/suppliers.md: its example is a supplier that works, and its table has every key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from suppliers.profiles import Colours, Look, Profile, load_profile, load_profiles
from support.walk import choose, kind, landed, login_id_of

if TYPE_CHECKING:
    from conftest import Bench

DOCS = (Path(__file__).parents[2] / "docs" / "suppliers.md").read_text()
EXAMPLE = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)[0]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "profiles").mkdir(parents=True)
    (tmp_path / "home" / "profiles" / "voorbeeld.yaml").write_text(EXAMPLE)
    return tmp_path


def keys(model: type[BaseModel], within: str = "") -> set[str]:
    return {within + name for name in model.model_fields}


def test_the_table_has_every_key_and_no_other() -> None:
    rows = re.findall(r"^\| (`.*?`) \| .* \| .* \|$", DOCS, re.MULTILINE)
    told = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    groups = {"look", "colours", "slug"}
    assert told == (keys(Profile) - groups) | keys(Look, "look.") | keys(Colours, "colours.")


def test_the_example_says_every_key(home: Path) -> None:
    example = load_profile(home / "home" / "profiles" / "voorbeeld.yaml")
    assert example.model_fields_set == keys(Profile)
    assert example.look.model_fields_set == keys(Look)
    assert example.colours.model_fields_set == keys(Colours)


def test_the_suppliers_that_come_along_are_as_the_table_says() -> None:
    for profile in load_profiles().values():
        row = re.search(rf"^\| {profile.name} \| (.*?) \| (.*?) \| (.*?) \| (.*?) ?\|$", DOCS, re.MULTILINE)
        assert row, profile.name
        assert row[1] == ", ".join(level.label for level in profile.levels)
        assert ("a page each" in row[2]) is (len(profile.steps) == 3)
        spoken = {"sms": "SMS", "email": "e-mail", "app": "app", "qr": "QR code"}
        assert row[3] == ", ".join(spoken[factor] for factor in profile.second_factors)
        assert ("smartcard" in row[4]) is profile.smartcard


def test_the_example_lets_somebody_in(home: Path, bench: Bench) -> None:
    # The file is there before the broker starts: fixtures are made in this order.
    bench.rewrite("{supplier: kpn, username: p.bakker", "{supplier: voorbeeld, username: p.bakker")
    browser = bench.browser()
    page = choose(browser, bench.ask(browser), "voorbeeld")
    assert page.said("supplier-name") == "Voorbeeld"
    assert page.heading == "Wie bent u?"
    page = browser.submit(page, page.form("next"), username="p.bakker")
    assert kind(page) == "qr", "the factor comes before the password"
    desk = bench.application.parts.suppliers
    desk.answer_phone(next(one.id for one in desk.waiting() if one.ask_id == login_id_of(page)), "approved")
    page = browser.submit(page, page.form("next"))
    assert page.by_testid("password")
    assert not page.by_testid("username")
    page = browser.submit(page, page.form("next"), password="Welkom-123")
    assert landed(page)
