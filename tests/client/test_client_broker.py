"""What a test says to a broker, and what it gets back."""

from __future__ import annotations

import time
import warnings

import pytest
from flask import Flask
from mock_eherkenning_client import ApiProblem, Broker, NotInTime, RoadStopped, ScenarioUnused
from mock_eherkenning_client.seen import Seen, seen

PERSON = {
    "name": "T. Tester",
    "phone": "06 12345678",
    "means": [
        {"supplier": "kpn", "username": "tester", "password": "Welkom-123", "level": "EH3", "pin": "123456"}
    ],
}


def test_the_broker_says_who_it_is(broker: Broker) -> None:
    assert broker.metadata_url == f"{broker.url}/metadata"
    assert broker.sso_urls == [f"{broker.url}/sso/1.13"]
    assert broker.entity_id.startswith("urn:etoegang:HM:")


def test_what_one_test_makes_no_other_sees(broker: Broker, whole: Broker, app: Flask) -> None:
    mandate = {"person": "t.tester", "company": "vuurtoren", "service": "*", "level": "EH3"}
    broker.register(people={"t.tester": PERSON}, mandates=[mandate])
    assert broker.login("/login", person="t.tester", app=app).text == "<h1>Success 90000020</h1>"
    with whole.tagged() as other, pytest.raises(ApiProblem) as missing:
        other.people.get("t.tester")
    assert missing.value.status == 404
    broker.reset()
    with pytest.raises(ApiProblem):
        broker.people.get("t.tester")


def test_a_mistake_is_told_in_the_words_of_the_yaml(broker: Broker) -> None:
    with pytest.raises(ApiProblem, match="EH9") as wrong:
        broker.mandates.add(person="m.devries", company="regenboog", service="*", level="EH9")
    assert wrong.value.status == 422
    assert "EH2, EH2+, EH3, EH4" in str(wrong.value)


def test_records_can_be_changed_and_taken_away(broker: Broker) -> None:
    broker.people.put("t.tester", PERSON)
    assert broker.people.patch("t.tester", name="T. Anders").name == "T. Anders"
    assert [one.key for one in broker.people.list(q="T. Anders")] == ["t.tester"]
    broker.people.delete("t.tester")
    assert broker.people.list(q="T. Anders") == []


def test_waiting_gives_each_login_once_and_none_of_others(broker: Broker, whole: Broker, app: Flask) -> None:
    first = broker.login("/login", person="m.devries", app=app).exchange.id
    second = broker.login("/login", person="m.devries", app=app, cancel="pin").exchange.id
    assert broker.exchanges.wait_for(person="m.devries").id == first
    assert broker.exchanges.wait_for(outcome="cancelled").id == second
    with pytest.raises(NotInTime) as never:
        broker.exchanges.wait_for(timeout=0.1)
    assert "(given before)" in str(never.value)
    with whole.tagged() as other:
        assert other.exchanges.last() is None


def test_an_exchange_tells_what_was_asked_and_answered(broker: Broker, app: Flask) -> None:
    broker.login("/login", person="m.devries", app=app)
    exchange = broker.exchanges.last()
    assert exchange is not None
    assert (exchange.request.level, exchange.findings, exchange.answer.outcome) == ("EH3", [], "success")
    assert {one["value"] for one in exchange.answer.identifiers} >= {"90000012"}


def test_explain_says_why(broker: Broker) -> None:
    assert broker.explain("m.devries", "mijn-helpdesk-po").passes
    broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3", until="today-1d")
    text = str(broker.explain("m.devries", "mijn-helpdesk-po", company="vuurtoren"))
    assert "expired" in text


def test_the_clock_of_a_test_is_its_own(broker: Broker, whole: Broker) -> None:
    before = whole.clock.now
    broker.clock.set("2031-02-03T09:00:00Z", frozen=True)
    assert broker.clock.now == "2031-02-03T09:00:00Z"
    broker.clock.shift(60)
    assert broker.clock.now == "2031-02-03T09:01:00Z"
    assert whole.clock.now[:4] == before[:4]
    broker.clock.reset()
    assert broker.clock.now[:4] == before[:4]


def test_the_inbox_has_the_messages_of_the_test(broker: Broker, whole: Broker, app: Flask) -> None:
    landing = broker.login("/login", person="m.devries", app=app)
    (message,) = broker.inbox.list()
    assert broker.inbox.code_for(landing.exchange.id) == message.code
    with whole.tagged() as other:
        assert other.inbox.last() is None


def test_a_scenario_acts_once_in_the_login_that_fits(broker: Broker, app: Flask) -> None:
    with (
        broker.scenario("mandate-expired", relay_state="t-42") as armed,
        pytest.raises(RoadStopped, match="expired"),
    ):
        broker.login("/login", person="m.devries", app=app)
    last = broker.exchanges.last()
    assert last is not None
    assert armed.used_by == [last.id]
    assert broker.login("/login", person="m.devries", app=app).answer.outcome == "success"


def test_a_scenario_that_no_login_came_for_is_told(broker: Broker, app: Flask) -> None:
    unused = pytest.warns(ScenarioUnused, match="wrong-audience .relay_state=other. was armed and never used")
    with unused, broker.scenario("wrong-audience", relay_state="other"):
        broker.login("/login", person="m.devries", app=app)
    assert broker.scenarios.unused() == []
    armed = broker.scenario("wrong-audience", person="m.devries")
    assert broker.scenarios.unused() == [armed]
    broker.login("/login", person="m.devries", app=app)
    assert broker.scenarios.unused() == []


def test_a_scenario_in_a_test_that_fails_says_nothing_more(broker: Broker) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ZeroDivisionError), broker.scenario("wrong-audience"):
            raise ZeroDivisionError


def test_an_unknown_scenario_names_the_nearest(broker: Broker) -> None:
    with pytest.raises(ApiProblem, match="wrong-audience"):
        broker.scenario("wrong-audiense")


def test_the_test_ids_are_there(broker: Broker) -> None:
    assert broker.testids["pin"] == "field: the PIN"


def test_a_slow_broker_is_not_a_lost_one(broker: Broker) -> None:
    began = time.monotonic()
    with pytest.raises(NotInTime):
        broker.exchanges.wait_for(timeout=0.3)
    assert 0.25 < time.monotonic() - began < 25


def test_a_key_that_is_not_there_names_the_nearest() -> None:
    exchange = seen({"request": {"level": "EH3"}, "list": [{"key": 1}]})
    assert isinstance(exchange, Seen)
    assert exchange.list[0].key == 1
    with pytest.raises(AttributeError, match="did you mean level"):
        _ = exchange.request.levle
