"""What a tester changes over the API is in force, marked as such, and gone after a reset; the file is never touched."""

from __future__ import annotations

from typing import Any

import pytest

from broker.api import examples
from suppliers.register.problems import ConfigError

PERSON = examples.PERSON
ANNA = {"supplier": "reconi", "username": "anna", "password": "Geheim-1234", "level": "EH3", "pin": "123456"}
PAGES = ("services", "companies", "people", "mandates")


@pytest.mark.parametrize("section", PAGES)
def test_a_list_gives_each_record_as_its_own_address_does(api: Any, section: str) -> None:
    listed = api.get(f"{section}?limit=500").body
    assert listed["total"] == len(listed[section]) > 0
    for record in listed[section][:10]:
        key = record.get("key", record.get("id"))
        assert api.get(f"{section}/{key}").body == record
        assert record["source"]["from"] == "file"
        assert record["source"]["line"] > 0


@pytest.mark.parametrize("section", PAGES)
def test_pages_hold_together_everything_once_and_in_order(api: Any, section: str) -> None:
    whole = api.get(f"{section}?limit=500").body[section]
    found: list[Any] = []
    after = ""
    while True:
        page = api.get(f"{section}?limit=3&after={after}").body
        assert page["total"] == len(whole)
        found += page[section]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == whole


@pytest.mark.parametrize("section", PAGES)
def test_what_get_gives_can_be_put_back_and_changes_nothing(api: Any, section: str) -> None:
    version = api.get("state").body["configuration"]
    for record in api.get(f"{section}?limit=500").body[section]:
        given = {key: value for key, value in record.items() if key != "state"}
        key = record.get("key", record.get("id"))
        assert api.put(f"{section}/{key}", given).status == 200, record
    assert api.get("state").body["configuration"] == version
    assert api.get("state").body["changes"]["total"] == 0


def test_a_person_that_is_put_is_made_and_then_the_same(api: Any) -> None:
    first = api.put("people/p.example?tag=t1", PERSON)
    assert first.status == 201, first.body
    assert first.body["source"] == {"from": "api", "tag": "t1", "at": first.body["source"]["at"]}
    version = api.get("state").body["configuration"]
    again = api.put("people/p.example?tag=t1", PERSON)
    assert (again.status, again.body) == (200, first.body)
    assert api.get("state").body["configuration"] == version, "the same once more is no change"


def test_who_was_made_over_the_api_logs_in_with_a_mandate_made_over_it(bench: Any, api: Any) -> None:
    means = {**ANNA, "username": "p.example"}
    assert api.put("people/p.example", {**PERSON, "means": [means]}).status == 201
    made = api.post(
        "mandates", {"person": "p.example", "company": "regenboog", "service": "*", "level": "EH3"}
    )
    assert made.status == 201, made.body
    assert made.headers["Location"] == "/api/v1/mandates/p.example/regenboog/all"
    held = bench.application.parts.current.register.mandates_of("p.example")
    assert [str(mandate.place) for mandate in held] == ["api"]


def test_a_second_mandate_of_the_same_kind_gets_a_number(api: Any) -> None:
    body = {"person": "m.devries", "company": "regenboog", "service": "*", "level": "EH2"}
    found = [api.post("mandates", body).body["id"] for _ in range(2)]
    assert found == ["m.devries/regenboog/all-2", "m.devries/regenboog/all-3"]


def test_a_relative_day_counts_from_today(api: Any) -> None:
    made = api.post("mandates", examples.MANDATE)
    assert made.status == 201, made.body
    assert made.body["state"] == "expired"


def test_a_mandate_whose_id_is_there_is_not_made_again(api: Any) -> None:
    body = {
        "id": "m.devries/regenboog/all",
        "person": "m.devries",
        "company": "regenboog",
        "service": "*",
        "level": "EH3",
    }
    refused = api.post("mandates", body)
    assert refused.status == 409
    assert "PUT" in refused.body["detail"]


def test_a_patch_changes_what_it_names_and_null_takes_away(api: Any) -> None:
    before = api.get("people/m.devries").body
    assert before["email"]
    changed = api.patch("people/m.devries", {"name": "Maria", "email": None})
    assert changed.status == 200, changed.body
    assert changed.body["name"] == "Maria"
    assert "email" not in changed.body
    assert changed.body["means"] == before["means"]


def test_deleting_what_a_file_has_hides_it_and_says_so(api: Any) -> None:
    made = api.put("companies/bakkerij", examples.COMPANY)
    assert made.status == 201, made.body
    assert api.delete("companies/bakkerij").body["hidden"] == 0
    key = next(c["key"] for c in api.get("companies?limit=500").body["companies"])
    gone = api.delete(f"companies/{key}?cascade=true")
    assert gone.status == 200, gone.body
    assert gone.body["hidden"] == len(gone.body["gone"]) > 1
    assert api.get(f"companies/{key}").status == 404
    assert all(m["company"] != key for m in api.get("mandates?limit=500").body["mandates"])


@pytest.mark.parametrize("path", ["companies/regenboog", "people/m.devries", "services/mijn-helpdesk-po"])
def test_deleting_what_mandates_name_is_refused_with_their_names(api: Any, path: str) -> None:
    refused = api.delete(path)
    assert refused.status == 409, refused.body
    assert refused.body["users"]
    assert "cascade=true" in refused.body["detail"]
    assert api.get(path).status == 200


def test_a_company_keeps_the_branch_that_a_mandate_is_for(api: Any) -> None:
    mandate = next(m for m in api.get("mandates?limit=500").body["mandates"] if "branch" in m)
    refused = api.patch(f"companies/{mandate['company']}", {"branches": None})
    assert refused.status == 409, refused.body
    assert {"section": "mandates", "key": mandate["id"]} in refused.body["users"]


@pytest.mark.parametrize(
    ("path", "change", "says"),
    [
        ("people/{manager}", {"email": None}, "as its manager"),
        ("companies/{intermediary}", {"kvk": None, "rsin": "999901035"}, "as its intermediary"),
        (
            "services/mijn-helpdesk-po",
            {"service_id": "urn:etoegang:DV:00000001999999990000:services:77"},
            "service_id",
        ),
    ],
)
def test_what_others_need_of_a_record_is_kept(api: Any, path: str, change: Any, says: str) -> None:
    manager = next(c["manager"] for c in api.get("companies?limit=500").body["companies"] if "manager" in c)
    between = next(
        m["intermediary"] for m in api.get("mandates?limit=500").body["mandates"] if "intermediary" in m
    )
    refused = api.patch(path.format(manager=manager, intermediary=between), change)
    assert refused.status == 409, refused.body
    assert says in refused.body["detail"]


def test_a_key_that_is_not_there_brings_the_nearest(api: Any) -> None:
    missing = api.get("people/m.devris")
    assert (missing.status, missing.body["nearest"]) == (404, "m.devries")


BROKEN = {
    "people": {
        "nam": "Anna",
        "email": "anna",
        "phone": "612345678",
        "means": [{**ANNA, "level": "EH9", "supplier": "recony"}, {"card": "1", "level": "EH3"}],
    },
    "companies": {"name": "X", "kvk": "1234567", "manager": "m.devris", "branches": {"1": "Y"}},
    "services": {
        "name": {"nl": ""},
        "provider": "P",
        "service_id": "urn:etoegang:DV:1:services:1",
        "level": "3",
    },
    "mandates": {
        "person": "m.devris",
        "company": "regenbog",
        "service": "Mijn Helpdesk",
        "level": "EH3",
        "from": "2026-13-01",
        "branch": "12",
    },
}


@pytest.mark.parametrize("section", PAGES)
def test_mistakes_are_said_in_the_words_of_the_yaml_all_at_once(bench: Any, api: Any, section: str) -> None:
    refused = api.put(f"{section}/broken", BROKEN[section])
    assert refused.status == 422
    with pytest.raises(ConfigError) as raised:
        from_yaml(bench, section, BROKEN[section])
    found = {(error["key"], error["message"], error["nearest"]) for error in refused.body["errors"]}
    said = {(inside(problem.key), problem.message, problem.nearest) for problem in raised.value.problems}
    assert found == said
    assert len(found) > 2


def from_yaml(bench: Any, section: str, value: Any) -> None:
    """The same record written in the file."""
    import yaml

    from suppliers.register.loader import loads

    file = bench.home / "eherkenning.yaml"
    data = yaml.load(file.read_text(), Loader=yaml.BaseLoader)
    known = {key: value for key, value in data.items() if key in PAGES}
    if section == "mandates":
        known[section] = [value, *known[section]]
    else:
        known[section] = {**known[section], "broken": value}
    slugs = tuple(bench.application.parts.suppliers.profiles)
    profiles = bench.application.parts.suppliers.profiles
    cards = [slug for slug in slugs if profiles[slug].smartcard]
    loads(yaml.safe_dump(known, sort_keys=False), "f.yaml", suppliers=slugs, smartcards=cards)


def inside(key: str) -> str:
    for start in ("mandates[1]", "people.broken", "companies.broken", "services.broken"):
        key = key.removeprefix(start)
    return key.removeprefix(".")


@pytest.mark.parametrize(
    ("raw", "status", "says"),
    [
        (b"", 422, "line 1, column 1"),
        (b"{", 422, "line 1"),
        (b"[1]", 422, "'key: value' lines"),
        (b"null", 422, "has no value"),
        (b'{"name": "a", "name": "b"}', 422, "twice"),
        (b'{"name": NaN}', 422, "NaN"),
        (b'{"name": "\\ud800"}', 422, "U+D800"),
        (b'{"name": "\\u0000"}', 422, "U+0000"),
        (b"\xff", 422, "UTF-8"),
        (b"[" * 100_000, 422, "nested"),
        (b'{"name": ' + b'{"a":' * 40 + b"1" + b"}" * 41, 422, "nested"),
        (b'{"name": "A", "key": "other"}', 422, "that of the address"),
        (b'{"name": ' + b"1" * 10_000 + b"}", 422, "longer than 1000"),
        (b'{"name": ' + b"1" * 1_000 + b"}", 201, ""),
    ],
)
def test_any_body_is_answered_in_words(api: Any, raw: bytes, status: int, says: str) -> None:
    answer = api("PUT", "people/someone", raw=raw)
    assert answer.status == status, answer.body
    assert says in str(answer.body)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_does_not_say_that_it_is_json_is_refused(api: Any, kind: str) -> None:
    refused = api("PUT", "people/someone", PERSON, Content_Type=kind)
    assert (refused.status, refused.body["status"]) == (415, 415)
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["tag=a b", "tag=" + "a" * 101, "tga=x", "tag=%00", "cascade=maybe"])
def test_a_wrong_parameter_is_named(api: Any, query: str) -> None:
    refused = api.delete(f"people/m.devries?{query}")
    assert refused.status == 422, refused.body
    assert refused.body["errors"][0]["key"] == query.partition("=")[0]


def test_the_environment_of_the_broker_stays_its_own(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOP_SECRET", "very-secret")
    refused = api.put("people/x", {"name": "X", "means": [{**ANNA, "password": "${TOP_SECRET}"}]})
    assert refused.status == 422
    assert "very-secret" not in str(refused.body)
    assert "a file only" in refused.errors[0]


def test_a_means_is_given_changed_and_taken_away_by_itself(api: Any) -> None:
    path = "people/m.devries/means/kpn/maria"
    body = {"password": "Geheim-1234", "level": "EH3", "pin": "123456"}
    before = api.get("people/m.devries/means").body["means"]
    assert api.put(path, body).status == 201
    assert api.put(path, body).status == 200
    assert api.get(path).body["username"] == "maria"
    wrong = api.put(path, {**body, "level": "EH9"})
    assert wrong.errors == ['level: "EH9" is not a level; allowed: EH2, EH2+, EH3, EH4']
    assert wrong.body["errors"][0]["pointer"] == "/level"
    assert api.delete(path).status == 200
    assert api.delete(path).status == 404
    assert api.get("people/m.devries/means").body["means"] == before


def test_a_user_name_that_somebody_has_is_refused_and_named(api: Any) -> None:
    taken = api.get("people/m.devries").body["means"][0]
    body = {
        "name": "Other",
        "means": [{**ANNA, "supplier": taken["supplier"], "username": taken["username"].upper()}],
    }
    refused = api.put("people/other", body)
    assert refused.status == 422, refused.body
    assert "is taken on line" in refused.errors[0]


def test_a_name_that_was_given_up_can_be_taken(api: Any) -> None:
    was = api.get("people/m.devries").body
    first = was["means"][0]
    assert api.patch("people/m.devries", {"means": was["means"][1:]}).status == 200
    assert api.put("people/other", {"name": "Other", "means": [first]}).status == 201
    refused = api.put("people/m.devries", {key: was[key] for key in was if key not in ("key", "source")})
    assert refused.status == 422, "the other has it now"


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("mandates?person=m.devries&limit=500", lambda m: m["person"] == "m.devries"),
        (
            "mandates?company=regenboog&limit=500",
            lambda m: "regenboog" in (m["company"], m.get("intermediary")),
        ),
        ("mandates?state=expired&limit=500", lambda m: m["state"] == "expired"),
        ("mandates?service=mijn-helpdesk-po&limit=500", lambda m: m.get("service", "").startswith("urn:")),
        ("people?supplier=kpn&limit=500", lambda p: any(m["supplier"] == "kpn" for m in p["means"])),
        ("people?q=VRIES&limit=500", lambda p: "vries" in str(p).casefold()),
        ("companies?person=m.devries&limit=500", lambda c: c["key"] in ("regenboog", "vuurtoren", c["key"])),
    ],
)
def test_a_filter_gives_what_fits_and_all_of_it(api: Any, path: str, fits: Any) -> None:
    section = path.partition("?")[0]
    found = api.get(path).body
    everything = api.get(f"{section}?limit=500").body[section]
    assert found[section], "a filter that nothing fits proves nothing"
    assert all(map(fits, found[section]))
    if "companies" not in path:
        assert found["total"] == sum(map(fits, everything))
