"""Cancelling, logins that are over, two calls at once, and who may call."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest

from broker.completing import road
from support.logins import Logins
from support.walk import choose, walk

CANCELLED = [
    ("m.devries", "choice"),
    ("m.devries", "login"),
    ("m.devries", "password"),
    ("j.smit", "password"),
    ("m.devries", "channel"),
    ("m.devries", "pin"),
    ("a.yilmaz", "app"),
    ("z.smeets", "card"),
    ("m.renkema", "renew"),
    ("t.mulder", "mandate"),
    ("a.tempelman", "chain"),
    ("k.dekker", "nomandate"),
    ("q.lammers", "means"),
    ("n.postma", "level"),
    ("p.nijhuis", "nochannel"),
]


@pytest.mark.parametrize(("person", "page"), CANCELLED)
def test_cancel_is_pressed_on_the_page_that_is_named(
    bench: Any, logins: Logins, person: str, page: str
) -> None:
    login = logins.begin()
    said = logins.complete(login, person=person, cancel=page)
    assert (said.status, said.body["outcome"]) == (200, "cancelled"), said.body
    assert said.pages[-1] == ("login" if page == "password" else page)
    assert said.body["steps"][-1]["gave"] == {"cancel": "yes"}
    assert bench.exchanges.get(login).outcome == "cancelled"


def test_cancel_needs_nobody_where_nobody_has_said_who_they_are(logins: Logins) -> None:
    assert logins.complete(logins.begin(), cancel="choice").body["outcome"] == "cancelled"
    said = logins.complete(logins.begin(), supplier="reconi", cancel="login")
    assert (said.body["outcome"], said.pages) == ("cancelled", ["choice", "login"])


@pytest.mark.parametrize(
    ("before", "pages"),
    [
        (None, ["choice"]),
        ({"person": "m.devries", "pin": "000000"}, ["pin"]),
        ({"person": "k.dekker"}, ["nomandate"]),
        ({"person": "m.devries", "company": "vuurtoren"}, ["return"]),
    ],
)
def test_the_call_cancels_on_the_page_at_hand(logins: Logins, before: Any, pages: list[str]) -> None:
    login = logins.begin()
    if before:
        assert logins.complete(login, **before).status == 409
    said = logins.cancel(login)
    assert (said.body["outcome"], said.pages) == ("cancelled", pages)


def test_a_browser_can_begin_and_a_call_can_end_it(bench: Any, logins: Logins) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "t.mulder", until="pin")
    login = page.url.split("/")[-2]
    seen = logins.look(login)
    assert (seen["state"], seen["page"], seen["asks"]) == ("chosen", "pin", ["pin"])
    before = logins.events(login)
    assert logins.look(login) == seen
    assert logins.events(login) == before, "looking leaves no trace"
    said = logins.complete(login, person="t.mulder", company="vuurtoren")
    assert said.pages == ["pin", "mandate"]
    assert browser.get(page.url).by_testid("page-ended")


def test_a_person_may_end_what_a_call_began(bench: Any, logins: Logins) -> None:
    login = logins.begin()
    assert logins.complete(login, person="t.mulder").status == 409
    browser = bench.browser()
    page = browser.get(logins.look(login)["url"])
    assert page.by_testid("page-mandate")
    page = browser.submit(page, page.form("next"), organisation="company:regenboog")
    assert page.location
    assert logins.complete(login, person="t.mulder").status == 410


@pytest.mark.parametrize("call", ["complete", "cancel"])
def test_what_is_over_or_was_never_there(logins: Logins, call: str) -> None:
    body = {"person": "m.devries"} if call == "complete" else None
    unknown = logins("POST", f"logins/nothing/{call}", body)
    assert (unknown.status, unknown.body["reason"]) == (404, "unknown")
    login = logins.begin()
    assert logins.complete(login, person="m.devries").status == 200
    ended = logins("POST", f"logins/{login}/{call}", body)
    assert (ended.status, ended.body["reason"], ended.body["exchange"]) == (410, "ended", login)
    seen = logins.look(login)
    assert (seen["state"], seen["page"], seen["url"]) == ("answered", "", "")
    late = logins.begin()
    logins("PUT", "clock", {"shift_by_seconds": 1801})
    over = logins("POST", f"logins/{late}/{call}", body)
    assert (over.status, over.body["reason"]) == (410, "late")
    assert logins.look(late)["state"] == "late"


def test_what_was_never_there_cannot_be_seen(logins: Logins) -> None:
    assert logins("GET", "logins/nothing").status == 404


def test_a_provider_that_left_ends_the_login(bench: Any, logins: Logins) -> None:
    login = logins.begin()
    (bench.home / "metadata" / "sp.xml").unlink()
    bench.application.parts.configuration.refresh()
    said = logins.complete(login, person="m.devries")
    assert (said.status, said.body["reason"]) == (410, "withdrawn")
    assert logins.look(login)["service"] is None


def test_of_many_calls_at_once_one_completes(logins: Logins) -> None:
    login, ready, said = logins.begin(), Barrier(6), []

    def call() -> None:
        ready.wait(10)
        said.append(logins.complete(login, person="m.devries"))

    threads = [Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(one.status for one in said)[0] == 200
    lost = [(one.status, one.body["reason"]) for one in said if one.status != 200]
    assert len(lost) == 5
    assert set(lost) <= {(409, "busy"), (410, "ended")}


def test_while_one_call_is_at_it_another_is_told_so(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    login, within = logins.begin(), []
    choosing: Callable[..., str] = road.choose

    def choose_and_call(*given: Any) -> str:
        within.append(logins.cancel(login))
        return choosing(*given)

    monkeypatch.setattr(road, "choose", choose_and_call)
    assert logins.complete(login, person="m.devries").status == 200
    assert (within[0].status, within[0].body["reason"]) == (409, "busy")


def test_a_stop_lets_the_next_call_in_and_so_does_a_fault(
    logins: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = logins.begin()
    with monkeypatch.context() as broken:
        broken.setattr(road, "choose", lambda *given: 1 / 0)
        assert logins.complete(login, person="m.devries").status == 500
    assert logins.complete(login, person="t.mulder").status == 409
    assert logins.complete(login, person="m.devries").status == 200


def test_a_wish_to_stay_logged_in_begins_a_session_that_no_call_uses(logins: Logins) -> None:
    assert logins.log_in("m.devries", stay_logged_in=True).status == 200
    sessions = logins("GET", "sessions?kind=supplier").body["sessions"]
    assert [one["person"] for one in sessions] == ["m.devries"]
    again = logins.complete(logins.begin(ForceAuthn="false"), person="m.devries")
    assert "login" in again.pages


def test_the_choice_page_is_as_it_was(bench: Any, logins: Logins) -> None:
    """A call that stopped leaves a browser every way that it had."""
    login = logins.begin()
    assert logins.complete(login, person="m.devries", pin="000000").status == 409
    browser = bench.browser()
    page = choose(browser, browser.get(f"/login/{login}"), "kpn")
    assert walk(browser, page, "p.bakker").location
