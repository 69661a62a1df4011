"""The clock: set, shifted, stopped; for the whole broker, or for the logins at one service provider."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from broker.clock import Clock
from broker.store.memory import MemoryStore
from support.answers import call, resolve, response, status
from support.sp import NS, ServiceProvider
from support.walk import kind, landed, walk

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001888888880000:entities:9001")


class Machine:
    """A machine's clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> Clock:
    return Clock(MemoryStore(), machine)


def api(bench: Any, method: str, path: str = "", body: Any = None, wanted: int = 200) -> Any:
    page = call(bench, method, f"/api/v1/clock{path}", body)
    assert page.status == wanted, page.text
    return json.loads(page.body)


def of(sp: ServiceProvider) -> str:
    return f"/{quote(sp.entity_id, safe='')}"


# The clock itself.


def test_it_runs_on_from_where_it_was_set(clock: Clock, machine: Machine) -> None:
    clock.set(NOON + timedelta(days=400))
    machine.now += timedelta(minutes=1)
    assert clock() == NOON + timedelta(days=400, minutes=1)


def test_frozen_it_stands_there_and_runs_on_from_there(clock: Clock, machine: Machine) -> None:
    clock.change(frozen=True)
    machine.now += timedelta(hours=1)
    assert clock() == NOON
    clock.change(further=timedelta(days=1))
    assert clock() == NOON + timedelta(days=1), "moved on, and still standing"
    clock.change(frozen=False)
    machine.now += timedelta(minutes=1)
    assert clock() == NOON + timedelta(days=1, minutes=1)


def test_further_counts_from_where_it_is(clock: Clock) -> None:
    clock.shift(timedelta(seconds=10))
    clock.change(further=timedelta(seconds=5))
    assert clock() == NOON + timedelta(seconds=15)
    clock.shift(timedelta(seconds=10))
    assert clock() == NOON + timedelta(seconds=10)


def test_a_provider_has_a_clock_of_its_own_until_it_is_taken_away(clock: Clock) -> None:
    clock.set(NOON + timedelta(days=1), frozen=True)
    clock.shift(timedelta(days=9), "a")
    assert (clock(), clock.of("a"), clock.of("b")) == (
        NOON + timedelta(days=1),
        NOON + timedelta(days=9),
        NOON + timedelta(days=1),
    )
    clock.reset("")
    assert (clock(), clock.of("a")) == (NOON, NOON + timedelta(days=9))
    clock.reset("a")
    assert clock.of("a") == NOON
    clock.shift(timedelta(days=9), "a")
    clock.reset()
    assert clock.of("a") == NOON
    assert not clock.of_providers()


def test_it_stays_where_there_is_room_to_count(clock: Clock) -> None:
    for wrong in (timedelta(days=365_000), timedelta(days=-365_000), timedelta.max):
        with pytest.raises(ValueError, match=r"clock goes from|calendar goes"):
            clock.shift(wrong)
    assert clock() == NOON


# Over the API.


@pytest.mark.parametrize("path", ["", "sp"])
def test_the_api_sets_shifts_stops_and_takes_away(bench: Any, path: str) -> None:
    path = of(bench.sp) if path else ""
    found = api(bench, "PUT", path, {"at": "2028-02-01T09:00:00Z", "frozen": True})
    assert (found["now"], found["frozen"]) == ("2028-02-01T09:00:00Z", True)
    found = api(bench, "PUT", path, {"shift_by_seconds": 86400})
    assert (found["now"], found["frozen"]) == ("2028-02-02T09:00:00Z", True)
    found = api(bench, "PUT", path, {"shift_seconds": 600})
    assert (found["shift_seconds"], found["frozen"]) == (600, False)
    assert api(bench, "PUT", path, {"frozen": True})["frozen"] is True
    found = api(bench, "DELETE", path)
    assert (found["frozen"], found["shift_seconds"]) == (False, None)


def test_one_look_shows_every_clock(bench: Any) -> None:
    api(bench, "PUT", of(bench.sp), {"at": "2028-02-01T09:00:00Z", "frozen": True})
    found = api(bench, "GET")
    assert found["frozen"] is False
    assert [(one["sp"], one["now"]) for one in found["service_providers"]] == [
        (bench.sp.entity_id, "2028-02-01T09:00:00Z")
    ]


def test_an_entity_id_with_slashes_is_an_address_too(bench: Any) -> None:
    sp = ServiceProvider(entity_id="https://sp.example/metadata/main")
    bench.trust(sp, "slashes")
    for path in (of(sp), f"/{sp.entity_id}"):
        assert api(bench, "PUT", path, {"shift_seconds": 60})["sp"] == sp.entity_id


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_provider_that_there_is_not_has_no_clock(bench: Any, method: str) -> None:
    body = {"shift_seconds": 1} if method == "PUT" else None
    problem = api(bench, method, f"{of(bench.sp)[:-1]}2", body, wanted=404)
    assert problem["nearest"] == bench.sp.entity_id


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"at": "noon"}, "at"),
        ({"shift_seconds": "a day"}, "shift_seconds"),
        ({"shift_seconds": True}, "shift_seconds"),
        ({"frozen": "maybe"}, "frozen"),
        ({"at": "2028-02-01T09:00:00Z", "shift_by_seconds": 1}, ""),
        ({}, ""),
        ({"shift_second": 1}, "shift_second"),
        ({"at": "9999-01-01T00:00:00Z"}, "at"),
    ],
)
def test_what_is_no_time_says_so(bench: Any, body: Any, key: str) -> None:
    problem = api(bench, "PUT", "", body, wanted=422)
    assert [error["key"] for error in problem["errors"]] == [key]


# What it counts for.


@pytest.fixture
def ahead(bench: Any) -> Any:
    """OTHER lives two hours later than everybody else."""
    bench.trust(OTHER, "other")
    api(bench, "PUT", of(OTHER), {"shift_seconds": 7200})
    return bench


def asked(bench: Any, sp: ServiceProvider, hours: int) -> Any:
    """A login with a request of so many hours from now."""
    bench.sp = sp
    issued = datetime.now(UTC) + timedelta(hours=hours)
    browser = bench.browser()
    return browser, bench.ask(browser, IssueInstant=issued.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_the_age_of_a_request_is_by_the_clock_of_its_sender(ahead: Any) -> None:
    home = ahead.sp
    assert kind(asked(ahead, OTHER, 2)[1]) == "choice"
    assert kind(asked(ahead, OTHER, 0)[1]) != "choice", "two hours old"
    assert kind(asked(ahead, home, 0)[1]) == "choice"
    assert kind(asked(ahead, home, 2)[1]) != "choice", "of the future"


def test_the_answer_is_of_that_time_and_so_is_its_artifact(ahead: Any) -> None:
    browser, page = asked(ahead, OTHER, 2)
    answer = response(ahead, landed(walk(browser, page)))
    assert status(answer) == ["Success"]
    issued = datetime.fromisoformat(answer.get("IssueInstant"))
    (until,) = answer.xpath("saml:Assertion/saml:Conditions/@NotOnOrAfter", namespaces=NS)
    assert abs(issued - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)
    assert timedelta() < datetime.fromisoformat(until) - issued < timedelta(minutes=10)


def test_an_artifact_is_late_by_the_clock_of_the_provider(ahead: Any) -> None:
    browser, page = asked(ahead, OTHER, 2)
    artifact = landed(walk(browser, page)).fields["SAMLart"]
    api(ahead, "PUT", of(OTHER), {"shift_by_seconds": 61})
    resolve(ahead, artifact, OTHER)
    assert ahead.exchanges.recent(1)[0].last("resolve")["outcome"] == "late"


def test_a_pin_is_late_by_the_clock_of_the_provider(ahead: Any) -> None:
    browser, page = asked(ahead, OTHER, 2)
    page = walk(browser, page, until="pin")
    api(ahead, "PUT", "", {"shift_seconds": 660})
    assert kind(walk(browser, page)) == "answer", "the clock of the others is no matter here"
    browser, page = asked(ahead, OTHER, 2)
    page = walk(browser, page, until="pin")
    api(ahead, "PUT", of(OTHER), {"shift_by_seconds": 660})
    pin = browser.submit(page, page.form("next"), pin="000000")
    assert kind(pin) == "pin"
    assert ahead.exchanges.recent(1)[0].last("pin-late") == {}
    assert "pin-late" in [event.kind for event in ahead.exchanges.recent(1)[0].events]


def test_a_mandate_of_yesterday_lets_in_where_it_is_yesterday(bench: Any) -> None:
    home = bench.sp
    bench.trust(OTHER, "other")
    today = datetime.now(UTC)
    body = {"person": "k.dekker", "company": "regenboog", "service": "*", "level": "EH3", "until": "today-1d"}
    assert call(bench, "POST", "/api/v1/mandates", body).status == 201
    api(bench, "PUT", of(OTHER), {"shift_seconds": -2 * 86400})
    issued = (today - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ends = []
    for sp, instant in ((home, today.strftime("%Y-%m-%dT%H:%M:%SZ")), (OTHER, issued)):
        bench.sp = sp
        browser = bench.browser()
        ends.append(kind(walk(browser, bench.ask(browser, IssueInstant=instant), "k.dekker")))
    assert ends == ["nomandate", "answer"]


def test_a_login_looks_no_more_often_for_the_time_than_it_asks_for_it(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look in the store gives the time of whichever provider."""
    bench.trust(OTHER, "other")
    looks = []
    store = bench.application.parts.store
    get = store.get
    monkeypatch.setattr(store, "get", lambda what, key: looks.append((what, key)) or get(what, key))
    counts = []
    for shift in (None, {"shift_seconds": 0}):
        if shift:
            api(bench, "PUT", of(bench.sp), shift)
        looks.clear()
        bench.login()
        counts.append(looks.count(("setting", "clock")))
    assert counts[0] == counts[1] > 0
