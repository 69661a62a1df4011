"""For which organisation a mandate is asked, and what the login says of what was asked before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from supplier_web import codes, said, shown
from supplier_world import World, mandate, person
from test_mandate_requests import ASKING, LOGIN, asked, form, link, log_in, on, only, own_page, registered

from broker.store.memory import MemoryStore
from suppliers.ask import Level
from suppliers.register.model import MandateStatus

OLD = mandate("m-klaas", "klaas", "beuk", status=MandateStatus.REVOKED)
REQUESTED = replace(OLD, status=MandateStatus.REQUESTED)


@pytest.fixture
def world() -> World:
    made = on(World(), MemoryStore())
    made.register = registered(people=(person("hoog", level=Level.EH4),))
    return made


# The number, and the organisations of one's own.


def test_nothing_is_chosen_before_the_person_does(world: World):
    world.register = registered(mandates=(OLD,))
    page = log_in(world).get(ASKING)
    assert 'data-testid="company-beuk"' in page.text
    assert "checked" not in page.text


def test_a_number_by_itself_counts(world: World):
    world.register = registered(mandates=(OLD,))
    answer = log_in(world).post(ASKING, data={"number": "90000071", "level": "EH3"})
    assert answer.status_code == 303, answer.text
    assert only(world).company == "den"


@pytest.mark.parametrize("number", ["90000071", "12345678", "abc"])
def test_a_number_beside_another_organisation_is_asked_about_and_both_are_named(world: World, number: str):
    world.register = registered(mandates=(OLD,))
    page = log_in(world).post(ASKING, data={"company": "beuk", "number": number, "level": "EH3"})
    assert (page.status_code, codes(page)) == (422, ["request.company.two"])
    assert "Basisschool De Beuk" in said(page, "error-company")
    assert number in said(page, "error-company")
    assert f'value="{number}"' in page.text, "what was typed stays, to be mended"
    assert not world.desk.grants.requests()


@pytest.mark.parametrize("number", ["", "90000055", "9999 99 047"])
def test_an_organisation_of_ones_own_may_have_its_own_number_beside_it(world: World, number: str):
    world.register = registered(mandates=(OLD,))
    log_in(world).post(ASKING, data={"company": "beuk", "number": number, "level": "EH3"})
    assert only(world).company == "beuk"


def test_outside_a_login_a_number_counts_as_well(world: World):
    world.register = registered(mandates=(OLD,))
    web, path = own_page(world)
    data = {"number": "90000071", "level": "EH3", "service": "helpdesk"}
    assert codes(web.post(path, data={**data, "company": "beuk"})) == ["request.company.two"]
    assert web.post(path, data=data).status_code == 303
    assert only(world).company == "den"


# What was decided, and what was not yet.


def test_going_on_after_a_refusal_shows_the_refusal_and_why(world: World):
    web = asked(world)
    web.post(link(world), data={"decision": "refuse", "reason": "Ken ik niet"})
    page = web.post(f"{ASKING}/{only(world).id}/continue", follow_redirects=True)
    assert said(page, "heading") == "Uw aanvraag is geweigerd"
    assert "Ken ik niet" in said(page, "reason")


def test_going_on_after_a_refusal_goes_on_where_another_mandate_came(world: World):
    web = asked(world)
    web.post(link(world), data={"decision": "refuse"})
    world.register = registered(mandates=(replace(OLD, status=MandateStatus.ACTIVE),))
    web.post(f"{ASKING}/{only(world).id}/continue")
    word = world.desk.word("login-1")
    assert word
    assert word.mandate


def test_a_refused_request_is_among_the_reasons_with_the_way_to_it(world: World):
    web = asked(world)
    web.post(link(world), data={"decision": "refuse"})
    page = at_the_mandates(web)
    assert "Vraag een machtiging aan" in said(page, "what")
    assert said(page, "reason").startswith(
        "Uw aanvraag om namens Basisschool De Beuk in te loggen is geweigerd."
    )
    assert f'href="{ASKING}/{only(world).id}"' in page.text


def test_a_mandate_of_the_file_that_was_refused_is_not_said_to_wait(world: World):
    world.register = registered(mandates=(REQUESTED,))
    web = asked(world)
    web.post(link(world), data={"decision": "refuse"})
    assert only(world).mandate == "m-klaas"
    page = at_the_mandates(web)
    assert "is geweigerd" in said(page, "reason")
    assert "nog niet goedgekeurd" not in page.text


def test_whoever_asked_already_is_told_to_wait_and_led_to_the_request(world: World):
    page = at_the_mandates(asked(world))
    assert said(page, "what").startswith("Wacht op het besluit over uw aanvraag.")
    assert f'href="{ASKING}/{only(world).id}" data-testid="see-request"' in page.text
    assert "De Beuk is aangevraagd, maar nog niet goedgekeurd." in said(page, "reason")
    assert f'href="{ASKING}" data-testid="request-mandate"' in page.text, "another can still be asked"


def test_a_mandate_that_the_file_has_as_requested_is_waited_for_as_well(world: World):
    world.register = registered(mandates=(REQUESTED,))
    web = log_in(world)
    page = at_the_mandates(web)
    assert said(page, "what").startswith("Wacht op het besluit over uw aanvraag.")
    assert "see-request" not in page.text, "nobody asked it here"
    web.post(ASKING, data=form())
    page = at_the_mandates(web)
    assert f'href="{ASKING}/{only(world).id}" data-testid="see-request"' in page.text


@pytest.mark.parametrize(
    "of_no_use",
    [
        pytest.param({"level": Level.EH2_PLUS}, id="level too low"),
        pytest.param({"service": "urn:etoegang:DV:00000001999999990000:services:9"}, id="another service"),
        pytest.param({"branch": "000012345678", "company": "eik"}, id="a branch, where none is taken"),
    ],
)
def test_nobody_waits_for_what_would_not_let_them_in(world: World, of_no_use: dict[str, Any]):
    world.register = registered(mandates=(replace(REQUESTED, **of_no_use),))
    page = at_the_mandates(log_in(world))
    assert "Vraag een machtiging aan" in said(page, "what")
    assert "see-request" not in page.text


def test_a_request_that_waits_is_told_also_where_a_higher_one_was_refused_later(world: World):
    web = log_in(world, "hoog")
    assert web.post(ASKING, data=form()).status_code == 303
    first = only(world).id
    assert web.post(ASKING, data=form(level="EH4")).status_code == 303
    web.post(link(world), data={"decision": "refuse"})
    page = at_the_mandates(web)
    assert said(page, "what").startswith("Wacht op het besluit over uw aanvraag.")
    assert f'href="{ASKING}/{first}" data-testid="see-request"' in page.text


def test_nobody_waits_for_a_request_of_too_low_a_level(world: World):
    web = log_in(world, level=Level.EH2_PLUS)
    assert web.post(ASKING, data=form(level="EH2+")).status_code == 303
    page = at_the_mandates(log_in(world))
    assert "Vraag een machtiging aan" in said(page, "what")
    assert only(world).id not in page.text


@pytest.mark.parametrize(
    ("who", "level", "words"),
    [("klaas", Level.EH3, "met niveau EH3 of hoger."), ("hoog", Level.EH4, "met niveau EH4.")],
)
def test_nothing_is_asked_above_the_highest_level(world: World, who: str, level: Level, words: str):
    page = at_the_mandates(log_in(world, who, level=level))
    assert words in said(page, "what")


def at_the_mandates(web: Any) -> Any:
    page = web.get(f"{LOGIN}/", follow_redirects=True)
    assert shown(page) == "nomandate"
    return page
