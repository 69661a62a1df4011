"""The whole at once: state, file, reset; two processes on one home; who may call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from broker.api import examples, models

MANDATE = {"person": "m.devries", "company": "vuurtoren", "service": "*", "level": "EH3"}


def shapes(api: Any) -> dict[str, Any]:
    """Every record without where it came from."""
    found = {}
    for section in ("services", "companies", "people", "mandates"):
        records = api.get(f"{section}?limit=500").body[section]
        found[section] = [{key: r[key] for key in r if key != "source"} for r in records]
    return found


@pytest.fixture
def changed(api: Any) -> Any:
    """Something of everything made, changed and taken away; some of it in a room."""
    assert api.put("people/p.example", examples.PERSON).status == 201
    assert api.put("companies/bakkerij", examples.COMPANY).status == 201
    assert api.put("services/vergunningen", examples.SERVICE).status == 201
    assert api.post("mandates", {**MANDATE, "person": "p.example", "company": "bakkerij"}).status == 201
    assert api.patch("people/m.devries", {"name": "Null ~ 'quoted' \": # é"}).status == 200
    assert api.delete("companies/regenboog?cascade=true").status == 200
    assert api.put("people/q.example?tag=a", {"name": "Only in a"}).status == 201
    assert api.post("mandates?tag=a", {**MANDATE, "person": "q.example", "company": "bakkerij"}).status == 201
    return api


def test_the_whole_as_a_file_gives_the_same_in_another_home(changed: Any, start: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "eherkenning.yaml").write_text(changed.get("config.yaml").body)
    there = start(tmp_path / "other")
    assert there.get("state").body["changes"]["total"] == 0
    assert shapes(there) == shapes(changed)


def test_settings_that_are_no_register_are_in_the_file_too(bench: Any, api: Any) -> None:
    file = bench.home / "eherkenning.yaml"
    file.write_text("broker:\n  rules: strict\n  request_seconds: 30\n" + file.read_text())
    bench.application.parts.configuration.refresh()
    assert "rules: strict\n  request_seconds: 30" in api.get("config.yaml").body


def test_the_state_counts_changes_by_section_and_tag(changed: Any) -> None:
    state = changed.get("state").body
    assert state["changes"]["by_tag"]["a"] == 2
    assert state["changes"]["by_tag"][""] == state["changes"]["total"] - 2
    assert state["changes"]["by_section"]["services"] == 1
    assert state["changes"]["not_fitting"] == []
    assert state["store"] == "memory"


def test_a_reset_of_a_tag_drops_what_was_made_with_it_and_nothing_else(changed: Any) -> None:
    dropped = changed.post("reset?tag=a").body
    assert dropped["dropped"] == {**dict.fromkeys(models.OF_ROOMS, 0), "changes": 2}
    assert dropped["changes"] == {"people": 1, "mandates": 1}
    assert changed.get("people/q.example?tag=a").status == 404
    assert changed.get("people/p.example?tag=a").status == 200


def test_what_a_room_refers_to_may_go_and_it_says_so(changed: Any) -> None:
    assert changed.delete("companies/bakkerij?cascade=true").status == 200
    said = changed.get("state").body["changes"]["not_fitting"]
    assert len(said) == 1
    assert 'there is no company "bakkerij"' in said[0]


def test_a_reset_of_changes_gives_the_file_back(api: Any, start: Any, changed: Any) -> None:
    assert changed.post("reset?what=changes").body["changes"]["people"] == 3
    assert shapes(api) == shapes(start()), "as where nothing was ever changed"
    state = api.get("state").body
    assert state["changes"]["total"] == 0
    assert all(r["source"]["from"] == "file" for r in api.get("people?limit=500").body["people"])
    assert api.post("reset?what=changes").body == {"dropped": {"changes": 0}, "changes": {}}


def test_a_reset_of_all_drops_what_logins_left_behind(bench: Any, api: Any) -> None:
    bench.login()
    bench.ask()
    api.put("clock", {"shift_seconds": 600})
    dropped = api.post("reset").body["dropped"]
    assert set(dropped) == {
        "changes",
        "scenarios",
        "logins",
        "inbox",
        "exchanges",
        "clock",
        "sessions",
        "accounts",
        "grants",
    }
    assert dropped["exchanges"] == 2
    assert dropped["logins"] >= 1
    for kind in ("login", "visit", "session", "supplier-session", "artifact"):
        assert bench.application.parts.store.records(kind) == [], kind
    assert dropped["inbox"] == 1
    assert dropped["clock"] == 1
    assert api.get("inbox").body["messages"] == []
    assert api.get("exchanges").body["exchanges"] == []
    again = api.post("reset").body["dropped"]
    assert set(again.values()) == {0}


def test_a_login_under_way_goes_on_after_a_reset_of_changes(bench: Any, api: Any) -> None:
    from support.walk import landed, walk

    api.put("companies/bakkerij", examples.COMPANY)
    browser = bench.browser()
    page = bench.ask(browser)
    assert api.post("reset?what=changes").status == 200
    assert landed(walk(browser, page, "m.devries", "reconi"))


@pytest.mark.parametrize(
    "query", ["what=change", "what=changes,", "tag=a&what=inbox", "tag=a&what=inbox,changes"]
)
def test_a_reset_that_is_not_understood_drops_nothing(changed: Any, query: str) -> None:
    before = changed.get("state").body["changes"]
    answer = changed.post(f"reset?{query}")
    if query != "what=changes,":
        assert answer.status == 422, answer.body
        assert changed.get("state").body["changes"] == before


def test_changes_survive_a_new_version_of_the_file_and_lie_over_it(bench: Any, api: Any) -> None:
    api.patch("people/m.devries", {"name": "Changed"})
    bench.rewrite("people:\n", "people:\n  new.person:\n    name: New\n")
    assert api.get("people/new.person").status == 200
    found = api.get("people/m.devries").body
    assert (found["name"], found["source"]["tag"]) == ("Changed", "")
    assert found["source"]["line"] > 0


def test_a_change_that_the_file_leaves_no_room_for_waits_and_says_why(bench: Any, api: Any) -> None:
    means = {"supplier": "reconi", "username": "zz", "password": "x", "level": "EH3"}
    api.put("people/other", {"name": "Other", "means": [means]})
    line = "    means: [{supplier: reconi, username: ZZ, password: y, level: EH3}]\n"
    bench.rewrite("people:\n", "people:\n  new.person:\n    name: New\n" + line)
    assert api.get("people/other").status == 404
    assert "is taken on line" in api.get("state").body["changes"]["not_fitting"][0]
    bench.rewrite(line, "")
    assert api.get("people/other").status == 200
    assert api.get("state").body["changes"]["not_fitting"] == []


@pytest.fixture
def two(start: Any, tmp_path: Path) -> Any:
    """Two brokers on one home: they share nothing but the files, as two processes do."""
    return [start(tmp_path / "shared", store="sqlite") for _ in range(2)]


def test_another_process_sees_a_change_at_its_next_look_and_after_a_restart(
    start: Any, two: Any, tmp_path: Path
) -> None:
    first, second = two
    assert first.put("people/p.example", examples.PERSON).status == 201
    second.application.parts.configuration.refresh()
    assert second.get("people/p.example").status == 200
    assert start(tmp_path / "shared", store="sqlite").get("people/p.example").status == 200


def test_of_two_processes_that_give_out_one_user_name_at_once_one_is_refused(two: Any) -> None:
    gate = threading.Barrier(2)

    def put(number: int) -> list[int]:
        found = []
        for turn in range(10):
            means = [{"supplier": "reconi", "username": f"same-{turn}", "password": "x", "level": "EH3"}]
            gate.wait()
            found.append(two[number].put(f"people/p{number}-{turn}", {"name": "P", "means": means}).status)
        return found

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(put, range(2))
    assert [sorted(pair) for pair in zip(one, other, strict=True)] == [[201, 422]] * 10


def test_changes_while_the_file_is_read_again_are_all_kept(bench: Any, api: Any) -> None:
    stop = threading.Event()

    def edit() -> None:
        file = bench.home / "eherkenning.yaml"
        text = file.read_text()
        number = 0
        while not stop.is_set():
            number += 1
            file.write_text(text.replace("people:\n", f"people:\n  n{number}:\n    name: N\n", 1))
            bench.application.parts.configuration.refresh()

    def put(number: int) -> int:
        return int(api.put(f"companies/c{number}", {**examples.COMPANY, "branches": {}}).status)

    editor = threading.Thread(target=edit)
    editor.start()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(put, range(40)))
    stop.set()
    editor.join()
    assert statuses == [201] * 40
    bench.application.parts.configuration.refresh()
    assert all(api.get(f"companies/c{number}").status == 200 for number in range(40))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec_Fetch_Site": "same-origin"}, 201),
        ({"Sec_Fetch_Site": "same-origin"}, 201),
        ({}, 201),
    ],
)
def test_a_page_elsewhere_cannot_change_anything(api: Any, headers: dict[str, str], status: int) -> None:
    answer = api.put("people/p.example", examples.PERSON, **headers)
    assert answer.status == status
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_the_token_nothing_is_told(start: Any) -> None:
    client = start(token="s3cret")
    for method, path in (
        ("GET", "people"),
        ("PUT", "people/x"),
        ("POST", "reset"),
        ("GET", "/api/openapi.json"),
    ):
        refused = client(method, path)
        assert (refused.status, refused.body["status"]) == (401, 401)
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get("people", Authorization="Bearer s3cret").status == 200
    assert client.get("/api").status == 401


def test_an_address_that_is_not_there_names_the_one_that_was_meant(api: Any) -> None:
    got = api.post("rest")
    assert (got.status, got.body["nearest"]) == (404, "/api/v1/reset")
    assert got.body["detail"] == 'there is no "/api/v1/rest"; did you mean "/api/v1/reset"?'
    assert "/api lists the addresses" in api.get("/api/v1/hocus-pocus").body["detail"]
    assert api.get("/api/v1/" + "x" * 5_000).status == 404


def test_a_method_that_an_address_does_not_take_is_answered_with_those_that_it_does(api: Any) -> None:
    got = api("DELETE", "state")
    assert (got.status, got.headers["Allow"]) == (405, "GET, HEAD")
    assert got.body["detail"] == "/api/v1/state takes GET; received DELETE"
    assert set(api.post("people/x").headers["Allow"].split(", ")) == {"DELETE", "GET", "HEAD", "PATCH", "PUT"}
    assert api("DELETE", "/console").headers["Allow"]


@pytest.mark.parametrize(
    ("query", "key", "allowed", "likely"),
    [
        ("what=chnges", "what", "changes", "changes"),
        ("what=clock,inbx", "what", "inbox", "inbox"),
        ("what=,", "what", "inbox", None),
        ("what=,,", "what", "inbox", None),
        ("what=,accounts", "what", "inbox", None),
        ("what=accounts,,grants", "what", "inbox", None),
        ("tag=bad%20tag", "tag", "at most", None),
    ],
)
def test_a_wrong_part_or_tag_is_answered_with_what_would_be_right(
    api: Any, query: str, key: str, allowed: str, likely: str | None
) -> None:
    got = api.post(f"reset?{query}")
    (error,) = got.body["errors"]
    assert (got.status, error["key"], error["nearest"]) == (422, key, likely)
    assert any(one.startswith(allowed) for one in error["allowed"])
    assert "^" not in error["text"]


@pytest.mark.parametrize("key", ["qa%0a1", "qa%E2%80%AE", "qa%E2%80%8B", "..", ".", "x" * 201])
def test_a_key_that_nobody_could_read_or_ask_for_is_refused(api: Any, key: str) -> None:
    from suppliers.register.characters import LONGEST_KEY

    got = api.put(f"people/{key}", {"name": "Q"})
    assert got.status in (404, 422), got.body
    assert api.get("state").body["changes"]["total"] == 0
    assert LONGEST_KEY == 200


def test_a_text_without_end_is_refused(api: Any) -> None:
    got = api.put("people/qa1", {"name": "9" * 10_000})
    assert got.errors == ["name: is longer than 1000 characters"]


@pytest.mark.parametrize(
    ("at", "now"),
    [
        ("2025-12-31T12:00:00", "2025-12-31T11:00:00Z"),
        ("2025-07-01T12:00:00", "2025-07-01T10:00:00Z"),
        ("2025-12-31T12:00:00Z", "2025-12-31T12:00:00Z"),
        ("2025-12-31", "2025-12-31T11:00:00Z"),
    ],
)
def test_the_clock_takes_dutch_time_where_no_zone_is_said_and_noon_of_a_day(
    api: Any, at: str, now: str
) -> None:
    got = api.put("clock", {"at": at, "frozen": True})
    assert (got.status, got.body["now"]) == (200, now)


def test_the_clock_takes_a_day_that_is_counted_from_today(api: Any) -> None:
    assert api.put("clock", {"at": "today-1d", "frozen": True}).status == 200
    assert api.put("clock", {"at": "31-12-2025"}).body["errors"][0]["nearest"] == "2025-12-31"


def test_only_an_origin_that_was_named_may_call_from_a_page_elsewhere(start: Any) -> None:
    client = start(cors=("http://localhost:3000",))
    asks = {"Access_Control_Request_Method": "PUT", "Sec_Fetch_Site": "cross-site"}
    good = client("OPTIONS", "people/x", Origin="http://localhost:3000", **asks)
    assert (good.status, good.headers["Access-Control-Allow-Origin"]) == (204, "http://localhost:3000")
    assert "PUT" in good.headers["Access-Control-Allow-Methods"]
    bad = client("OPTIONS", "people/x", Origin="http://localhost:3001", **asks)
    assert "Access-Control-Allow-Origin" not in bad.headers
    put = client.put(
        "people/p.example", examples.PERSON, Origin="http://localhost:3000", Sec_Fetch_Site="cross-site"
    )
    assert (put.status, put.headers["Access-Control-Allow-Origin"]) == (201, "http://localhost:3000")
    assert (
        client.put(
            "people/y", {"name": "Y"}, Origin="http://localhost:3001", Sec_Fetch_Site="cross-site"
        ).status
        == 403
    )


def test_suppliers_are_told_with_what_they_can(api: Any) -> None:
    found = {one["slug"]: one for one in api.get("suppliers").body["suppliers"]}
    assert found["kpn"]["name"]
    assert any(one["smartcard"] for one in found.values())
    assert api.put("suppliers/kpn", {}).status in (404, 405)
