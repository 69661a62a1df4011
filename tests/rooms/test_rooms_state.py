"""What a room holds besides its changes: clock, messages, log; and how all of it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.sp import ServiceProvider
from support.walk import kind, landed, walk


@pytest.fixture
def filled(rooms: Any) -> Any:
    """Something of everything in two rooms."""
    for tag in ("one", "two"):
        rooms.trust(ServiceProvider("urn:etoegang:DV:00000001777777770000:entities:9010"), tag)
        rooms.api("PATCH", f"people/m.devries?tag={tag}", {"name": f"Mieke {tag}"})
        rooms.api("PUT", f"clock?tag={tag}", {"shift_seconds": 60})
        rooms.login(tag)
        browser, page = rooms.ask(tag)
        page = walk(browser, page, until="login")
        browser.submit(page, page.form("next"), username="m.devries", password="wrong")
    return rooms


def of(rooms: Any, tag: str) -> dict[str, Any]:
    found: dict[str, Any] = next((one for one in rooms.api("GET", "state")["tags"] if one["tag"] == tag), {})
    return found


def test_a_reset_of_a_room_says_what_went_and_leaves_the_others(filled: Any) -> None:
    before = of(filled, "two")
    dropped = filled.api("POST", "reset?tag=one")
    assert dropped["dropped"] == {
        "changes": 1,
        "service-providers": 1,
        "scenarios": 0,
        "logins": 2,
        "clock": 1,
        "sessions": 1,
        "accounts": 1,
        "grants": 1,
    }
    assert of(filled, "one") == {}
    assert of(filled, "two") == before
    assert before["changes"] == before["service_providers"] == before["accounts"] == 1
    assert filled.api("GET", "people/m.devries?tag=one")["name"] == "Mieke de Vries"
    assert filled.api("GET", "people/m.devries?tag=two")["name"] == "Mieke two"


def test_a_second_reset_of_a_room_drops_nothing(filled: Any) -> None:
    filled.api("POST", "reset?tag=one")
    assert set(filled.api("POST", "reset?tag=one")["dropped"].values()) == {0}


def test_the_exchanges_of_a_room_go_only_where_they_are_named(filled: Any) -> None:
    def seen(tag: str) -> list[str]:
        return [one["id"] for one in filled.api("GET", f"exchanges?tag={tag}")["exchanges"]]

    filled.login()
    everybody, two = len(seen("")), seen("two")
    cursor = filled.api("GET", "exchanges?limit=1")["cursor"]
    filled.api("POST", "reset?tag=one")
    of_one = len(seen("one"))
    assert of_one == len(two) == 2
    assert filled.api("POST", "reset?tag=one&what=exchanges")["dropped"] == {"exchanges": of_one}
    assert (seen("one"), seen("two")) == ([], two)
    assert len(seen("")) == everybody - of_one
    assert filled.api("GET", f"exchanges?since={cursor}&tag=two")["exchanges"] == [], (
        "who waits sees nothing old"
    )
    assert filled.api("GET", "state")["exchanges"]["dropped"] == 0


def test_a_login_of_a_room_that_was_emptied_is_over_and_another_goes_on(rooms: Any) -> None:
    one, two = rooms.ask("one"), rooms.ask("two")
    rooms.api("POST", "reset?tag=one")
    assert walk(*one).status == 404
    assert landed(walk(*two))


def test_a_reset_of_everything_empties_every_room(filled: Any) -> None:
    filled.api("POST", "reset")
    filled.api("POST", "reset?what=service-providers")
    left = [{**one, "tag": ""} for one in filled.api("GET", "state")["tags"]]
    assert all(not any(value for name, value in one.items() if name != "tag") for one in left), left


@pytest.mark.parametrize("tag", ["", "two"])
def test_the_clock_of_a_room_is_that_of_its_logins_only(rooms: Any, tag: str) -> None:
    rooms.api("PUT", "clock?tag=one", {"at": "2030-01-01T12:00:00Z", "frozen": True})
    now = datetime(2030, 1, 1, 12, tzinfo=UTC)
    _, late = rooms.ask("one")
    assert kind(late) == "answer", "declined at once: this request is years old there"
    assert kind(rooms.ask("one", now=now)[1]) == "choice"
    assert kind(rooms.ask(tag)[1]) == "choice"
    assert rooms.api("GET", "clock?tag=one")["now"] == "2030-01-01T12:00:00Z"
    assert rooms.api("GET", "clock")["tags"][0]["tag"] == "one"


def test_the_clock_of_a_room_goes_before_that_of_a_provider(rooms: Any) -> None:
    sp = rooms.bench.sp
    rooms.api("PUT", f"clock/{sp.entity_id}", {"shift_seconds": 7200})
    rooms.api("PUT", "clock?tag=one", {"shift_seconds": 3600})
    at = datetime.now(UTC)
    assert kind(rooms.ask("one", now=at + timedelta(hours=1))[1]) == "choice"
    assert kind(rooms.ask("two", now=at + timedelta(hours=2))[1]) == "choice"
    rooms.api("DELETE", "clock?tag=one")
    assert kind(rooms.ask("one", now=at + timedelta(hours=2))[1]) == "choice"


def test_messages_and_exchanges_are_found_by_their_room(rooms: Any) -> None:
    for tag in ("one", "", "two"):
        rooms.login(tag)
    messages = rooms.api("GET", "inbox?tag=one")["messages"]
    assert [message["tag"] for message in messages] == ["one"]
    exchanges = rooms.api("GET", "exchanges?tag=one")
    assert [one["tag"] for one in exchanges["exchanges"]] == ["one"]
    assert messages[0]["ask_id"] == exchanges["exchanges"][0]["id"]
    waited = rooms.api("GET", "exchanges?tag=two&since=0")["exchanges"]
    assert [one["tag"] for one in waited] == ["two"]


def test_last_use_and_requests_for_mandates_are_of_a_room(rooms: Any) -> None:
    rooms.login("one")
    grants = rooms.parts.suppliers.grants
    assert grants.of("m.devries", "one").last_used
    assert grants.of("m.devries", "two").last_used is None
    assert grants.of("m.devries").last_used is None


def test_the_console_says_which_room_it_is_in_and_shows_what_is_there(rooms: Any) -> None:
    rooms.api("PATCH", "people/m.devries?tag=one", {"name": "Mieke in een"})
    rooms.login("one")
    rooms.login("two")
    browser = rooms.bench.browser()
    page = browser.get("/console/room")
    assert [row.get("data-tag") for row in page.by_testid("room-row")] == ["one", "two"]
    page = browser.submit(page, page.form("enter"), tag="one")
    assert "testruimte one" in page.said("room")
    assert "Mieke in een" in browser.get("/console/people?q=devries").text
    listed = browser.get("/console")
    assert {cell.text_content().strip() for cell in listed.by_testid("exchange-tag")} == {"one"}
    assert len(browser.get("/console?tag=").by_testid("exchange-tag")) == 2
    page = browser.get("/console/room")
    page = browser.submit(page, page.form("leave"))
    assert "testruimte one" not in page.said("room")
    assert "Mieke in een" not in browser.get("/console/people?q=devries").text


def test_what_a_tester_changes_in_the_console_counts_in_their_room(rooms: Any) -> None:
    browser = rooms.bench.browser()
    page = browser.get("/console/room")
    browser.submit(page, page.form("enter"), tag="one")
    page = browser.get("/console/people/one?key=m.devries")
    assert "testruimte one" in page.said("room-note")
    page = browser.submit(page, page.form("save"), name="Mieke van een")
    assert page.said("done")
    assert rooms.api("GET", "people/m.devries?tag=one")["name"] == "Mieke van een"
    assert rooms.api("GET", "people/m.devries")["name"] == "Mieke de Vries"


@pytest.mark.parametrize(("typed", "said"), [("", "een naam"), ("twee woorden", "Hoogstens 100")])
def test_a_name_that_is_no_tag_is_a_mistake_of_the_form(rooms: Any, typed: str, said: str) -> None:
    page = rooms.bench.browser().post("/console/room", {"tag": typed}, Sec_Fetch_Site="same-origin")
    assert page.status == 422
    assert said in page.said("error-tag")
    assert page.tree.xpath("//*[@data-testid='error-summary']//a[@href='#tag']")


def test_another_site_puts_nobody_in_a_room(rooms: Any) -> None:
    page = rooms.bench.browser().post("/console/room", {"tag": "one"}, Sec_Fetch_Site="cross-site")
    assert page.status == 403


def test_the_page_of_rooms_links_to_what_each_has(rooms: Any) -> None:
    rooms.login("one")
    rooms.login("two")
    browser = rooms.bench.browser()
    page = browser.get("/console/room")

    def to(what: str) -> Any:
        return browser.get(page.by_testid(f"room-{what}")[0].get("href"))

    assert {cell.text_content().strip() for cell in to("exchanges").by_testid("exchange-tag")} == {"one"}
    assert {link.text_content() for link in to("inbox").by_testid("message-tag")} == {"one"}
    assert to("clock").by_testid("clock")[0].get("data-tag") == "one"
