"""The tester's say over requests for mandates: on the console's page and over the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from suppliers.register.days import dutch_day
from support.answers import call, company
from support.browser import Browser
from support.walk import kind, landed, walk

SCHOOL = """companies:

  proefschool:
    name: Proefschool De Beuk (fictief)
    kvk: "87654321"
"""
REQUESTS, GRANTED = "/api/v1/mandate-requests", "/api/v1/granted-mandates"


@pytest.fixture
def asked(bench: Any) -> str:
    """The id of a request that k.dekker made in a login."""
    bench.rewrite("companies:\n", SCHOOL)
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "k.dekker", until="nomandate")
    form = browser.get(page.by_testid("request-mandate")[0].get("href"))
    browser.submit(form, form.form("ask"), number="87654321")
    (found,) = listed(bench, REQUESTS, "requests")
    return str(found["id"])


def listed(bench: Any, path: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call(bench, "GET", path).body)[key]
    return found


def comes_in(bench: Any) -> bool:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), "k.dekker")
    if kind(page) == "nomandate":
        return False
    assert company(bench, landed(page)) == {"KvKnr": "87654321"}
    return True


def test_the_page_lists_a_request_with_who_what_and_how_to_mend_it(bench: Any, asked: str):
    page = bench.browser().get("/console/mandates")
    row = page.said("mandate-request")
    for fact in ("Kees Dekker", "Proefschool De Beuk", "Testdienst", "EH3", "aangevraagd"):
        assert fact in row, row
    assert "companies.proefschool.manager" in page.said("mend")
    assert page.by_testid("no-granted")


def test_approving_and_withdrawing_on_the_page(bench: Any, asked: str):
    browser = bench.browser()
    page = browser.get("/console/mandates")
    done = browser.submit(page, page.form("approve"))
    assert done.said("done") == "De aanvraag is goedgekeurd."
    assert "goedgekeurd" in done.said("mandate-request")
    assert comes_in(bench)
    gone = browser.submit(done, done.form("withdraw"))
    assert gone.said("done") == "De machtiging is ingetrokken."
    assert not comes_in(bench)
    assert listed(bench, REQUESTS, "requests") == []


def test_refusing_on_the_page(bench: Any, asked: str):
    browser = bench.browser()
    page = browser.get("/console/mandates")
    assert browser.submit(page, page.form("refuse")).said("done") == "De aanvraag is geweigerd."
    assert not comes_in(bench)
    late = browser.post(f"/console/mandates/{asked}/approve", {})
    assert (late.status, late.said("error-summary")) == (
        409,
        "Er is niets gewijzigd Over deze aanvraag is al beslist.",
    )


@pytest.mark.parametrize("what", ["approve", "refuse", "withdraw"])
def test_the_page_says_so_when_there_is_no_such_request(bench: Any, what: str):
    page = bench.browser().post(f"/console/mandates/niets/{what}", {})
    assert page.status == 404
    assert page.by_testid("error-summary")


@pytest.mark.parametrize(
    "path", ["/console/mandates/{id}/approve", f"{REQUESTS}/{{id}}/approve", f"{REQUESTS}/{{id}}/refuse"]
)
def test_no_other_site_decides(bench: Any, asked: str, path: str):
    got = call(bench, "POST", path.format(id=asked), Sec_Fetch_Site="cross-site")
    assert got.status == 403
    assert listed(bench, REQUESTS, "requests")[0]["status"] == "asked"


def test_one_request_over_the_api(bench: Any, asked: str):
    got = json.loads(call(bench, "GET", f"{REQUESTS}/{asked}").body)
    assert got["person"] == "k.dekker"
    assert got["company"] == "proefschool"
    assert got["service_name"]["nl"] == "Testdienst"
    assert got["status"] == "asked"
    assert got["decided_at"] is None


def test_approving_over_the_api_until_a_day(bench: Any, asked: str):
    until = dutch_day(bench.application.clock()).isoformat()
    got = call(bench, "POST", f"{REQUESTS}/{asked}/approve", {"until": until})
    assert got.status == 200, got.text
    assert json.loads(got.body)["until"] == until
    (granted,) = listed(bench, GRANTED, "mandates")
    assert (granted["id"], granted["until"]) == (asked, until)
    assert comes_in(bench)


@pytest.mark.parametrize("body", [None, {}])
def test_approving_without_a_day_is_for_as_long_as_may_be(bench: Any, asked: str, body: Any):
    assert call(bench, "POST", f"{REQUESTS}/{asked}/approve", body).status == 200
    (granted,) = listed(bench, GRANTED, "mandates")
    assert int(granted["until"][:4]) - int(granted["from"][:4]) == 5


@pytest.mark.parametrize(
    "body",
    [
        {"until": "morgen"},
        {"until": 5},
        {"until": "1999-01-01"},
        {"until": "2999-01-01"},
        {"tot": "x"},
        ["x"],
    ],
)
def test_a_day_that_cannot_be_is_a_problem_and_decides_nothing(bench: Any, asked: str, body: Any):
    got = call(bench, "POST", f"{REQUESTS}/{asked}/approve", body)
    assert (got.status, got.headers["Content-Type"]) == (422, "application/problem+json")
    assert listed(bench, REQUESTS, "requests")[0]["status"] == "asked"


def test_refusing_over_the_api_with_a_reason(bench: Any, asked: str):
    got = call(bench, "POST", f"{REQUESTS}/{asked}/refuse", {"reason": "Nee"})
    assert json.loads(got.body)["reason"] == "Nee"
    again = call(bench, "POST", f"{REQUESTS}/{asked}/approve")
    assert (again.status, json.loads(again.body)["detail"]) == (409, f"{asked}: it was refused")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{REQUESTS}/niets"),
        ("POST", f"{REQUESTS}/niets/approve"),
        ("POST", f"{REQUESTS}/niets/refuse"),
        ("DELETE", f"{GRANTED}/niets"),
    ],
)
def test_what_is_not_there_is_a_problem_document(bench: Any, method: str, path: str):
    got = call(bench, method, path)
    assert (got.status, got.headers["Content-Type"]) == (404, "application/problem+json")
    assert "niets" in json.loads(got.body)["detail"]


def test_withdrawing_over_the_api(bench: Any, asked: str):
    assert call(bench, "DELETE", f"{GRANTED}/{asked}").status == 404, "an open request is no mandate"
    call(bench, "POST", f"{REQUESTS}/{asked}/approve")
    assert call(bench, "DELETE", f"{GRANTED}/{asked}").status == 204
    assert not comes_in(bench)
    kinds = [event.kind for event in bench.exchanges.recent(50)[-1].events]
    assert "mandate-withdrawn" in kinds


def test_without_the_token_nobody_gets_there(bench: Any, start: Callable[..., Any]):
    guarded = start(token="geheim")
    for path in ("/console/mandates", REQUESTS, GRANTED):
        assert call(guarded, "GET", path).status == 401


def test_the_console_leads_there(bench: Any):
    browser: Browser = bench.browser()
    assert "/console/mandates" in [link.get("href") for link in browser.get("/console").tree.xpath("//nav/a")]
