"""Where the profile says so, the e-mail address does for the user name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from supplier_web import codes, opened, shown
from supplier_world import MANDATES, PASSWORD, World, person, register

from suppliers.ask import Level
from suppliers.profiles import load_profiles
from suppliers.register.changes import Section
from suppliers.register.layer import Layered, Over
from suppliers.register.model import Means, PersonRecord

ADDRESS = "Anna@School.example"
ANNA = person("anna", supplier="digidentity", email="anna@school.example")
FIRST = "/supplier/digidentity/login-1/1"


@pytest.mark.parametrize("typed", ["anna", ADDRESS, f" {ADDRESS} "])
def test_the_user_name_and_the_address_of_one_person_both_do(world: World, typed: str):
    world.register = register(people=(ANNA,), mandates=MANDATES)
    web = opened(world, "digidentity")
    page = web.post(FIRST, data={"username": typed}, follow_redirects=True)
    assert (shown(page), codes(page)) == ("login", [])
    assert world.told("username-known")[0]["username"] == "anna"
    page = web.post(page.request.path, data={"password": PASSWORD}, follow_redirects=True)
    assert shown(page) == "channel"


def two_means() -> tuple[PersonRecord, ...]:
    second = Means("digidentity", "anna-2", PASSWORD, Level.EH3)
    return (replace(ANNA, means=(*ANNA.means, second)),)


def two_people() -> tuple[PersonRecord, ...]:
    return (ANNA, person("bea", supplier="digidentity", email="anna@school.example"))


def a_client_elsewhere() -> tuple[PersonRecord, ...]:
    return (person("anna", supplier="kpn", email="anna@school.example"),)


@pytest.mark.parametrize("people", [two_means, two_people, a_client_elsewhere])
def test_an_address_that_names_not_just_one_means_here_is_not_known(
    world: World, people: Callable[[], tuple[PersonRecord, ...]]
):
    world.register = register(people=people(), mandates=())
    page = opened(world, "digidentity").post(FIRST, data={"username": ADDRESS})
    assert codes(page) == ["username.wrong"]


def test_an_address_is_of_whoever_has_it_after_changes(world: World):
    over = Over()
    over.lay(Section.PEOPLE, "anna", replace(ANNA, email="new@school.example"))
    over.lay(Section.PEOPLE, "bea", person("bea", supplier="digidentity", email=ADDRESS))
    changed = Layered(register(people=(ANNA, person("cees", email=ADDRESS)), mandates=()), over)
    assert [one.key for one in changed.at_address("anna@school.example")] == ["cees", "bea"]
    assert [one.key for one in changed.at_address("NEW@school.example")] == ["anna"]
    over.lay(Section.PEOPLE, "bea", None)
    assert [one.key for one in changed.at_address(ADDRESS)] == ["cees"]
    assert not changed.at_address("nobody@school.example")


def test_of_many_clients_an_address_that_nobody_has_is_looked_for_among_all_once(
    world: World,
):
    class Counted(dict[str, PersonRecord]):
        read = 0

        def values(self) -> Any:
            self.read += 1
            return super().values()

    world.register = register(people=(ANNA,), mandates=())
    counted = Counted(world.register.people)
    world.register.people = counted
    for number in range(3):
        assert not world.register.at_address(f"nobody-{number}@school.example")
    assert counted.read == 1


def test_other_suppliers_take_no_address(world: World):
    page = opened(world).post(
        "/supplier/reconi/login-1/1", data={"username": "jan@school.example", "password": PASSWORD}
    )
    assert codes(page) == ["login.wrong"]


def test_a_label_that_speaks_of_an_address_is_of_a_supplier_that_takes_one():
    for profile in load_profiles().values():
        for words in profile.wording.values():
            told = "e-mail" in words.get("username.label", "").casefold()
            assert told is profile.email_as_username, profile.name
