"""The console's pages of exchanges, clocks and configuration, without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broker.console import exchanges as pages
from support.answers import call
from support.walk import walk


def clock(bench: Any) -> Any:
    return json.loads(call(bench, "GET", "/api/v1/clock").body)


def form(page: Any, button: str, number: int = 0) -> Any:
    element = page.by_testid(button)[number]
    while element.tag != "form":
        element = element.getparent()
    return element


# The clock.


def test_the_clock_is_set_moved_stopped_and_put_back_by_forms(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/clock")
    page = browser.submit(page, form(page, "set"), at="2028-02-01T09:00:00", frozen="true")
    assert page.said("clock-now") == "2028-02-01 09:00:00 UTC"
    assert "gezet" in page.said("done")
    page = browser.submit(page, form(page, "shift"), by="-1", unit="days")
    assert page.said("clock-now") == "2028-01-31 09:00:00 UTC", "moved, and still standing"
    page = browser.submit(page, form(page, "run"))
    assert page.by_testid("clock")[0].get("data-frozen") == "false"
    page = browser.submit(page, form(page, "stop"))
    assert clock(bench)["frozen"] is True
    page = browser.submit(page, form(page, "reset"))
    assert abs(datetime.fromisoformat(clock(bench)["now"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert not page.by_testid("reset"), "there is nothing to put back any more"


def test_a_provider_gets_a_clock_of_its_own_and_gives_it_back(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/clock")
    page = browser.submit(page, form(page, "sp"), sp=bench.sp.entity_id, at="2028-02-01T09:00", frozen="true")
    (section,) = page.by_testid("clock-of")
    assert section.get("data-sp") == bench.sp.entity_id
    assert clock(bench)["frozen"] is False, "only that one"
    page = browser.submit(page, form(page, "shift", 1), by="2", unit="hours")
    assert clock(bench)["service_providers"][0]["now"] == "2028-02-01T11:00:00Z"
    page = browser.submit(page, form(page, "reset"))
    assert not page.by_testid("clock-of")


@pytest.mark.parametrize(
    ("button", "fields", "wrong"),
    [
        ("set", {"at": "morgen"}, "at-0"),
        ("set", {"at": ""}, "at-0"),
        ("set", {"at": "9000-01-01T00:00"}, "at-0"),
        ("shift", {"by": "veel"}, "by-0"),
        ("shift", {"by": "9999999"}, "by-0"),
        ("sp", {"sp": "urn:nobody", "at": "2028-02-01T09:00"}, "sp-new"),
    ],
)
def test_what_is_no_time_is_said_at_the_field_and_changes_nothing(
    bench: Any, button: str, fields: dict[str, str], wrong: str
) -> None:
    browser = bench.browser()
    page = browser.get("/console/clock")
    page = browser.submit(page, form(page, button), **fields)
    assert page.status == 422
    (link,) = page.by_testid("error-summary")[0].xpath(".//a/@href")
    assert link == f"#{wrong}"
    field = page.tree.get_element_by_id(wrong)
    assert field.get("aria-invalid") == "true"
    assert page.tree.get_element_by_id(field.get("aria-describedby")).text_content()
    assert clock(bench)["shift_seconds"] is None


@pytest.mark.parametrize(
    "path", ["clock/set", "clock/shift", "clock/stop", "clock/run", "clock/reset", "configuration/reset"]
)
def test_another_site_changes_nothing_here(bench: Any, path: str) -> None:
    page = call(bench, "POST", f"/console/{path}", b"at=2028-02-01T09:00", Sec_Fetch_Site="cross-site")
    assert page.status == 403


@pytest.mark.parametrize("path", ["/console", "/console/clock", "/console/configuration"])
def test_each_page_shows_its_api_call(bench: Any, path: str) -> None:
    (link, *_) = bench.browser().get(path).tree.xpath('//p[@class="api"]/a/@href')
    assert call(bench, "GET", link).status == 200


# The clock of a room.


def test_a_room_gets_a_clock_of_its_own_by_the_same_forms_and_gives_it_back(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/clock?tag=one")
    assert page.by_testid("no-own-clock")
    assert not page.by_testid("reset"), "there is nothing to give back"
    page = browser.submit(page, form(page, "set"), at="2028-02-01T09:00:00", frozen="true")
    page = browser.submit(page, form(page, "shift"), by="2", unit="hours")
    assert page.said("clock-now") == "2028-02-01 11:00:00 UTC"
    assert "one" in page.said("done")
    assert clock(bench)["frozen"] is False, "only that one"
    whole = browser.get("/console/clock")
    (link,) = whole.by_testid("clock-of-room")
    assert (link.get("data-tag"), link.get("href")) == ("one", "/console/clock?tag=one")
    page = browser.submit(page, form(page, "reset"))
    assert page.by_testid("no-own-clock")
    assert clock(bench)["tags"] == []


def test_a_wrong_time_for_a_room_is_said_there(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get("/console/clock?tag=one")
    page = browser.submit(page, form(page, "set"), at="morgen")
    assert (page.status, page.by_testid("clock")[0].get("data-tag")) == (422, "one")
    assert page.tree.get_element_by_id("at-0").get("aria-invalid") == "true"


def test_who_is_in_a_room_sets_its_clock_and_sees_it_in_the_head_unless_they_ask_otherwise(
    bench: Any,
) -> None:
    browser = bench.browser()
    browser.post("/console/room", {"tag": "one"})
    page = browser.get("/console/clock")
    page = browser.submit(page, form(page, "set"), at="2028-02-01T09:00:00", frozen="true")
    assert page.by_testid("clock")[0].get("data-tag") == "one"
    assert "Klok 2028-02-01 09:00:00 UTC" in browser.get("/console/people").text
    page = browser.get(page.by_testid("filter-none")[0].get("href"))
    page = browser.submit(page, form(page, "stop"))
    assert page.by_testid("clock")[0].get("data-tag") is None, "it stays where it was asked to be"
    assert clock(bench)["frozen"] is True


@pytest.mark.parametrize("how", ["ask", "set"])
def test_what_is_no_room_has_no_clock(bench: Any, how: str) -> None:
    browser = bench.browser()
    if how == "ask":
        page = browser.get("/console/clock?tag=a%20b")
    else:
        page = browser.post("/console/clock/set", {"whose": "room", "tag": "a b", "at": "2028-02-01T09:00"})
    assert page.status == 422
    assert page.by_testid("error-tag")
    assert clock(bench)["tags"] == []
    assert clock(bench)["shift_seconds"] is None


def test_the_api_call_of_a_room_names_it(bench: Any) -> None:
    page = bench.browser().get("/console/clock?tag=one")
    (link, *_) = page.tree.xpath('//p[@class="api"]/a/@href')
    assert json.loads(call(bench, "GET", link).body)["tag"] == "one"


# The list of exchanges.


def rows(page: Any) -> list[str]:
    return [row.get("data-outcome") for row in page.by_testid("exchange-row")]


def test_the_list_has_the_newest_first_and_is_filtered(bench: Any) -> None:
    browser = bench.browser()
    bench.login()
    page = walk(browser, bench.ask(browser), "k.dekker", until="nomandate")
    browser.submit(page, page.form("cancel"))
    bench.ask()
    page = browser.get("/console")
    assert rows(page) == ["under-way", "cancelled", "success"]
    assert (page.form("filter").method, page.form("filter").action) == ("GET", "/console")
    assert {"sp", "person", "outcome"} <= set(page.form("filter").fields.keys())
    assert rows(browser.get("/console?sp=&person=&outcome=success")) == ["success"]
    assert rows(browser.get("/console?person=k.dekker")) == ["cancelled"]
    assert rows(browser.get(f"/console?sp={bench.sp.entity_id}")) == rows(page)
    none = browser.get("/console?sp=urn:nobody")
    assert "past bij" in none.said("none")
    assert none.by_testid("filter-none")


def test_a_row_has_another_key_once_it_says_something_else(bench: Any) -> None:
    """By its key the page's script sees what changed."""
    browser = bench.browser()
    page = walk(browser, bench.ask(browser), until="pin")
    (before,) = browser.get("/console").by_testid("exchange-row")
    walk(browser, page)
    (after,) = browser.get("/console").by_testid("exchange-row")
    assert before.get("data-key") != after.get("data-key")


def test_who_is_in_a_room_and_asked_for_all_goes_on_seeing_all(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST", 2)
    for _ in range(3):
        bench.ask()
    browser = bench.browser()
    browser.post("/console/room", {"tag": "one"})
    assert rows(browser.get("/console")) == []
    page = browser.get("/console?tag=")
    assert len(rows(browser.get(page.by_testid("refresh")[0].get("href")))) == 2
    assert len(rows(browser.get(page.by_testid("older")[0].get("href")))) == 1


def test_older_ones_are_on_another_page(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST", 2)
    for _ in range(3):
        bench.ask()
    browser = bench.browser()
    page = browser.get("/console")
    assert len(rows(page)) == 2
    older = browser.get(page.by_testid("older")[0].get("href"))
    assert len(rows(older)) == 1
    assert not older.by_testid("older")


# The configuration.


def test_the_page_names_what_is_in_force_and_what_is_wrong(bench: Any) -> None:
    file = bench.home / "eherkenning.yaml"
    file.write_text(file.read_text() + "\nnonsense: 1\n")
    bench.application.parts.configuration.refresh()
    page = bench.browser().get("/console/configuration")
    assert page.said("version") == str(bench.application.parts.current.version)
    assert page.said("file").endswith("eherkenning.yaml")
    assert "nonsense: is not known here" in page.said("problems")
    warned = bench.application.parts.configuration.warned
    assert len(page.by_testid("warnings")[0].xpath("./li")) == warned > 0
    assert page.said("configuration-warnings") == f"{warned} waarschuwingen"


RESETS: dict[str, Callable[[Any], Any]] = {
    "a": lambda page: page.by_testid("tag")[0].xpath(".//form")[0],
    "": lambda page: page.by_testid("tag")[1].xpath(".//form")[0],
    "all": lambda page: form(page, "reset-all"),
}


@pytest.mark.parametrize(("which", "left"), [("a", {"": 1}), ("", {"a": 1}), ("all", {})])
def test_changes_go_by_tag_or_all_at_once(bench: Any, which: str, left: dict[str, int]) -> None:
    for key, query in (("t.one", "?tag=a"), ("t.two", "")):
        assert call(bench, "PUT", f"/api/v1/people/{key}{query}", {"name": "T"}).status == 201
    browser = bench.browser()
    page = browser.get("/console/configuration")
    page = browser.submit(page, RESETS[which](page))
    assert page.said("done").startswith(f"Teruggezet: {2 - sum(left.values())} ")
    state = json.loads(call(bench, "GET", "/api/v1/state").body)
    assert state["changes"]["by_tag"] == left


def test_a_row_counts_what_was_found_in_words(bench: Any) -> None:
    browser = bench.browser()
    bench.login()
    browser.get("/sso/1.13?SAMLRequest=abc")
    walk(browser, browser.get("/supplier/reconi/mandates"), until="mandates")
    found = [
        cells[6].text_content() for cells in map(list, browser.get("/console").by_testid("exchange-row"))
    ]
    assert found == ["geen", "1 fout", "1 waarschuwing"]


# Titles: what tells one tab of the browser from another.


def test_pages_of_different_things_have_different_titles(bench: Any) -> None:
    browser = bench.browser()
    for person in ("m.devries", "m.devries", "p.bakker"):
        bench.login(person, "reconi" if person == "m.devries" else "kpn")
    bench.ask()
    browser.get("/sso/1.13?SAMLRequest=abc")
    ids = [row.get("data-id") for row in browser.get("/console").by_testid("exchange-row")]
    paths = [
        "/console",
        *(f"/console/exchanges/{id_}" for id_ in ids),
        "/console/exchanges/none",
        "/console/connect",
        f"/console/connect?sp={bench.sp.entity_id}",
        "/console/explain",
        "/console/explain?person=m.devries&service=mijn-helpdesk-po",
        "/console/explain?person=k.dekker&service=mijn-helpdesk-po",
    ]
    titles = [browser.get(path).tree.findtext(".//title") for path in paths]
    assert len(set(titles)) == len(paths), titles
    assert titles[1].startswith("Geweigerd: inlogpoging")
    assert titles[3].startswith("Ingelogd: inlogpoging van p.bakker")
