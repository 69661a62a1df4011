"""A test waits for the login that it started, and reads how it went."""

from __future__ import annotations

import base64
import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from lxml import etree

from broker import exchanges, polls
from support.answers import call, resolve
from support.walk import landed, walk

BY_POST = {"AssertionConsumerServiceIndex": "2"}
SECONDS = 20
"""Far longer than a poll takes that is woken up; only a failing test waits so long."""


def get(bench: Any, query: str = "", status: int = 200) -> Any:
    page = call(bench, "GET", f"/api/v1/exchanges{query}")
    assert page.status == status, page.text
    return json.loads(page.body)


def cancelled(bench: Any, person: str = "k.dekker", until: str = "nomandate") -> Any:
    """Somebody who may not log in, and goes back."""
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), person, until=until)
    return browser.submit(page, page.form("cancel"))


def people(found: Any) -> list[str]:
    return [exchange["person"] for exchange in found["exchanges"]]


def started(pool: ThreadPoolExecutor, bench: Any, query: str) -> Future[Any]:
    """A poll that waits: it holds on to its place before this returns."""
    before = bench.application.parts.polls._waiting
    poll = pool.submit(get, bench, query)
    while bench.application.parts.polls._waiting == before:
        assert not poll.done(), poll.result()
    return poll


# Waiting.


def test_a_poll_that_was_first_gets_the_login_that_comes(bench: Any) -> None:
    bench.login()
    with ThreadPoolExecutor() as pool:
        poll = started(pool, bench, f"?wait={SECONDS}s")
        cancelled(bench)
        found = poll.result(timeout=SECONDS / 2)
    assert people(found) == ["k.dekker"], "the login of before the poll is not the next one"
    assert get(bench, f"?since={found['cursor']}")["exchanges"] == []


def test_a_login_that_was_first_is_found_by_the_cursor_of_before(bench: Any) -> None:
    bench.login("t.mulder")
    cursor = get(bench, "?limit=1")["cursor"]
    bench.login()
    cancelled(bench)
    first = get(bench, f"?wait=5s&since={cursor}")
    second = get(bench, f"?wait=5s&since={first['cursor']}")
    nothing = get(bench, f"?since={second['cursor']}")
    assert [people(found) for found in (first, second, nothing)] == [["m.devries"], ["k.dekker"], []]
    assert nothing["cursor"] == second["cursor"]


def test_an_empty_log_has_a_cursor_too(bench: Any) -> None:
    cursor = get(bench)["cursor"]
    assert cursor == polls.BEGINNING
    bench.login()
    assert people(get(bench, f"?since={cursor}")) == ["m.devries"]


def test_since_an_exchange_finds_what_ended_after_it_began_and_never_itself(bench: Any) -> None:
    bench.login("t.mulder")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    (under_way,) = [item["id"] for item in get(bench)["exchanges"] if item["outcome"] == "under-way"]
    assert people(get(bench, f"?since={under_way}")) == []
    cancelled(bench)
    assert people(get(bench, f"?since={under_way}")) == ["k.dekker"]
    walk(browser, page)
    after = get(bench, f"?since={under_way}")
    assert people(after) == ["k.dekker"], "it makes no difference whether it has ended"
    assert people(get(bench, f"?since={after['cursor']}")) == ["m.devries"]
    assert people(get(bench, f"?since={under_way}&person=m.devries")) == []


@pytest.mark.parametrize(
    "query",
    [
        "person=k.dekker",
        "outcome=cancelled",
        "sp={sp}&outcome=cancelled",
        "service={service}&person=k.dekker",
        "service=TESTDIENST&person=k.dekker",
    ],
)
def test_a_poll_waits_for_what_it_was_asked_for(bench: Any, query: str) -> None:
    bench.login()
    service = get(bench)["exchanges"][0]["service"]["service_id"]
    query = query.format(sp=quote(bench.sp.entity_id), service=quote(service))
    with ThreadPoolExecutor() as pool:
        poll = started(pool, bench, f"?wait={SECONDS}s&{query}")
        bench.login()
        cancelled(bench)
        assert people(poll.result(timeout=SECONDS / 2)) == ["k.dekker"]
    assert people(get(bench, f"?{query}")) == ["k.dekker"], "the list filters as the poll does"


def test_a_refused_request_ends_a_poll(bench: Any) -> None:
    cursor = get(bench)["cursor"]
    bench.ask(xml=bench.sp.signed(bench.sp.request("http://elsewhere.test/sso")))
    assert get(bench, f"?since={cursor}")["exchanges"][0]["outcome"] in ("refused", "declined")


def test_nothing_in_time_is_an_empty_list_and_no_error(bench: Any) -> None:
    assert get(bench, "?wait=50ms")["exchanges"] == []


def test_another_process_wakes_it_too(start: Any, tmp_path: Any, bench: Any) -> None:
    """Two brokers on one store: the one that is asked never hears of the login but by the store."""
    first = start(store="sqlite", port=8080)
    home = first.application.parts.settings.home
    (home / "metadata" / "sp.xml").write_bytes(bench.sp.metadata)
    second = start(home, store="sqlite", port=8080)
    second.application.parts.configuration.refresh()
    bench.application = second.application
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(first.get, f"exchanges?wait={SECONDS}s")
        while not first.application.parts.polls._waiting:
            assert not poll.done(), poll.result()
        bench.login()
        assert people(poll.result(timeout=SECONDS / 2).body) == ["m.devries"]


def test_as_many_wait_as_leave_threads_for_logins(bench: Any) -> None:
    most = bench.application.parts.polls.most
    with ThreadPoolExecutor() as pool:
        waiting = [started(pool, bench, f"?wait={SECONDS}s&person=nobody") for _ in range(most)]
        problem = get(bench, "?wait=1s", status=503)
        assert "--threads" in problem["detail"]
        assert get(bench)["exchanges"] == [], "who does not wait is answered"
        bench.login()
        assert get(bench, "?since=0")["exchanges"], "also who would find something at once"
        bench.application.stop_waiting()
        with pytest.raises(AssertionError, match="is being stopped"):
            waiting[0].result(timeout=SECONDS / 2)


@pytest.mark.parametrize(("threads", "most"), [(1, 0), (2, 1), (3, 1), (4, 2), (8, 6), (40, 38)])
def test_some_threads_never_wait(threads: int, most: int) -> None:
    assert polls.most_of(threads) == most < threads


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("wait=61s", "wait: "),
        ("wait=-1s", "wait: "),
        ("wait=soon", "wait: "),
        ("since=nothing", "`cursor` of an answer"),
        ("outcome=good", "success"),
        ("persoon=jan", "person"),
        ("limit=0", "limit"),
    ],
)
def test_what_cannot_be_asked_says_what_can(bench: Any, query: str, says: str) -> None:
    assert says in json.dumps(get(bench, f"?{query}", status=422)["errors"])


# What an exchange holds.


def test_an_exchange_holds_the_whole_login(bench: Any) -> None:
    got = bench.login(**BY_POST)
    (brief,) = get(bench)["exchanges"]
    whole = json.loads(call(bench, "GET", f"/api/v1/exchanges/{brief['id']}").body)
    assert whole["request"]["fields"]["destination"] == bench.sso
    assert base64.b64decode(whole["request"]["raw"]).decode() == whole["request"]["xml"]
    assert whole["request"]["relay_state"] == "rs-1"
    assert whole["service"]["name"]["nl"] == "Testdienst"
    assert whole["findings"] == whole["request"]["findings"]
    assert (whole["choices"]["supplier"], whole["choices"]["organisation"]) == ("reconi", "regenboog")
    assert (whole["choices"]["how"], whole["choices"]["remembered"]) == ("person", False)
    assert (whole["decision"]["outcome"], whole["decision"]["level"]) == ("permit", "EH3")
    assert whole["decision"]["mandates"]
    assert whole["answer"]["raw"] == got.fields["SAMLResponse"]
    assert whole["answer"]["identifiers"]
    kinds = [step["kind"] for step in whole["times"]["steps"]]
    assert (kinds[0], kinds[-1]) == ("request", "answer")
    assert whole["times"]["duration_ms"] == whole["times"]["steps"][-1]["after_ms"] >= 0
    assert whole["cut"] == []


def test_a_brief_exchange_is_the_same_without_what_is_long(bench: Any) -> None:
    bench.login(**BY_POST)
    (brief,), (full,) = get(bench)["exchanges"], get(bench, "?full=true")["exchanges"]
    assert full.keys() - brief.keys() == {"events"}
    assert full["request"].keys() - brief["request"].keys() == {"xml", "raw"}
    assert full["answer"].keys() - brief["answer"].keys() == {"xml", "raw", "decrypted"}
    assert {name: brief[name] for name in ("id", "choices", "decision", "times", "findings")} == {
        name: full[name] for name in ("id", "choices", "decision", "times", "findings")
    }


def test_the_query_of_a_redirect_is_kept_as_it_came(bench: Any) -> None:
    query = bench.sp.query(etree.tostring(bench.sp.request(bench.sso)), "rs-1")
    bench.browser().get(f"/sso/1.13?{query}")
    raw = get(bench, "?full=true")["exchanges"][0]["request"]["raw"]
    assert raw == query
    assert "Signature" in parse_qs(raw)


def test_by_artifact_the_raw_answer_is_what_the_provider_fetched(bench: Any) -> None:
    got = bench.login()
    (exchange,) = get(bench, "?full=true")["exchanges"]
    assert exchange["answer"]["raw"] is None, "nothing went out yet"
    fetched = resolve(bench, got.fields["SAMLart"])
    resolve(bench, got.fields["SAMLart"])
    (exchange,) = get(bench, "?full=true")["exchanges"]
    assert exchange["answer"]["raw"] == fetched.text
    assert [one["outcome"] for one in exchange["resolve"]] == ["resolved", "used"]


@pytest.mark.parametrize(
    ("person", "until", "code"), [("r.peters", "nomandate", "expired"), ("n.postma", "level", "level")]
)
def test_each_reason_has_its_code_its_texts_and_its_line(
    bench: Any, person: str, until: str, code: str
) -> None:
    cancelled(bench, person, until)
    reasons = get(bench)["exchanges"][0]["decision"]["reasons"]
    (reason,) = [one for one in reasons if one["code"] == code]
    assert "eherkenning.yaml:" in reason["place"]
    assert reason["nl"]
    assert reason["en"]


def test_a_remembered_supplier_shows(bench: Any) -> None:
    browser = bench.browser()
    walk(browser, bench.ask(browser))
    walk(browser, bench.ask(browser))
    choices = get(bench)["exchanges"][0]["choices"]
    assert (choices["remembered"], choices["how"], choices["supplier"]) == (True, "remembered", "reconi")


# What is dropped.


def test_the_log_says_how_much_it_dropped_and_since_when(
    bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exchanges, "MOST_GROUPS", 2)
    for _ in range(2):
        bench.ask()
    assert get(bench)["dropped"] == {"number": 0, "since": None, "last": None}
    for _ in range(2):
        bench.ask()
    found = get(bench)
    assert (len(found["exchanges"]), found["dropped"]["number"]) == (2, 2)
    assert found["dropped"]["since"] <= found["dropped"]["last"]
    assert (
        found["dropped"]
        == json.loads(call(bench, "GET", f"/api/v1/exchanges/{found['exchanges'][0]['id']}").body)["dropped"]
    )
    assert caplog.text.count("the log of exchanges is full") == 1
    call(bench, "POST", "/api/v1/reset?what=exchanges")
    assert get(bench)["dropped"]["since"] is None


def test_a_login_that_outlived_its_beginning_says_so(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "MOST_GROUPS", 2)
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    for _ in range(3):
        bench.ask()
    walk(browser, page)
    assert landed(browser.seen[-1])
    (cut,) = [item["cut"] for item in get(bench)["exchanges"] if item["outcome"] == "success"]
    assert cut == ["what was before pin-right: the log made room"]


def test_a_text_that_is_too_long_is_cut_and_says_so(bench: Any) -> None:
    bench.exchanges.tell("long", "request", {"xml": "x" * (exchanges.MOST_TEXT + 1), "findings": []})
    cut = get(bench)["exchanges"][0]["cut"]
    assert cut == [
        f"request.xml: the first {exchanges.MOST_TEXT} of {exchanges.MOST_TEXT + 1} characters are here"
    ]
