"""The smartcard: the other way in at Reconi, with the card's own PIN and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from supplier_web import URL, codes, log_in, opened, said, shown
from supplier_world import PASSWORD, World, mandate, person, register
from werkzeug.test import TestResponse

from suppliers.ask import Level, Outcome
from suppliers.register.model import Means, MeansStatus

NUMBER, PIN = "900000000012", "246810"
CARD = Means("reconi", NUMBER, "", Level.EH4, pin=PIN, card=True)


@pytest.fixture
def world() -> World:
    """Jan has a card beside his password; so does Piet, and somebody's user name is the number of Jan's card."""
    world = World()
    people = {p.key: p for p in world.register.people.values()}
    people["jan"] = replace(people["jan"], means=(*people["jan"].means, CARD))
    other = replace(CARD, username="900000000020", pin="135790")
    people["piet"] = replace(people["piet"], means=(*people["piet"].means, other))
    people["dubbel"] = person("dubbel", username=NUMBER)
    mandates = (
        mandate("m-jan", "jan", "linde", level=Level.EH4),
        mandate("m-piet", "piet", "eik", level=Level.EH4),
        mandate("m-dubbel", "dubbel", "linde"),
    )
    world.register = register(tuple(people.values()), mandates)
    return world


def by_card(web: FlaskClient, **form: str) -> TestResponse:
    return web.post(f"{URL}/1", data={"card": "yes", **form}, follow_redirects=True)


def insert(web: FlaskClient, number: str = NUMBER, pin: str = PIN) -> TestResponse:
    return web.post(f"{URL}/4", data={"card": number, "cardpin": pin})


def test_the_first_page_offers_the_card_and_needs_no_user_name_for_it(world: World):
    web = opened(world, level=Level.EH4)
    page = web.get(f"{URL}/1")
    assert 'data-testid="smartcard"' in page.text
    assert 'data-testid="stay"' not in page.text, "nobody stays logged in at EH4"
    assert shown(by_card(web)) == "card"


def test_a_supplier_without_smartcards_neither_offers_nor_takes_one(world: World):
    web = opened(world, "kpn")
    url = "/supplier/kpn/login-1"
    assert 'data-testid="smartcard"' not in web.get(f"{url}/1").text
    assert codes(web.post(f"{url}/1", data={"card": "yes"}))


def test_a_card_reaches_eh4_with_neither_password_nor_message(world: World):
    web = opened(world, level=Level.EH4)
    by_card(web, stay="yes")
    assert insert(web).location == "/broker/login-1/answer"
    word = world.desk.word("login-1")
    assert word
    assert word.person
    assert (word.outcome, word.person.key, word.level) == (Outcome.PERMIT, "jan", Level.EH4)
    assert world.desk.inbox.list() == []
    assert world.told("session-begun") == world.told("supplier-session-begun") == []
    assert PIN not in str(world.events)


def test_the_same_person_cannot_reach_eh4_by_password(world: World):
    assert shown(log_in(opened(world, level=Level.EH4), "jan")) == "level"


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ({}, ["card.empty", "cardpin.empty"]),
        ({"card": NUMBER}, ["cardpin.empty"]),
        ({"card": "nonsense", "cardpin": PIN}, ["card.unknown"]),
        ({"card": "jan", "cardpin": PASSWORD}, ["card.unknown"]),
        ({"card": NUMBER, "cardpin": "000000"}, ["cardpin.wrong"]),
        ({"card": NUMBER, "cardpin": "135790"}, ["cardpin.wrong"]),
        ({"card": NUMBER, "cardpin": "24681"}, ["pin.format"]),
        ({"card": NUMBER, "cardpin": "2468100"}, ["pin.format"]),
        ({"card": NUMBER, "cardpin": PASSWORD}, ["pin.format"]),
    ],
)
def test_what_is_wrong_with_a_card_is_said_and_what_was_typed_stays(
    world: World, form: dict[str, str], problems: list[str]
):
    web = opened(world, level=Level.EH4)
    by_card(web)
    page = web.post(f"{URL}/4", data=form)
    assert (page.status_code, shown(page), codes(page)) == (422, "card", problems)
    if form.get("card"):
        assert f'value="{form["card"]}"' in page.text
    assert 'value="' + form.get("cardpin", "-") not in page.text
    assert world.desk.word("login-1") is None


def test_three_wrong_pins_block_the_card_and_not_the_password(world: World):
    web = opened(world)
    by_card(web)
    read = [said(insert(web, pin="000000"), "error-cardpin") for _ in range(3)]
    assert "nog 2 keer" in read[0]
    assert "nog 1 keer" in read[1]
    assert "geblokkeerd" in read[2]
    page = insert(web)
    assert codes(page) == ["cardpin.blocked"]
    assert said(page, "reference").startswith("login-1")
    assert world.told("means-blocked")
    assert shown(log_in(web, "jan")) == "channel"


def test_the_number_of_a_card_is_no_user_name(world: World):
    world.register = register(tuple(p for p in world.register.people.values() if p.key != "dubbel"), ())
    web = opened(world)
    assert codes(log_in(web, NUMBER, PIN)) == ["login.wrong"]
    assert codes(log_in(web, NUMBER, PASSWORD)) == ["login.wrong"]


def test_a_user_name_that_is_a_cards_number_is_another_means_of_another_person(world: World):
    web = opened(world, level=Level.EH3)
    log_in(web, NUMBER)
    web.post(f"{URL}/3", data={"pin": world.pin})
    word = world.desk.word("login-1")
    assert word
    assert word.person
    assert word.person.key == "dubbel"


def test_going_back_to_the_first_page_and_logging_in_by_password_works(world: World):
    web = opened(world)
    page = by_card(web)
    assert f'href="{URL}/1" data-testid="back"' in page.text
    assert shown(log_in(web, "jan")) == "channel"
    web.post(f"{URL}/2", data={"channel": "sms"})
    web.post(f"{URL}/3", data={"pin": world.pin})
    word = world.desk.word("login-1")
    assert word
    assert word.level == Level.EH3


def test_after_the_card_the_password_of_another_does_not_inherit_it(world: World):
    world.register = register(tuple(world.register.people.values()), ())
    web = opened(world, level=Level.EH4)
    by_card(web)
    insert(web)
    assert shown(log_in(web, "piet")) == "level"


@pytest.mark.parametrize("status", [MeansStatus.SUSPENDED, MeansStatus.REVOKED])
def test_a_card_that_cannot_be_used_says_so_after_its_pin(world: World, status: MeansStatus):
    jan = world.register.people["jan"]
    means = tuple(replace(m, status=status) if m.card else m for m in jan.means)
    world.register = register((replace(jan, means=means),), ())
    web = opened(world)
    by_card(web)
    page = web.post(f"{URL}/4", data={"card": NUMBER, "cardpin": PIN}, follow_redirects=True)
    assert shown(page) == "means"
    assert "Gebruikersnaam jan (niveau EH3)" in said(page, "others")


# Forging. Where each of these begins, and what is then sent.


def nowhere(web: FlaskClient, world: World) -> None:
    """At the first page."""


def chose_card(web: FlaskClient, world: World) -> None:
    by_card(web)


def chose_card_by_number(web: FlaskClient, world: World) -> None:
    by_card(web, number=NUMBER)


def past_password(web: FlaskClient, world: World) -> None:
    log_in(web, "piet")
    web.post(f"{URL}/3", data={"pin": world.pin})


def past_card(web: FlaskClient, world: World) -> None:
    by_card(web)
    insert(web, "900000000020", "135790")


@pytest.mark.parametrize(
    ("before", "step", "form"),
    [
        (nowhere, 4, {"card": NUMBER, "cardpin": PIN}),
        (past_password, 4, {"card": NUMBER, "cardpin": PIN}),
        (chose_card, 2, {"channel": "sms"}),
        (chose_card, 3, {"pin": "100001"}),
        (chose_card, "3/resend", {}),
        (chose_card, 5, {"new_password": "Nieuw-wachtwoord", "repeat_password": "Nieuw-wachtwoord"}),
        (chose_card, 6, {"mandate": "m-jan"}),
        (chose_card_by_number, 5, {}),
        (chose_card_by_number, 6, {"mandate": "m-jan"}),
        (past_card, 2, {"channel": "sms"}),
        (past_card, 3, {"pin": "100001"}),
        (past_card, "3/resend", {}),
    ],
)
def test_a_step_of_the_other_way_or_not_yet_at_hand_is_refused_and_told(
    world: World, before: object, step: object, form: dict[str, str]
):
    # Nobody has a mandate, so that nobody leaves before the forged step.
    world.register = register(tuple(world.register.people.values()), ())
    web = opened(world)
    before(web, world)  # type: ignore[operator]
    sent, told = len(world.desk.inbox.list()), len(world.told("step-refused"))
    page = web.post(f"{URL}/{step}", data=form)
    assert (page.status_code, shown(page)) == (403, "refused")
    assert len(world.told("step-refused")) == told + 1
    assert len(world.desk.inbox.list()) == sent
    assert world.desk.word("login-1") is None


def test_a_wrong_pin_for_another_card_of_ones_own_does_not_take_the_place_of_the_first(world: World):
    low = replace(CARD, username="900000000099", level=Level.EH3, pin="111111")
    jan = world.register.people["jan"]
    world.register = register((replace(jan, means=(*jan.means, low)),), ())
    web = opened(world, level=Level.EH3)
    by_card(web)
    insert(web, "900000000099", "111111")
    assert codes(insert(web, NUMBER, "000000")) == ["cardpin.wrong"]
    assert world.desk.under_way("reconi", "login-1").username == "900000000099"  # type: ignore[union-attr]


@pytest.mark.parametrize("step", [2, 3])
def test_the_pages_of_the_other_way_are_not_shown_either(world: World, step: int):
    web = opened(world)
    by_card(web)
    assert web.get(f"{URL}/{step}").status_code == 403


def test_who_logs_in_by_password_has_no_page_for_a_card(world: World):
    world.register = register(tuple(world.register.people.values()), ())
    web = opened(world)
    past_password(web, world)
    assert web.get(f"{URL}/4").status_code == 403


def test_where_no_pin_is_asked_who_is_stopped_after_the_password_reads_why(world: World):
    """The step that comes next is then the card's, which is not theirs."""
    reconi = world.desk.profiles["reconi"]
    steps = {"steps": (("username", "password"),), "second_factors": ()}
    world = World({"reconi": reconi.model_copy(update=steps)})
    assert shown(log_in(opened(world), "laag")) == "level"
