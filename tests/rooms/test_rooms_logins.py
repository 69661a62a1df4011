"""Two tests beside each other on one broker: what one has made, the other does not meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from broker.sessions import every
from support.sp import POST, ServiceProvider
from support.walk import kind, landed, walk

MINE = {"person": "m.devries", "company": "regenboog", "service": "*", "level": "EH3"}


def provider(name: str) -> ServiceProvider:
    """Of one entity id, with keys and an address of its own."""
    return ServiceProvider(
        "urn:etoegang:DV:00000001777777770000:entities:9009", acs={1: (POST, f"http://localhost:9/{name}")}
    )


@pytest.fixture(scope="module")
def pair() -> dict[str, ServiceProvider]:
    return {tag: provider(tag) for tag in ("one", "two")}


def test_two_rooms_have_different_metadata_of_one_provider_at_one_time(
    rooms: Any, pair: dict[str, ServiceProvider]
) -> None:
    for tag, sp in pair.items():
        rooms.trust(sp, tag)
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(pair, pool.map(lambda tag: rooms.login(tag, sp=pair[tag]), pair), strict=True))
    assert {tag: answer.url for tag, answer in answers.items()} == {
        tag: f"http://localhost:9/{tag}" for tag in pair
    }


@pytest.mark.parametrize("tag", ["", "two", "three"])
def test_a_request_is_judged_by_the_metadata_of_its_own_room(
    rooms: Any, pair: dict[str, ServiceProvider], tag: str
) -> None:
    rooms.trust(pair["one"], "one")
    rooms.trust(pair["two"], "two")
    _, page = rooms.ask(tag, pair["one"])
    assert page.status == 403
    assert kind(rooms.ask("one", pair["one"])[1]) == "choice"


def test_metadata_of_a_room_lies_over_what_everybody_sees(rooms: Any) -> None:
    sp = rooms.bench.sp
    other = ServiceProvider(sp.entity_id, acs={1: (POST, "http://localhost:9/roomy")})
    rooms.trust(other, "one")
    assert rooms.login("one", sp=other).url == "http://localhost:9/roomy"
    assert kind(rooms.ask("", sp)[1]) == "choice", "outside the room it is as it was"
    assert kind(rooms.ask("two", sp)[1]) == "choice", "another room sees what everybody sees"
    assert rooms.ask("", other)[1].status == 403
    told = rooms.api("GET", f"service-providers/{sp.entity_id}?tag=one")
    assert (told["tag"], told["covers"]) == ("one", "sp.xml")


def test_a_person_that_is_changed_in_a_room_is_changed_there_only(rooms: Any) -> None:
    means = {"supplier": "reconi", "username": "m.devries", "password": "Anders-123", "level": "EH3"}
    rooms.api("PATCH", "people/m.devries?tag=one", {"means": [means], "phone": "0612345678"})
    assert landed_with(rooms, "one", "Anders-123")
    assert landed_with(rooms, "", "Welkom-123")
    assert landed_with(rooms, "two", "Welkom-123")
    assert not landed_with(rooms, "one", "Welkom-123")
    assert not landed_with(rooms, "two", "Anders-123")


def landed_with(rooms: Any, tag: str, password: str) -> bool:
    return kind(given(rooms, tag, "m.devries", password)) != "login"


def given(rooms: Any, tag: str, name: str, password: str = "Welkom-123") -> Any:
    """The page that comes after this user name and this password."""
    browser, page = rooms.ask(tag)
    page = walk(browser, page, until="login")
    return browser.submit(page, page.form("next"), username=name, password=password)


def test_a_mandate_of_a_room_opens_the_door_in_that_room_only(rooms: Any) -> None:
    rooms.api(
        "PUT",
        "people/n.nieuw?tag=one",
        {
            "name": "N. Nieuw",
            "phone": "0612345678",
            "means": [
                {"supplier": "reconi", "username": "n.nieuw", "password": "Welkom-123", "level": "EH3"}
            ],
        },
    )
    rooms.api("POST", "mandates?tag=one", {**MINE, "person": "n.nieuw"})
    assert rooms.login("one", "n.nieuw")
    for tag in ("", "two"):
        assert kind(given(rooms, tag, "n.nieuw")) == "login", f"nobody has that name in {tag!r}"
    assert "n.nieuw" not in {user["person"] for user in rooms.api("GET", "users?limit=500")["users"]}
    assert rooms.api("GET", "explain?person=n.nieuw&service=Testdienst&tag=two", status=404)


def test_three_wrong_passwords_in_a_room_block_nobody_elsewhere(rooms: Any) -> None:
    for _ in range(3):
        given(rooms, "one", "m.devries", "wrong")
    assert not landed_with(rooms, "one", "Welkom-123")
    assert landed_with(rooms, "two", "Welkom-123")
    assert landed_with(rooms, "", "Welkom-123")
    (held,) = rooms.api("GET", "means?tag=one")["means"][:1]
    assert (held["person"], held["state"]) == ("m.devries", "blocked")
    rooms.api("POST", "means/reconi/m.devries/unblock?tag=one")
    assert landed_with(rooms, "one", "Welkom-123")


def test_the_artifact_of_a_login_in_a_room_resolves_without_a_word_of_the_room(rooms: Any) -> None:
    other = ServiceProvider("urn:etoegang:DV:00000001777777770000:entities:9010")
    rooms.trust(other, "one")
    artifact = rooms.login("one", sp=other).fields["SAMLart"]
    assert "Assertion" in rooms.resolve(artifact, other)
    assert rooms.exchange("one")["resolve"][0]["outcome"] == "resolved"


@pytest.mark.parametrize("artifact", ["", "AAQAAP" + "a" * 54])
def test_an_artifact_that_nobody_knows_is_answered_by_who_knows_the_caller(rooms: Any, artifact: str) -> None:
    other = ServiceProvider("urn:etoegang:DV:00000001777777770000:entities:9010")
    assert "faultstring" in rooms.resolve(artifact or "x", other), "nobody has metadata of it"
    rooms.trust(other, "one")
    answer = rooms.resolve(artifact or "x", other)
    assert "ArtifactResponse" in answer


def test_the_header_wins_over_the_cookie_and_the_room_stays_for_the_whole_login(rooms: Any) -> None:
    browser = rooms.bench.browser()
    browser.post("/console/room", {"tag": "cookie"}, Sec_Fetch_Site="same-origin")
    _, page = rooms.ask("", browser=browser)
    assert rooms.exchange("cookie")["tag"] == "cookie"
    _, page = rooms.ask("header", browser=browser)
    landed(walk(browser, page))
    told = rooms.exchange("header")
    assert told["request"]["tag"] == "header"
    assert told["outcome"] == "success"


@pytest.mark.parametrize("bad", ["two words", "é", "x" * 101, "a/b", "<b>"])
def test_a_tag_that_is_none_is_no_tag(rooms: Any, bad: str) -> None:
    browser = rooms.bench.browser()
    message = rooms.bench.sp.signed(rooms.bench.sp.request(rooms.bench.sso))
    page = browser.post("/sso/1.13", rooms.bench.sp.form(message), Mock_Eherkenning_Tag=bad)
    assert kind(page) == "choice"
    assert rooms.exchange()["tag"] == ""


def test_the_same_request_may_come_once_in_each_room(rooms: Any) -> None:
    sp = rooms.bench.sp
    form = sp.form(sp.signed(sp.request(rooms.bench.sso)))
    came = [
        kind(rooms.bench.browser().post("/sso/1.13", form, **({"Mock_Eherkenning_Tag": tag} if tag else {})))
        for tag in ("one", "two", "", "one")
    ]
    assert came == ["choice", "choice", "choice", "other"]


def test_a_supplier_session_of_a_room_holds_in_that_room(rooms: Any, tag: str) -> None:
    browser = rooms.bench.browser()
    _, page = rooms.ask(tag, browser=browser, ForceAuthn="false")
    page = walk(browser, page, until="login")
    page = browser.submit(page, page.form("next"), username="m.devries", password="Welkom-123", stay="yes")
    assert kind(walk(browser, page)) == "answer"
    for room, first in ((tag, False), ("other", True)):
        _, page = rooms.ask(room, browser=browser, ForceAuthn="false")
        page = walk(browser, page, until="login")
        assert (kind(page) == "login") is first, room


def test_a_log_out_belongs_to_the_room_of_its_session_whatever_the_browser_says(rooms: Any) -> None:
    other = ServiceProvider("urn:etoegang:DV:00000001777777770000:entities:9010")
    rooms.trust(other, "one")
    rooms.login("one", sp=other)
    (session,) = every(rooms.parts)
    assert session.tag == "one"
    destination = rooms.parts.settings.logout_url_of("1.13")
    message = other.signed(other.logout_request(destination, session.name_id, session.index))
    page = rooms.bench.browser().post("/slo/1.13", other.form(message))
    assert page.status == 200, page.readable
    assert every(rooms.parts) == []
