from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from supplier_world import MANDATES, PEOPLE, World, ask, credentials, mandate, person, register

from suppliers import visit as visits
from suppliers.ask import Level, Outcome, Suppliers
from suppliers.visit import At, Leave, Screen

ID = "login-1"


def arrive_at_pin(world: World, who: str = "piet") -> None:
    world.desk.open("reconi", ask())
    world.desk.act("reconi", ID, 1, credentials(who))


def test_offers_are_alphabetical_whatever_the_case(world: World):
    suppliers: Suppliers = world.desk
    names = [offer.name for offer in suppliers.offers()]
    assert names == ["Digidentity", "KPN", "QuoVadis", "Reconi", "We-ID", "Z login"]


def test_an_unknown_supplier_cannot_be_opened(world: World):
    with pytest.raises(KeyError):
        world.desk.open("nobody", ask())


def test_there_is_no_word_until_the_road_is_walked(world: World):
    assert world.desk.word(ID) is None
    arrive_at_pin(world)
    assert world.desk.word(ID) is None


def test_one_mandate_goes_straight_on(world: World):
    arrive_at_pin(world)
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == Leave()
    word = world.desk.word(ID)
    assert word
    assert word.person
    assert word.mandate
    assert (word.outcome, word.person.key, word.mandate.company.key) == (Outcome.PERMIT, "piet", "linde")
    assert word.authenticated_at == world.now
    assert [kind for kind, _ in world.events] == [
        "supplier-opened",
        "password-right",
        "pin-sent",
        "pin-right",
        "mandates-considered",
        "mandate-chosen",
        "word-given",
        "mandate-used",
    ]


def test_every_event_can_be_written_as_json_and_holds_no_secret(
    world: World, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    arrive_at_pin(world, "jan")
    world.desk.act("reconi", ID, 2, {"channel": "email"})
    first = world.pin
    world.desk.act("reconi", ID, 3, {"pin": "999999"})
    world.later(seconds=30)
    world.desk.resend("reconi", ID, 3)
    world.desk.act("reconi", ID, 3, {"pin": first})
    world.desk.act("reconi", ID, 3, {"pin": world.pin})
    world.desk.act("reconi", ID, 6, {"organisation": "company:eik"})
    told = json.dumps(world.events)
    assert world.desk.word(ID)
    for secret in (first, world.pin, "Wachtwoord-1", "0612345678", "jan@school.example"):
        assert secret not in told
        assert secret not in caplog.text
    assert "reconi: email" in caplog.text


def test_of_many_right_pins_at_once_exactly_one_counts(world: World):
    world.register = register(mandates=MANDATES)
    arrive_at_pin(world, "jan")
    world.desk.act("reconi", ID, 2, {"channel": "sms"})
    pin, together = world.pin, Barrier(8)

    def enter(_: int) -> At | Leave | Screen:
        together.wait()
        return world.desk.act("reconi", ID, 3, {"pin": pin})[1]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(enter, range(8)))
    assert answers.count(At(6)) == 1
    others = [answer for answer in answers if isinstance(answer, Screen)]
    assert [(other.status, other.problems[0].key) for other in others] == [(422, "pin.used")] * 7
    assert len(world.told("pin-right")) == 1


def test_of_many_wrong_pins_at_once_each_costs_a_try(world: World):
    arrive_at_pin(world)
    together = Barrier(6)

    def guess(number: int) -> None:
        together.wait()
        world.desk.act("reconi", ID, 3, {"pin": f"00000{number}"})

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(guess, range(6)))
    assert len(world.told("pin-wrong")) == 3
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] != Leave()


def test_looking_sends_no_pin_again(world: World):
    arrive_at_pin(world)
    for _ in range(3):
        world.desk.show("reconi", ID, 3)
        world.desk.enter("reconi", ID)
        world.desk.show("reconi", ID, 1)
    assert len(world.desk.inbox.list()) == 1


def test_a_fixed_pin_may_be_sent_again_and_still_works_once(world: World):
    arrive_at_pin(world, "vast")
    world.later(seconds=30)
    world.desk.resend("reconi", ID, 3)
    assert world.pin == "246802"
    assert world.desk.act("reconi", ID, 3, {"pin": "246802"})[1] == Leave()


def test_after_too_many_tries_a_new_pin_helps(world: World):
    arrive_at_pin(world)
    for _ in range(3):
        world.desk.act("reconi", ID, 3, {"pin": "000000"})
    world.later(seconds=30)
    world.desk.resend("reconi", ID, 3)
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == Leave()


def test_whoever_logs_in_as_another_starts_from_nothing(world: World):
    arrive_at_pin(world, "jan")
    world.desk.act("reconi", ID, 2, {"channel": "sms"})
    pin_of_jan = world.pin
    world.desk.act("reconi", ID, 3, {"pin": pin_of_jan})
    assert world.desk.act("reconi", ID, 1, credentials("niemand"))[1] == At(3)
    answer = world.desk.act("reconi", ID, 6, {"organisation": "company:eik"})[1]
    assert isinstance(answer, Screen)
    assert answer.status == 403
    assert world.desk.word(ID) is None


def test_a_wrong_password_at_a_step_that_was_done_takes_nothing_away(world: World):
    arrive_at_pin(world)
    world.desk.act("reconi", ID, 1, credentials("piet", "fout"))
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == Leave()


def test_a_mandate_that_goes_while_the_page_is_open_is_not_given(world: World):
    arrive_at_pin(world, "jan")
    world.desk.act("reconi", ID, 2, {"channel": "sms"})
    world.desk.act("reconi", ID, 3, {"pin": world.pin})
    world.register = register(mandates=tuple(m for m in MANDATES if m.id != "m-jan-eik"))
    _, answer = world.desk.act("reconi", ID, 6, {"organisation": "company:eik"})
    assert isinstance(answer, Screen)
    assert (answer.status, answer.problems[0].key) == (422, "mandate.gone")
    world.register = register(mandates=())
    assert world.desk.act("reconi", ID, 6, {"organisation": "company:eik"})[1] == At(6)
    _, page = world.desk.show("reconi", ID, 6)
    assert isinstance(page, Screen)
    assert page.name == "nomandate"
    assert world.desk.word(ID) is None


def test_a_mandate_that_comes_while_the_page_is_open_can_be_used(world: World):
    arrive_at_pin(world, "niemand")
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == At(6)
    world.register = register(mandates=(*MANDATES, mandate("new", "niemand", "eik")))
    assert world.desk.act("reconi", ID, 6, {"organisation": "company:eik"})[1] == Leave()


def test_a_person_who_goes_from_the_register_starts_again(world: World):
    arrive_at_pin(world)
    world.register = register(people=tuple(p for p in PEOPLE if p.key != "piet"))
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == At(1)
    assert world.desk.enter("reconi", ID)[1] == At(1)
    _, page = world.desk.show("reconi", ID, 1)
    assert isinstance(page, Screen)
    assert [problem.key for problem in page.problems] == ["login.gone"]


def test_a_means_that_is_lowered_on_the_way_stops_there(world: World):
    arrive_at_pin(world)
    world.register = register(people=(person("piet", level=Level.EH2_PLUS),))
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == At(3)
    _, page = world.desk.show("reconi", ID, 3)
    assert isinstance(page, Screen)
    assert page.name == "level"
    assert world.told("level-refused")[0] == {
        "asked": "EH3",
        "has": "EH2+",
        "nl": "Het inlogmiddel heeft niveau EH2+; nodig is EH3 of hoger.",
        "en": "The means has level EH2+; EH3 or higher is needed.",
        "place": "-",
    }


def test_a_means_that_is_raised_on_the_way_can_go_on(world: World):
    arrive_at_pin(world, "laag")
    world.register = register(people=(person("laag"),))
    _, page = world.desk.show("reconi", ID, 2)
    assert isinstance(page, Screen)
    assert page.name == "channel"
    assert world.desk.act("reconi", ID, 2, {"channel": "sms"})[1] == At(3)
    assert world.desk.act("reconi", ID, 3, {"pin": world.pin})[1] == Leave()


def test_an_address_that_goes_on_the_way_gets_no_new_pin(world: World):
    arrive_at_pin(world)
    world.register = register(people=(person("piet", phone=None),))
    world.desk.resend("reconi", ID, 3)
    assert len(world.desk.inbox.list()) == 1
    assert world.told("pin-no-channel")


def test_opening_again_at_another_supplier_ends_the_visit_to_the_first(world: World):
    arrive_at_pin(world)
    world.desk.open("kpn", ask())
    visit, page = world.desk.act("reconi", ID, 3, {"pin": world.pin})
    assert visit is None
    assert isinstance(page, Screen)
    assert page.status == 403
    assert world.told("step-refused") == [{"why": "supplier", "at": "reconi"}]


def test_a_visit_survives_the_trip_through_the_store(world: World):
    arrive_at_pin(world, "jan")
    world.desk.act("reconi", ID, 2, {"channel": "sms"})
    world.desk.act("reconi", ID, 3, {"pin": world.pin})
    raw = world.store.get("visit", ID)
    assert raw
    assert visits.dump(visits.load(raw)) == raw
    visit = visits.load(raw)
    assert visit.ask == ask()
    assert replace(visit, done=0) != visit


def test_logging_out_ends_what_there_is_and_says_where(world: World):
    arrive_at_pin(world)
    world.desk.act("reconi", ID, 3, {"pin": world.pin})
    assert world.desk.log_out(ID) == "Reconi"
    assert world.desk.word(ID) is None
    assert world.told("supplier-logged-out") == [{"supplier": "reconi", "name": "Reconi"}]
    assert world.desk.show("reconi", ID, 1)[1].name == "unknown"


def test_logging_out_where_there_is_nothing_to_end_says_so(world: World):
    assert world.desk.log_out("nobody") is None
    arrive_at_pin(world)
    assert world.desk.log_out(ID) == "Reconi"
    assert world.desk.log_out(ID) is None
    assert len(world.told("supplier-logged-out")) == 1


def test_of_many_who_log_out_at_once_one_ends_the_session(world: World):
    arrive_at_pin(world)
    start = Barrier(8)

    def leave() -> str | None:
        start.wait()
        return world.desk.log_out(ID)

    with ThreadPoolExecutor(8) as pool:
        said = [job.result() for job in [pool.submit(leave) for _ in range(8)]]
    assert sorted(filter(None, said)) == ["Reconi"]
