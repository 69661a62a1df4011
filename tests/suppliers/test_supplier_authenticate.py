from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from supplier_world import NOW, World, credentials, visit

from suppliers.steps import login
from suppliers.steps import pin as pin_step
from suppliers.steps.channel import mask
from suppliers.steps.pin import PIN_TRIES, pin_state, random_pin, send_pin
from suppliers.visit import Event, Kind, Pin, Step, Tried, Visit

BOTH = Step(Kind.LOGIN, ("username", "password"))


def known(**changes: object) -> Visit:
    return visit(**({"person": "jan", "username": "jan", "channel": "sms", "done": 2} | changes))


def sent(code: str = "123456", **changes: object) -> Visit:
    return known(pin=Pin(code, "sms", "06******78", NOW), **changes)


def enter(visit: Visit, form: dict[str, str], now: datetime = NOW) -> Tried:
    """The PIN page, at a moment."""
    world = World()
    world.now = now
    return pin_step.act(visit, Step(Kind.PIN), form, world.facts())


def problems(tried: Tried) -> list[str]:
    return [problem.key for problem in tried.problems]


def test_the_right_password_makes_the_person_known(world: World):
    tried = login.act(visit(), BOTH, credentials(" JAN "), world.facts())
    assert not tried.problems
    assert (tried.visit.person, tried.visit.username) == ("jan", "jan")


@pytest.mark.parametrize(("username", "password"), [("jan", "fout"), ("nobody", "fout"), ("kees", "fout")])
def test_a_wrong_name_and_a_wrong_password_read_the_same(world: World, username: str, password: str):
    tried = login.act(visit(), BOTH, credentials(username, password), world.facts())
    assert problems(tried) == ["login.wrong"]
    assert tried.visit == visit()


def test_a_means_of_another_supplier_is_not_known_here(world: World):
    assert problems(login.act(visit(), BOTH, credentials("kees"), world.facts())) == ["login.wrong"]


def test_every_empty_field_is_named(world: World):
    tried = login.act(visit(), BOTH, credentials(" ", ""), world.facts())
    assert problems(tried) == ["username.empty", "password.empty"]


def test_a_password_of_letters_outside_ascii_is_just_wrong(world: World):
    assert problems(login.act(visit(), BOTH, credentials("jan", "pässwörd"), world.facts())) == [
        "login.wrong"
    ]


def test_whoever_logs_in_again_leaves_the_pin_behind(world: World):
    tried = login.act(sent(), BOTH, credentials("piet"), world.facts())
    assert tried.visit.pin is None
    assert tried.visit.old_pins == ("123456",)


def test_a_random_pin_has_six_digits():
    assert all(len(pin) == 6 and pin.isdigit() for pin in (random_pin() for _ in range(200)))


def test_a_pin_goes_to_the_phone_and_its_code_into_the_message_only(world: World):
    tried = send_pin(known(), world.facts())
    (message,) = tried.sent
    assert (message.to, message.code) == ("0612345678", "100001")
    assert "100001 is uw pincode van Reconi voor Mijn Helpdesk po" in message.body
    assert "100001" not in repr(tried)


def test_a_pin_goes_by_mail_in_english_for_who_asked_so(world: World):
    english = known(channel="email")
    english = visit(ask=type(english.ask)(**{**_fields(english.ask), "language": "en"}), channel="email")
    english = type(english)(**{**_fields(english), "person": "jan", "username": "jan"})
    (message,) = send_pin(english, world.facts()).sent
    assert message.subject == "Your PIN for My Helpdesk po"
    assert message.to == "jan@school.example"


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_fixed_pin_is_sent_as_it_stands(world: World):
    (message,) = send_pin(known(person="vast", username="vast"), world.facts()).sent
    assert message.code == "246802"


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456"])
def test_the_right_pin_passes_once(typed: str):
    tried = enter(sent(), {"pin": typed})
    assert not tried.problems
    assert problems(enter(tried.visit, {"pin": typed})) == ["pin.used"]


def test_a_wrong_pin_says_how_many_tries_are_left():
    tried = enter(sent(), {"pin": "000000"})
    assert problems(tried) == ["pin.wrong"]
    assert tried.problems[0].values == {"left": 2}


def test_after_three_wrong_ones_the_right_one_is_worth_nothing():
    now = sent()
    for _ in range(PIN_TRIES):
        tried = enter(now, {"pin": "000000"})
        now = tried.visit
    assert problems(tried) == ["pin.blocked"]
    assert [told.kind for told in tried.told] == [Event.PIN_WRONG, Event.PIN_BLOCKED]
    assert problems(enter(now, {"pin": "123456"})) == ["pin.blocked"]


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, "open"), (600, "open"), (601, "late"), (86400, "late"), (-60, "open")]
)
def test_a_pin_lasts_ten_minutes(seconds: int, state: str):
    pin = sent().pin
    assert pin
    assert pin_state(pin, NOW + timedelta(seconds=seconds)) == state


def test_a_late_pin_is_told_so():
    tried = enter(sent(), {"pin": "123456"}, NOW + timedelta(minutes=11))
    assert problems(tried) == ["pin.late"]
    assert [told.kind for told in tried.told] == [Event.PIN_LATE]


def test_a_replaced_pin_is_told_so_and_costs_no_try(world: World):
    again = send_pin(sent(), world.facts()).visit
    tried = enter(again, {"pin": "123456"})
    assert problems(tried) == ["pin.replaced"]
    assert [told.kind for told in tried.told] == [Event.PIN_USED]
    assert tried.visit == again
    assert not enter(again, {"pin": "100001"}).problems


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", "pin.empty"), ("  ", "pin.empty"), ("12345", "pin.format"), ("x", "pin.format")],
)
def test_a_slip_of_the_keyboard_costs_no_try(typed: str, problem: str):
    tried = enter(sent(), {"pin": typed})
    assert problems(tried) == [problem]
    assert tried.visit == sent()


def test_other_digits_than_ours_are_no_pin():
    assert problems(enter(sent(), {"pin": "١٢٣٤٥٦"})) == ["pin.format"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("0612345678", "06******78"),
        ("+31 6 12345678", "06******78"),
        ("+31612345678", "06******78"),
        ("0031 (0)6 12345678", "06******78"),
        ("+32 470 12 34 56", "+32*******56"),
        ("jan@school.example", "j***@school.example"),
        ("112", "11*12"),
    ],
)
def test_an_address_is_masked(address: str, shown: str):
    assert mask(address) == shown
