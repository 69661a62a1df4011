"""Scenarios over the API and in the console."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker.scenarios import armed as records
from broker.scenarios.catalogue import CATALOGUE
from support.answers import call
from support.scenario import go

ARMED = "/api/v1/armed-scenarios"


def post(bench: Any, body: Any, query: str = "") -> Any:
    return call(bench, "POST", f"{ARMED}{query}", body)


def listed(bench: Any, query: str = "") -> list[dict[str, Any]]:
    return [
        one for one in json.loads(call(bench, "GET", f"{ARMED}{query}").body)["armed"] if not one["source"]
    ]


def test_the_catalogue_is_there_whole_and_each_one_by_its_name(bench: Any) -> None:
    found = json.loads(call(bench, "GET", "/api/v1/scenarios").body)["scenarios"]
    assert [one["name"] for one in found] == list(CATALOGUE)
    assert json.loads(call(bench, "GET", "/api/v1/scenarios/expired").body) in found
    missing = call(bench, "GET", "/api/v1/scenarios/expird")
    assert (missing.status, json.loads(missing.body)["nearest"]) == (404, "expired")


def test_armed_over_the_api_it_acts_once_and_says_in_which_login(bench: Any) -> None:
    made = post(bench, {"scenario": "mandate-revoked", "person": "m.devries"})
    assert made.status == 201, made.text
    armed = json.loads(made.body)
    assert made.headers["Location"] == f"{ARMED}/{armed['id']}"
    assert listed(bench, "?unused=true") == [armed]
    went = go(bench)
    assert went.page == "nomandate"
    found = json.loads(call(bench, "GET", f"{ARMED}/{armed['id']}").body)
    assert (found["used_by"], found["spent"]) == ([went.exchange], True)
    assert listed(bench, "?unused=true") == []
    assert [one["id"] for one in listed(bench)] == [armed["id"]]


def test_a_tag_has_its_own_list_and_is_dropped_by_itself(bench: Any) -> None:
    post(bench, {"scenario": "expired"}, "?tag=a")
    post(bench, {"scenario": "not-yet-valid"}, "?tag=b")
    assert [one["scenario"] for one in listed(bench, "?tag=a")] == ["expired"]
    assert [one["tag"] for one in listed(bench)] == ["b", "a"]
    assert call(bench, "POST", "/api/v1/reset?tag=a").status == 200
    assert [one["tag"] for one in listed(bench)] == ["b"]


def test_what_is_disarmed_acts_no_more(bench: Any) -> None:
    armed = json.loads(post(bench, {"scenario": "mandate-none"}).body)
    assert call(bench, "DELETE", f"{ARMED}/{armed['id']}").status == 204
    assert call(bench, "DELETE", f"{ARMED}/{armed['id']}").status == 404
    assert go(bench).page == "answer"


def test_what_the_yaml_has_is_not_disarmed_here(bench: Any) -> None:
    found = json.loads(call(bench, "GET", ARMED).body)["armed"]
    assert [one["scenario"] for one in found] == ["wrong-audience", "level-lower", "technical-fault"]
    refused = call(bench, "DELETE", f"{ARMED}/{found[0]['id']}")
    assert refused.status == 409
    assert "take it out of the file" in refused.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"scenario": "wrong-audiense"}, '"nearest":"wrong-audience"'),
        ({"scenario": "expired", "params": {"seconds": 0}}, "whole number from 1 to"),
        ({"scenario": "expired", "params": {"hours": 1}}, "it has: seconds"),
        ({"scenario": "expired", "times": -1}, "times"),
        ({"scenario": "expired", "persn": "m.devries"}, '"nearest":"person"'),
        ({}, "scenario"),
        (["expired"], "an object"),
    ],
)
def test_a_wrong_wish_is_answered_with_what_would_be_right(bench: Any, body: Any, said: str) -> None:
    answered = post(bench, body)
    assert answered.status == 422
    assert said in answered.text.replace('": ', '":')
    assert listed(bench) == []


def test_there_is_an_end_to_how_many_may_wait(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 1)
    assert post(bench, {"scenario": "expired"}).status == 201
    assert post(bench, {"scenario": "expired"}).status == 409


# The console.


def test_a_tester_arms_one_by_a_form_sees_who_got_it_and_takes_it_away(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/scenarios")
    assert len(page.by_testid("scenario-row")) == len(CATALOGUE)
    page = browser.get("/console/scenarios/expired")
    page = browser.submit(
        page, page.by_testid("arm-form")[0], **{"person": "m.devries", "param-seconds": "600", "times": "2"}
    )
    assert page.by_testid("done"), page.readable
    went = go(bench)
    page = browser.get("/console/scenarios")
    (row,) = [row for row in page.by_testid("armed") if row.get("data-scenario") == "expired"]
    assert row.xpath(".//a[@data-testid='used-by']/@href") == [f"/console/exchanges/{went.exchange}"]
    page = browser.submit(page, row.xpath(".//form")[0])
    assert page.by_testid("done")
    assert not [row for row in page.by_testid("armed") if row.get("data-scenario") == "expired"]


@pytest.mark.parametrize(
    ("field", "value"), [("param-seconds", "morgen"), ("param-seconds", "0"), ("times", "vaak")]
)
def test_a_wrong_field_is_pointed_at_and_nothing_is_armed(bench: Any, field: str, value: str) -> None:
    browser = bench.browser()
    page = browser.get("/console/scenarios/expired")
    page = browser.submit(page, page.by_testid("arm-form")[0], **{field: value})
    assert page.status == 422
    assert page.tree.xpath("//*[@data-testid='error-summary']//a/@href") == [f"#{field}"]
    assert page.tree.get_element_by_id(field).get("value") == value, "what was typed stays"
    assert listed(bench) == []


def test_a_scenario_that_is_not_there_is_said_so(bench: Any) -> None:
    page = bench.browser().get("/console/scenarios/expird")
    assert (page.status, bool(page.by_testid("error-summary"))) == (404, True)
