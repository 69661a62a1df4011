"""``/api/v1/explain`` and ``/api/v1/users``, and their pages in the console."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from broker.app import create
from broker.settings import Settings
from support.browser import Page

PAGE, API = "/console/explain", "/api/v1/explain"
HELPDESK = "mijn-helpdesk-po"


def ask(bench: Any, path: str, **query: str) -> Page:
    return bench.browser().get(f"{path}?{urlencode(query)}" if query else path)


def said(page: Page) -> Any:
    return json.loads(page.body)


def test_a_question_over_the_api_is_answered_as_by_the_command(bench: Any) -> None:
    found = said(ask(bench, API, person="r.peters", service=HELPDESK))
    assert found["passes"] is False
    assert found["given"] is None
    assert [one["code"] for one in found["steps"] if one["ok"] is False] == ["expired", "none"]
    early = said(ask(bench, API, person="r.peters", service=HELPDESK, at="2023-06-01"))
    assert early["passes"] is True
    assert early["given"]["identifiers"] == {"KvKnr": "90000012"}


def test_a_time_without_a_zone_is_dutch_and_the_answer_says_its_zone(bench: Any) -> None:
    found = said(ask(bench, API, person="r.peters", service=HELPDESK, at="2026-11-22T23:30:00"))
    assert found["at"] == "2026-11-22T22:30:00Z"


def test_of_two_companies_with_one_number_the_one_that_gets_in_is_explained_and_the_other_is_named(
    bench: Any,
) -> None:
    client = bench.application.wsgi.test_client()
    body = {"name": "Dubbel (fictief)", "kvk": "90000012"}
    assert client.put("/api/v1/companies/a-dubbel", json=body, base_url=bench.base_url).status_code == 201
    query = {"person": "p.bakker", "service": HELPDESK, "company": "90000012"}
    found = said(ask(bench, API, **query))
    assert (found["passes"], found["company"]["key"]) == (True, "regenboog")
    assert [one["key"] for one in found["also"]] == ["a-dubbel"]
    assert "a-dubbel" in ask(bench, PAGE, **query).said("also")
    one = said(ask(bench, API, **{**query, "company": "a-dubbel"}))
    assert (one["passes"], one["also"]) == (False, [])


def test_the_clock_of_the_broker_counts_where_no_day_is_asked(bench: Any) -> None:
    bench.application.clock.set(datetime(2023, 6, 1, 10, tzinfo=UTC), frozen=True)
    found = said(ask(bench, API, person="r.peters", service=HELPDESK))
    assert (found["passes"], found["at"]) == (True, "2023-06-01T10:00:00Z")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"person": "r.peter", "service": HELPDESK}, 404, "r.peters"),
        ({"person": "r.peters", "service": "mijn-helpdesk"}, 404, HELPDESK),
        ({"person": "r.peters", "service": HELPDESK, "company": "regenbog"}, 404, "regenboog"),
        ({"person": "r.peters", "service": HELPDESK, "at": "gisteren"}, 422, "is no day and no time"),
        ({"person": "r.peters", "service": HELPDESK, "at": "31-12-2025"}, 422, "2025-12-31"),
        ({"person": "r.peters", "service": HELPDESK, "company": "12"}, 404, "KvK number or RSIN"),
        ({"person": "r.peters", "service": HELPDESK, "company": "De Regenbog"}, 404, "regenboog"),
        ({"person": "r.peters", "service": HELPDESK, "level": "EH9"}, 422, "is not a level"),
        ({"person": "r.peters"}, 422, "service"),
        ({"person": "r.peters", "service": HELPDESK, "persoon": "x"}, 422, "person"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_document(
    bench: Any, query: dict[str, str], status: int, says: str
) -> None:
    page = ask(bench, API, **query)
    assert page.status == status
    assert page.headers["Content-Type"] == "application/problem+json"
    assert says in page.body.decode()


def test_the_page_explains_by_a_form_without_a_script(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get(PAGE)
    (form,) = [one for one in page.tree.forms if one.get("action") == PAGE]
    assert form.method == "GET"
    page = browser.get(f"{PAGE}?{urlencode({**dict(form.form_values()), 'person': 'Roos Peters'})}")
    assert "Komt niet binnen" in page.said("verdict")
    steps = [(one.get("data-step"), one.get("data-code")) for one in page.by_testid("step")]
    assert steps[0] == ("person", "found")
    assert steps[-2:] == [("mandate", "expired"), ("mandate", "none")]
    assert b"<script" not in page.body


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"person": "r.peter", "service": HELPDESK}, "person"),
        ({"service": HELPDESK}, "person"),
        ({"person": "r.peters", "service": "nope"}, "service"),
        ({"person": "r.peters", "service": HELPDESK, "company": "nope"}, "company"),
        ({"person": "r.peters", "service": HELPDESK, "at": "nope"}, "at"),
        ({"person": "r.peters", "service": HELPDESK, "supplier": "nope"}, "supplier"),
        ({"person": "r.peters", "service": HELPDESK, "level": "nope"}, "level"),
    ],
)
def test_a_mistake_in_the_form_is_told_at_its_field(bench: Any, query: dict[str, str], field: str) -> None:
    page = ask(bench, PAGE, **query)
    assert page.status == 422
    assert page.by_testid("error-summary")[0].xpath(".//a/@href") == [f"#{field}"]
    assert page.by_testid(f"error-{field}")
    assert page.tree.get_element_by_id(field).get("aria-invalid") == "true"


def test_what_was_probably_meant_is_one_click_away(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get(f"{PAGE}?person=r.peter&service={HELPDESK}")
    (link,) = page.by_testid("nearest")
    assert "Roos Peters" in browser.get(link.get("href")).said("verdict")


def test_nothing_that_is_asked_is_ever_written(bench: Any) -> None:
    store = bench.application.parts.store
    before = repr(vars(store))
    ask(bench, PAGE, person="m.devries", service=HELPDESK)
    ask(bench, API, person="<script>", service="<script>")
    ask(bench, "/console/users")
    assert repr(vars(store)) == before


def test_what_somebody_types_is_text_on_the_page(bench: Any) -> None:
    page = ask(bench, PAGE, person="<script>alert(1)</script>", service='"><b>')
    assert b"<script" not in page.body
    assert b"<b>" not in page.body


# Who there is.


def test_everybody_with_a_means_is_there_with_what_to_type(bench: Any) -> None:
    found = said(ask(bench, "/api/v1/users", limit="500"))
    register = bench.application.parts.current.register
    assert found["total"] == sum(len(person.means) for person in register.people.values())
    by_name = {one["username"]: one for one in found["users"]}
    first = by_name["m.devries"]
    assert (first["password"], first["pin"], first["level"]) == ("Welkom-123", "123456", "EH3")
    assert by_name["900000000030"]["card"] is True
    assert by_name["900000000030"]["password"] is None
    at = {one["service"]: one for one in by_name["r.peters"]["services"]}
    assert at[HELPDESK]["passes"] is False
    assert "31 december 2023" in at[HELPDESK]["why"][0]["nl"]


def test_the_pages_of_the_list_follow_each_other(bench: Any) -> None:
    start: int | None = 0
    seen: list[str] = []
    while start is not None:
        found = said(ask(bench, "/api/v1/users", start=str(start), limit="7"))
        seen += [one["username"] for one in found["users"]]
        start = found["next"]
    assert len(seen) == len(set(seen)) == found["total"]


def test_the_page_searches_and_leads_to_why(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/users?q=Roos")
    (row,) = page.by_testid("row")
    assert "Komt niet binnen" in row.text_content()
    link = row.xpath(".//a[@data-testid='why']/@href")[0]
    assert "Roos Peters" in browser.get(link).said("verdict")
    assert browser.get("/console/users?q=nobody-at-all").by_testid("none")
    assert browser.get("/console/users?service=nope").status == 404


def test_a_chosen_password_is_the_one_that_is_shown(bench: Any) -> None:
    desk = bench.application.parts.suppliers
    means = bench.application.parts.current.register.people["m.renkema"].means[0]
    desk.accounts.set_password(means, "Nieuw-wachtwoord-1")
    assert "Nieuw-wachtwoord-1" in bench.browser().get("/console/users?q=renkema").readable


def test_a_secret_of_the_environment_is_shown_as_the_file_writes_it(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_PASSWORD", "From-outside-9")
    bench.rewrite(
        "username: k.dekker, password: Welkom-123", 'username: k.dekker, password: "${QA_PASSWORD}"'
    )
    page = bench.browser().get("/console/users?q=k.dekker")
    assert "${QA_PASSWORD}" in page.readable
    assert "From-outside-9" not in page.readable


@pytest.mark.parametrize(
    "path", ["/console/users", "/console/explain", "/api/v1/users", f"{API}?person=a&service=b"]
)
def test_elsewhere_than_on_loopback_the_token_is_needed(tmp_path: Path, keys: Path, path: str) -> None:
    (tmp_path / "certs").symlink_to(keys)
    url = "http://192.0.2.1:8080"
    settings = Settings(home=tmp_path, host="192.0.2.1", base_url=url, store="memory", token="s3cret")
    application = create(settings, watch=False)
    try:
        client = application.wsgi.test_client()
        refused = client.get(path, base_url=url)
        assert refused.status_code == 401
        assert "Welkom-123" not in refused.text
        shown = client.get(path, base_url=url, headers={"Authorization": "Bearer s3cret"})
        assert shown.status_code in (200, 404)
        assert ("Welkom-123" in shown.text) is ("users" in path)
    finally:
        application.close()
