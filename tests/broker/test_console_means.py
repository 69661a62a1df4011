"""The console's page and API of means, and what a whole broker does with a means that was blocked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from support.browser import Page
from support.walk import PASSWORD, kind, landed, login_id_of, walk

API = "/api/v1/means"
JAN = "m.devries"


def guess_wrong(bench: Any, times: int = 3, who: str = JAN) -> Page:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    for _ in range(times):
        page = browser.submit(page, page.form("next"), username=who, password="wrong")
    return page


def rows(page: Page) -> dict[str, str]:
    """State by user name."""
    return {row.get("data-username"): row.get("data-state") for row in page.by_testid("row")}


def of(bench: Any, username: str = JAN, **query: str) -> dict[str, Any]:
    found = json.loads(bench.browser().get(f"{API}?q={quote(username)}").body)["means"]
    return next(item for item in found if item["username"] == username and item["supplier"] == "reconi")


def post(bench: Any, path: str) -> tuple[int, dict[str, Any]]:
    page = bench.browser().post(path, {})
    if page.status >= 400:
        assert page.headers["Content-Type"] == "application/problem+json"
    return page.status, json.loads(page.body)


def test_a_block_lasts_until_the_tester_lifts_it_on_the_page(bench: Any) -> None:
    blocked = guess_wrong(bench)
    assert login_id_of(blocked) in blocked.said("reference")
    assert bench.exchanges.get(login_id_of(blocked)).last("means-blocked")["username"] == JAN
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    page = browser.submit(page, page.form("next"), username=JAN, password=PASSWORD)
    assert (page.status, kind(page)) == (422, "login")
    page = browser.get("/console/means")
    assert rows(page)[JAN] == "blocked"
    row = next(row for row in page.by_testid("row") if row.get("data-username") == JAN)
    assert re.search(r"eherkenning\.yaml:\d+", row.text_content())
    form = next(form for form in page.tree.forms if form.fields.get("username") == JAN)
    done = browser.submit(page, form)
    assert JAN in done.said("done")
    assert JAN not in rows(done)
    assert landed(walk(browser, bench.ask(browser))).fields


def test_a_block_outlives_a_restart(bench: Any, start: Callable[..., Any]) -> None:
    guess_wrong(start(store="sqlite"))
    again = start(store="sqlite")
    assert of(again)["state"] == "blocked"
    assert post(again, f"{API}/reconi/{JAN}/unblock")[1]["wrong"] == 0
    assert of(start(store="sqlite"))["state"] == "active"


def test_saying_active_in_the_file_lifts_a_block(bench: Any) -> None:
    guess_wrong(bench)
    assert of(bench)["state"] == "blocked"
    line = re.search(
        rf"\{{supplier: reconi, username: {JAN},[^}}]*", (bench.home / "eherkenning.yaml").read_text()
    )
    assert line
    bench.rewrite(line[0], line[0] + ", status: active")
    assert of(bench)["state"] == "active"
    assert bench.login()


def test_the_list_has_what_is_special_and_a_search_goes_over_everybody(bench: Any) -> None:
    browser = bench.browser()
    special = rows(browser.get("/console/means"))
    assert special["s.tacke"] == "suspended"
    assert special["x.vermeer"] == "revoked"
    assert special["q.lammers"] == "expired"
    assert special["b.geerts"] == "blocked"
    assert special["m.renkema"] == "must-renew"
    assert JAN not in special
    assert rows(browser.get(f"/console/means?q={JAN}"))[JAN] == "active"
    assert browser.get("/console/means?q=zzzz").said("none")


def test_wrong_tries_and_a_changed_password_are_special_too(bench: Any) -> None:
    guess_wrong(bench, 1)
    browser = bench.browser()
    assert rows(browser.get("/console/means"))[JAN] == "active"
    assert of(bench)["left"] == 2
    assert post(bench, f"{API}/reconi/{JAN}/unblock")[1]["left"] == 3
    assert JAN not in rows(browser.get("/console/means"))


def test_a_forgotten_password_from_page_to_inbox_to_login_and_put_back_by_the_tester(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    login_id = login_id_of(page)
    page = browser.get(page.by_testid("forgotten")[0].get("href"))
    address = bench.application.parts.current.register.login("reconi", JAN)[0].email
    assert address
    browser.submit(page, page.form("next"), email=address)
    message = json.loads(browser.get("/api/v1/inbox").body)["messages"][0]
    assert (message["to"], message["code"], message["ask_id"]) == (address, "", login_id)
    link = re.search(rf"{re.escape(bench.base_url)}/supplier/reconi/reset/\S+", message["body"])
    assert link, message["body"]
    page = browser.get(link[0])
    new = "Nieuw-wachtwoord"
    page = browser.submit(page, page.form("next"), new_password=new, repeat_password=new)
    page = browser.get(page.by_testid("login")[0].get("href"))
    assert landed(walk(browser, page, password=new)).fields
    exchange = bench.exchanges.get(login_id)
    assert exchange.last("password-reset") == {"username": JAN, "blocked": False}
    assert link[0].rpartition("/")[2] not in str(exchange.events)
    page = browser.get("/console/means")
    assert new not in page.text
    form = next(f for f in page.tree.forms if (f.get("action") or "").endswith("/reset"))
    browser.submit(page, form)
    assert not of(bench)["password_changed"]
    assert bench.login()


def test_a_card_is_told_from_a_user_name(bench: Any) -> None:
    card = next(
        item
        for item in json.loads(bench.browser().get(f"{API}?supplier=reconi").body)["means"]
        if item["card"]
    )
    path = f"{API}/reconi/{card['username']}/unblock"
    assert post(bench, path)[0] == 404
    assert post(bench, f"{path}?card=true")[0] == 200
    assert post(bench, f"{path}?card=perhaps")[0] == 422
    assert post(bench, f"{API}/reconi/{card['username']}/reset?card=true")[0] == 409


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        (f"{API}/reconi/nobody/unblock", 404, "no user name"),
        (f"{API}/nobody/{JAN}/unblock", 404, "reconi"),
        (f"{API}/reconi/b.geerts/unblock", 409, "eherkenning.yaml:"),
        (f"{API}/reconi/nobody/reset", 404, "no user name"),
    ],
)
def test_what_cannot_be_changed_says_why(bench: Any, path: str, status: int, detail: str) -> None:
    got, said = post(bench, path)
    assert (got, said["status"]) == (status, status)
    assert detail in said["detail"]


@pytest.mark.parametrize(("query", "allowed"), [("state=odd", "must-renew"), ("supplier=nobody", "reconi")])
def test_a_filter_that_is_not_known_says_which_are(bench: Any, query: str, allowed: str) -> None:
    page = bench.browser().get(f"{API}?{query}")
    assert page.status == 422
    assert allowed in json.loads(page.body)["detail"]


@pytest.mark.parametrize("state", ["suspended", "revoked", "expired", "blocked", "must-renew", "active"])
def test_the_api_filters_by_state(bench: Any, state: str) -> None:
    found = json.loads(bench.browser().get(f"{API}?state={state}").body)["means"]
    assert {item["state"] for item in found} == {state}


def test_neither_page_nor_api_shows_a_password_or_a_pin(bench: Any) -> None:
    browser = bench.browser()
    pins = {
        secret
        for person in bench.application.parts.current.register.people.values()
        for means in person.means
        for secret in (means.password, means.pin)
        if secret
    }
    assert PASSWORD in pins
    for path in (f"{API}?q=.", "/console/means?q=."):
        said = browser.get(path).text
        assert "m.devries" in said
        assert [pin for pin in pins if f'"{pin}"' in said or f">{pin}<" in said] == []


@pytest.mark.parametrize(
    "path", ["/console/means/unblock", "/console/means/reset", f"{API}/reconi/{JAN}/unblock"]
)
def test_another_site_changes_nothing(bench: Any, path: str) -> None:
    guess_wrong(bench)
    form = {"supplier": "reconi", "username": JAN, "card": "false"}
    page = bench.browser().post(path, form, Sec_Fetch_Site="cross-site")
    assert page.status == 403
    assert of(bench)["state"] == "blocked"


def test_the_page_says_why_nothing_was_changed(bench: Any) -> None:
    form = {"supplier": "reconi", "username": "b.geerts", "card": "false"}
    page = bench.browser().post("/console/means/unblock", form)
    assert page.status == 409
    assert "status: blocked" in page.said("error-summary")


def test_a_hundred_rows_at_most_and_the_rest_by_search(bench: Any) -> None:
    means = "".join(
        f"\n      - {{supplier: reconi, username: veel{n}, password: Welkom-123, level: EH3, status: suspended}}"
        for n in range(120)
    )
    bench.rewrite("people:\n", f"people:\n  veel:\n    name: Veel\n    means:{means}\n")
    page = bench.browser().get("/console/means")
    assert len(page.by_testid("row")) == 100
    assert page.said("more")
    assert set(rows(bench.browser().get("/console/means?q=veel119"))) == {"veel119"}
    assert json.loads(bench.browser().get(f"{API}?q=veel").body)["more"] == 0


def test_a_fault_does_not_bring_the_token_into_the_log(
    bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from suppliers.forgotten import Forgotten

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(Forgotten, "look", fail)
    page = bench.browser().get("/supplier/reconi/reset/this-is-the-token")
    assert page.status == 500
    assert "fault" in caplog.text
    assert "this-is-the-token" not in caplog.text


def test_the_card_of_the_default_file_logs_in_with_its_pin_alone(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="login")
    page = browser.post(page.url, {"card": "yes"})
    assert kind(page) == "card"
    page = browser.submit(page, page.form("next"), card="900000000030", cardpin="246810")
    assert kind(page) != "card"
    events = [event.kind for event in bench.exchanges.recent(1)[0].events]
    assert "card-right" in events
    assert "pin-sent" not in events
