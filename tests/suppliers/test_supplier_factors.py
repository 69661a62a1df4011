"""The second factor: asking again, and the app that approves."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from supplier_world import PEOPLE, World, ask, credentials, person, register

from suppliers.steps.factor import MOST
from suppliers.visit import At, Leave, Screen

ID = "login-1"


def at_pin(world: World, who: str = "jan", channel: str = "sms") -> None:
    world.desk.open("reconi", ask())
    world.desk.act("reconi", ID, 1, credentials(who))
    world.desk.act("reconi", ID, 2, {"channel": channel})


def at_app(world: World) -> None:
    world.desk.open("kpn", ask())
    world.desk.act("kpn", ID, 1, credentials("kees"))
    assert world.desk.act("kpn", ID, 2, {"channel": "app"})[1] == At(3)


def again(world: World, supplier: str = "reconi") -> At | Leave | Screen:
    return world.desk.resend(supplier, ID, 3)[1]


def shown(world: World, supplier: str = "reconi") -> Screen:
    page = world.desk.show(supplier, ID, 3)[1]
    assert isinstance(page, Screen), f"the visit goes on to {page}"
    return page


def onwards(world: World, form: dict[str, str] | None = None) -> At | Leave | Screen:
    return world.desk.act("kpn", ID, 3, form or {})[1]


def problems(answer: At | Leave | Screen) -> list[str]:
    assert isinstance(answer, Screen), f"no page but {answer}"
    return [problem.key for problem in answer.problems]


def request_id(world: World) -> str:
    (waiting,) = world.desk.waiting()
    return waiting.id


# Asking again.


@pytest.mark.parametrize("seconds", [0, 1, 29.9])
def test_a_new_pin_within_thirty_seconds_is_refused_and_nothing_is_sent(world: World, seconds: float):
    at_pin(world)
    pin = world.pin
    world.later(seconds=seconds)
    answer = again(world)
    assert problems(answer) == ["pin.early"]
    assert isinstance(answer, Screen)
    assert answer.status == 422
    assert answer.problems[0].values == {"time": "14:05:30"}
    assert len(world.desk.inbox.list()) == 1
    assert world.told("factor-early") == [{"channel": "sms", "sent": 1}]
    assert world.desk.act("reconi", ID, 3, {"pin": pin})[1] == At(6), "the PIN that was sent still works"


def test_before_it_can_be_asked_the_page_says_from_when_and_after_that_it_does_not(world: World):
    at_pin(world)
    assert shown(world).values["from"] == "14:05:30"
    world.later(seconds=30)
    assert shown(world).values["from"] == ""
    assert again(world) == At(3)
    assert len(world.desk.inbox.list()) == 2
    assert shown(world).values["from"] == "14:06:00"


def test_the_time_on_the_page_is_never_too_early(world: World):
    world.later(microseconds=1)
    at_pin(world)
    assert shown(world).values["from"] == "14:05:31"


def test_a_clock_that_is_set_back_keeps_nobody_waiting(world: World):
    at_pin(world)
    world.later(hours=-1)
    assert again(world) == At(3)


def test_the_same_way_chosen_again_sends_nothing_and_another_way_does(world: World):
    at_pin(world)
    world.desk.act("reconi", ID, 2, {"channel": "sms"})
    assert len(world.desk.inbox.list()) == 1
    world.desk.act("reconi", ID, 2, {"channel": "email"})
    assert [message.channel for message in world.desk.inbox.list()] == ["email", "sms"]
    assert len(world.told("pin-sent")) == 2


def test_the_same_way_chosen_after_its_pin_was_used_sends_a_new_one(world: World):
    """Or there would be no way on from here."""
    at_pin(world)
    world.desk.act("reconi", ID, 3, {"pin": world.pin})
    world.desk.act("reconi", ID, 2, {"channel": "sms"})
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == At(6)
    assert len(world.desk.inbox.list()) == 2


def ask_for_all(world: World) -> None:
    at_pin(world)
    for _ in range(MOST - 1):
        world.later(seconds=30)
        assert again(world) == At(3)


def test_after_five_pins_there_is_no_sixth_but_the_fifth_works(world: World):
    ask_for_all(world)
    world.later(seconds=30)
    assert problems(again(world)) == ["factor.most"]
    assert not shown(world).values["more"]
    assert len(world.desk.inbox.list()) == MOST
    assert world.told("factor-no-more")
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == At(6)


@pytest.mark.parametrize("how", ["late", "wrong", "again", "another way", "login"])
def test_when_the_fifth_pin_is_worth_nothing_the_page_says_that_there_are_no_more(world: World, how: str):
    ask_for_all(world)
    if how == "late":
        world.later(minutes=11)
    elif how == "wrong":
        for _ in range(3):
            world.desk.act("reconi", ID, 3, {"pin": "000000"})
    elif how == "login":
        world.desk.act("reconi", ID, 1, credentials("piet"))
    else:
        world.later(minutes=1)
        world.desk.act("reconi", ID, 2, {"channel": "email" if how == "another way" else "sms"})
    assert shown(world).name == "nomore"
    assert len(world.desk.inbox.list()) == MOST
    answer = again(world)
    assert isinstance(answer, Screen)
    assert (answer.status, answer.name) == (422, "nomore")
    assert isinstance(world.desk.act("reconi", ID, 3, {"pin": world.pin})[1], Screen)
    assert world.desk.word(ID) is None


# The app.


def test_the_app_gets_a_number_and_the_phone_sees_who_where_and_what_for(world: World):
    at_app(world)
    (waiting,) = world.desk.waiting()
    page = shown(world, "kpn")
    assert (page.name, page.values["shown"], page.values["state"]) == ("app", waiting.number, "open")
    assert waiting.number.isdigit()
    assert len(waiting.number) == 2
    seen = (waiting.supplier_name, waiting.person, waiting.service.nl, waiting.factor, waiting.ask_id)
    assert seen == ("KPN", "Kees", "Mijn Helpdesk po", "app", ID)
    (message,) = world.desk.inbox.list()
    assert (message.channel, message.to, message.code) == ("app", "kees", waiting.number)
    assert waiting.number in message.body


def test_until_the_app_approves_there_is_no_way_on_and_then_there_is(world: World):
    at_app(world)
    assert world.desk.phone_state("kpn", ID, 3) == "open"
    answer = onwards(world)
    assert problems(answer) == ["app.open"]
    assert isinstance(answer, Screen)
    assert answer.status == 422
    assert world.desk.answer_phone(request_id(world), "approved") == ""
    assert world.desk.phone_state("kpn", ID, 3) == "approved"
    assert world.desk.waiting() == []
    assert onwards(world) == Leave()
    assert [world.told(kind) for kind in ("phone-asked", "phone-approved", "phone-right")] == [
        [{"factor": "app", "again": False}],
        [{"factor": "app"}],
        [{"factor": "app"}],
    ]


def test_a_refusal_has_its_own_text_and_another_request_can_be_asked(world: World):
    at_app(world)
    assert world.desk.answer_phone(request_id(world), "refused") == ""
    assert problems(shown(world, "kpn")) == ["app.refused"]
    assert problems(onwards(world)) == ["app.refused"]
    assert problems(again(world, "kpn")) == ["app.early"]
    world.later(seconds=30)
    assert again(world, "kpn") == At(3)
    world.desk.answer_phone(request_id(world), "approved")
    assert onwards(world) == Leave()


@pytest.mark.parametrize("approve", [True, False], ids=["approved", "not approved"])
def test_a_request_lasts_ten_minutes_approved_or_not(world: World, approve: bool):
    at_app(world)
    asked = request_id(world)
    if approve:
        world.desk.answer_phone(asked, "approved")
    world.later(minutes=10, seconds=1)
    assert problems(onwards(world)) == ["app.late"]
    assert world.desk.phone_state("kpn", ID, 3) == "late"
    assert world.desk.waiting() == []
    assert world.desk.answer_phone(asked, "approved") == "late"
    assert world.told("phone-late")
    assert world.desk.word(ID) is None


def test_a_request_that_was_replaced_can_not_be_approved_any_more(world: World):
    at_app(world)
    first = request_id(world)
    world.later(seconds=30)
    again(world, "kpn")
    assert world.desk.answer_phone(first, "approved") == "replaced"
    assert world.told("phone-not-taken") == [{"why": "replaced"}]
    assert problems(onwards(world)) == ["app.open"]


def test_an_answer_counts_once(world: World):
    at_app(world)
    asked = request_id(world)
    world.desk.answer_phone(asked, "refused")
    assert world.desk.answer_phone(asked, "approved") == "used"
    assert problems(onwards(world)) == ["app.refused"]


def test_an_approval_lets_in_once(world: World):
    at_app(world)
    world.register = register(mandates=())
    world.desk.answer_phone(request_id(world), "approved")
    assert isinstance(onwards(world), At)
    assert problems(onwards(world)) == ["app.used"]


def test_of_many_answers_at_once_one_counts(world: World):
    at_app(world)
    asked, together = request_id(world), Barrier(8)

    def answer(number: int) -> str:
        together.wait()
        return world.desk.answer_phone(asked, "approved" if number % 2 else "refused")

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(answer, range(8)))
    assert sorted(said) == ["", *["used"] * 7]
    assert len(world.told("phone-approved") + world.told("phone-refused")) == 1


# Where it does not get anybody anywhere.


def test_a_pin_gets_nobody_past_the_app(world: World):
    at_pin(world)
    pin = world.pin
    world.desk.open("kpn", ask())
    at_app(world)
    number = world.desk.waiting()[0].number
    for typed in (pin, number, "123456"):
        answer = onwards(world, {"pin": typed})
        assert isinstance(answer, Screen)
        assert (answer.name, answer.status) == ("refused", 403)
    assert len(world.told("step-refused")) == 3
    world.desk.answer_phone(request_id(world), "approved")
    assert onwards(world) == Leave()


def test_an_approval_gets_nobody_past_a_pin(world: World):
    at_app(world)
    world.desk.answer_phone(request_id(world), "approved")
    world.desk.act("kpn", ID, 2, {"channel": "sms"})
    assert problems(onwards(world, {"pin": ""})) == ["pin.empty"]
    assert onwards(world, {"pin": world.pin}) == Leave()


@pytest.mark.parametrize("step", [4, 5, 6, 9])
def test_the_app_cannot_be_skipped(world: World, step: int):
    at_app(world)
    answer = world.desk.act("kpn", ID, step, {"organisation": "company:linde"})[1]
    assert isinstance(answer, Screen)
    assert answer.status == 403
    assert world.told("step-refused")
    assert world.desk.word(ID) is None


def test_an_approval_is_of_no_use_to_whoever_logs_in_as_another_after_it(world: World):
    world.register = register(people=(*PEOPLE, person("ander", supplier="kpn")))
    at_app(world)
    asked = request_id(world)
    world.desk.answer_phone(asked, "approved")
    world.desk.act("kpn", ID, 1, credentials("ander"))
    assert isinstance(world.desk.act("kpn", ID, 3, {})[1], Screen), "the approval was of kees"
    world.desk.act("kpn", ID, 2, {"channel": "app"})
    assert problems(onwards(world)) == ["app.open"]
    assert world.desk.answer_phone(asked, "approved") == "replaced"


def test_a_request_is_answered_for_its_own_login_only(world: World):
    at_app(world)
    asked = request_id(world)
    world.desk.open("kpn", ask(id="login-2"))
    assert world.desk.answer_phone(asked, "approved", ask_id="login-2") == "other"
    assert world.desk.answer_phone("made-up", "approved", ask_id="login-2") == "unknown"
    assert world.told("phone-not-taken") == [{"why": "other"}, {"why": "unknown"}]
    assert problems(onwards(world)) == ["app.open"]


def test_a_login_that_is_over_takes_no_answer(world: World):
    at_app(world)
    asked = request_id(world)
    world.desk.cancel("kpn", ID)
    assert world.desk.waiting() == []
    assert world.desk.answer_phone(asked, "approved") == "ended"


@pytest.mark.parametrize(
    ("supplier", "login", "step"),
    [("reconi", ID, 3), ("kpn", "nobody", 3), ("kpn", ID, 2), ("kpn", ID, 4), ("nobody", ID, 3)],
)
def test_the_state_is_told_on_the_page_that_waits_only(world: World, supplier: str, login: str, step: int):
    at_app(world)
    assert world.desk.phone_state(supplier, login, step) == ""


def test_no_event_and_no_repr_holds_what_answers_a_request(world: World):
    at_app(world)
    asked, number = request_id(world), world.desk.waiting()[0].number
    raw = world.store.get("visit", ID)
    assert raw
    assert len(asked) >= 22, "128 random bits take 22 characters"
    assert asked not in json.dumps(world.events)
    from suppliers import visit as visits

    assert asked not in repr(visits.load(raw))
    assert f"'{number}'" not in repr(visits.load(raw).phone)
    assert asked.encode() not in b"".join(
        world.store.group("inbox", key)[0] for key in world.store.groups("inbox", limit=9)
    )


def test_whoever_has_no_app_is_not_offered_it(world: World):
    world.register = register(people=(person("kees", supplier="kpn", app=False),))
    world.desk.open("kpn", ask())
    assert world.desk.act("kpn", ID, 1, credentials("kees"))[1] == At(3)
    answer = world.desk.act("kpn", ID, 2, {"channel": "app"})[1]
    assert isinstance(answer, Screen)
    assert answer.status == 403
