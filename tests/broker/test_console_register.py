"""The console's pages of people, companies and mandates: found, changed over the file, and put back, by plain forms."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from support.browser import Page
from support.walk import kind, walk

LISTS = {
    "people": "/console/people",
    "companies": "/console/companies",
    "mandates": "/console/register/mandates",
}
MIEKE = "/console/people/one?key=m.devries"
REGENBOOG = "/console/companies/one?key=regenboog"
MANDATE = "/console/register/mandates/one?" + urlencode({"key": "r.peters/regenboog/all"})


def api(bench: Any, path: str) -> Any:
    return json.loads(bench.browser().get(f"/api/v1/{path}").body)


def keys(page: Page) -> list[str]:
    return [row.get("data-key") for row in page.by_testid("row")]


def post(bench: Any, path: str, do: str = "save", **changed: str) -> Page:
    """Send the form of a page with some fields typed otherwise; where that leads."""
    browser = bench.browser()
    page = browser.get(path)
    assert page.status == 200, page.body
    form = page.tree.xpath("//form[@id='record']")[0]
    return browser.post(form.get("action"), {**dict(form.form_values()), **changed, "do": do})


def done(page: Page) -> Page:
    """Where a change leads that was made."""
    assert page.status == 200, page.readable
    assert page.said("done")
    return page


def values(page: Page) -> dict[str, Any]:
    return dict(page.tree.xpath("//form[@id='record']")[0].fields)


@pytest.mark.parametrize(("section", "path"), LISTS.items())
def test_a_list_shows_what_the_api_gives_fifty_a_page(bench: Any, section: str, path: str) -> None:
    name = "id" if section == "mandates" else "key"
    first = api(bench, section)
    page = bench.browser().get(path)
    assert keys(page) == [row[name] for row in first[section]]
    assert page.said("total").split()[0] == str(first["total"])
    assert f"eherkenning.yaml:{first[section][0]['source']['line']}" in page.said("source")
    found = list(keys(page))
    while following := page.by_testid("following"):
        page = bench.browser().get(following[0].get("href"))
        found += keys(page)
    whole = api(bench, f"{section}?limit=500")
    assert found == [row[name] for row in whole[section]]


@pytest.mark.parametrize(
    ("section", "query"),
    [
        ("people", "q=vries"),
        ("people", "supplier=kpn"),
        ("people", "company=regenboog"),
        ("companies", "q=90000012"),
        ("companies", "person=t.mulder"),
        ("mandates", "q=peters"),
        ("mandates", "person=t.mulder"),
        ("mandates", "company=regenboog&state=expired"),
        ("mandates", "service=mijn-helpdesk-po"),
    ],
)
def test_a_list_is_searched_as_the_api_is(bench: Any, section: str, query: str) -> None:
    name = "id" if section == "mandates" else "key"
    wanted = api(bench, f"{section}?{query}")
    page = bench.browser().get(f"{LISTS[section]}?{query}")
    assert 0 < wanted["total"] < api(bench, section)["total"]
    assert keys(page) == [row[name] for row in wanted[section]]
    assert f"GET /api/v1/{section}?{query}" in page.tree.xpath("//p[@class='api']")[0].text_content()


def test_a_wrong_search_says_what_the_api_says(bench: Any) -> None:
    page = bench.browser().get(f"{LISTS['mandates']}?state=asleep")
    assert page.status == 422
    answer = bench.browser().get("/api/v1/mandates?state=asleep")
    assert json.loads(answer.body)["errors"][0]["text"] in page.said("error-summary")


def test_a_person_is_changed_over_the_file_marked_as_such_and_put_back(bench: Any) -> None:
    page = done(post(bench, MIEKE, name="Mieke Anders"))
    assert page.said("done")
    assert "gewijzigd over het bestand" in page.said("changed")
    assert values(page)["name"] == "Mieke Anders"
    now = api(bench, "people/m.devries")
    assert (now["name"], now["source"]["tag"]) == ("Mieke Anders", "")
    assert now["attributes"], "what the form does not show stays"
    back = bench.browser().post(MIEKE, {"do": "restore"})
    page = done(back)
    assert not page.by_testid("changed")
    assert api(bench, "people/m.devries")["name"] == "Mieke de Vries"


def test_saving_what_is_there_already_changes_nothing(bench: Any) -> None:
    for path in (MIEKE, REGENBOOG, MANDATE):
        assert done(post(bench, path)).said("done").startswith("Het was al zo")
    assert api(bench, "state")["changes"]["total"] == 0


def test_an_emptied_field_takes_the_key_away(bench: Any) -> None:
    post(bench, MIEKE, phone="")
    assert "phone" not in api(bench, "people/m.devries")


@pytest.mark.parametrize(
    ("path", "section", "field", "wrong"),
    [
        (MIEKE, "people/m.devries", "phone", "12345"),
        (MIEKE, "people/m.devries", "email", "nobody"),
        (REGENBOOG, "companies/regenboog", "kvk", "123"),
        (REGENBOOG, "companies/regenboog", "manager", "m.behee"),
        (MANDATE, "mandates/r.peters/regenboog/all", "until", "31-12-2030"),
        (MANDATE, "mandates/r.peters/regenboog/all", "branch", "000099999999"),
    ],
)
def test_a_mistake_is_said_at_its_field_in_the_words_of_the_api_and_what_was_typed_is_kept(
    bench: Any, path: str, section: str, field: str, wrong: str
) -> None:
    page = post(bench, path, **{field: wrong})
    assert page.status == 422
    client = bench.application.wsgi.test_client()
    answer = client.patch(f"/api/v1/{section}", json={field: wrong}, base_url=bench.base_url)
    text = next(error["text"] for error in answer.get_json()["errors"] if error["key"].startswith(field))
    # Without the key of the file: the field has a label.
    assert f"{field}: {page.said(f'error-{field}')}" == text
    (link,) = page.tree.xpath(f"//*[@data-testid='error-summary']//a[@href='#{field}']")
    label = page.tree.xpath(f"//label[@for='{field}']")[0].text_content().removesuffix(" (optioneel)")
    assert link.text_content() == f"Controleer het veld ‘{label}’"
    assert text.partition(": ")[2] not in page.said("error-summary")
    assert values(page)[field] == wrong
    assert api(bench, "state")["changes"]["total"] == 0


def test_an_invisible_character_is_a_mistake_of_its_field(bench: Any) -> None:
    assert "U+0007" in post(bench, MIEKE, name="Mieke\u0007").said("error-name")


def test_who_is_referred_to_goes_only_with_all_that_refers_to_them(bench: Any) -> None:
    page = post(bench, MIEKE, "delete")
    assert page.status == 409
    assert "is referred to by mandate m.devries/" in page.said("error-summary")
    assert page.by_testid("cascade")
    gone = done(post(bench, MIEKE, "cascade"))
    assert "m.devries" in gone.said("done")
    page = bench.browser().get(MIEKE)
    assert page.status == 404
    assert api(bench, "mandates?person=m.devries")["total"] == 0
    assert done(bench.browser().post(MIEKE, {"do": "restore"})).status == 200


def test_a_change_that_would_break_others_is_refused_without_a_way_to_force_it(bench: Any) -> None:
    page = post(bench, REGENBOOG, branches="")
    assert page.status == 409
    assert "for a branch that would be gone" in page.said("error-summary")
    assert not page.by_testid("cascade")


def test_a_person_a_means_and_a_mandate_from_nothing_log_in(bench: Any) -> None:
    key = "p/1 & co"
    person = done(post(bench, "/console/people/new", key=key, name="Nieuw", phone="06-00000099"))
    assert person.status == 200
    means = {
        "supplier": "reconi",
        "username": "nieuw",
        "password": "Welkom-123",
        "level": "EH3",
        "pin": "123456",
    }
    path = f"/console/people/means?key={quote(key, safe='')}"
    done(post(bench, path, **means))
    mandate = {"person": key, "company": "regenboog", "service": "*", "level": "EH3"}
    page = done(post(bench, "/console/register/mandates/new", **mandate))
    assert page.said("source").endswith("toegevoegd")
    page = bench.browser().get(f"/console/people/one?key={quote(key, safe='')}")
    assert page.said("why-not").startswith("Komt binnen")
    assert bench.login("nieuw").fields


def test_a_key_that_is_taken_is_a_mistake_of_the_field(bench: Any) -> None:
    page = post(bench, "/console/people/new", key="m.devries", name="Nog een")
    assert page.said("error-key") == 'there is a person "m.devries" already'
    assert post(bench, "/console/people/new", name="Nog een").said("error-key")


def test_a_means_is_changed_and_taken_away(bench: Any) -> None:
    path = "/console/people/means?" + urlencode(
        {"key": "m.devries", "supplier": "reconi", "name": "m.devries"}
    )
    page = done(post(bench, path, status="suspended"))
    row = next(r for r in page.by_testid("row") if r.get("data-username") == "m.devries")
    assert row.get("data-state") == "suspended"
    assert "geschorst" in page.said("why-not")
    wrong = post(bench, path, pin="12")
    assert wrong.said("error-pin") == "a PIN has 6 digits, this one has 2; allowed: 6 digits"
    page = done(post(bench, path, "delete"))
    assert not page.by_testid("row")
    assert bench.browser().get(path).status == 404


def test_a_mandate_is_ended_yesterday_and_the_person_is_told(bench: Any) -> None:
    path = "/console/register/mandates/one?" + urlencode(
        {"key": api(bench, "mandates?person=m.devries")["mandates"][0]["id"]}
    )
    page = done(post(bench, path, until="today-1d"))
    assert (values(page)["until"], page.said("state")) == ("today-1d", "verlopen")
    assert "Komt niet binnen" in bench.browser().get(MIEKE).said("why-not")
    browser = bench.browser()
    assert kind(walk(browser, bench.ask(browser))) == "nomandate"


def test_branches_of_a_company_are_lines(bench: Any) -> None:
    lines = values(bench.browser().get(REGENBOOG))["branches"]
    done(post(bench, REGENBOOG, branches=f"{lines}\r\n000090000019 Locatie Noord"))
    assert api(bench, "companies/regenboog")["branches"]["000090000019"] == "Locatie Noord"
    twice = post(bench, REGENBOOG, branches="000090000019 A\n000090000019 B")
    assert "is here twice" in twice.said("error-branches")


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("pin", "12", "a PIN has 6 digits"),
        ("supplier", "reconni", "there is no supplier "),
        ("username", "k.dekker", '"k.dekker" is taken'),
        ("username", "m.devries", 'there is a means "reconi/m.devries" already'),
        ("username", "", "is empty"),
        ("level", "", "is missing"),
    ],
)
def test_a_mistake_in_a_new_means_is_said_at_its_field(bench: Any, field: str, text: str, said: str) -> None:
    means = {"supplier": "reconi", "username": "nieuw", "password": "Welkom-123", "level": "EH3"}
    page = post(bench, "/console/people/means?key=m.devries", **{**means, field: text})
    assert page.status == 422
    assert page.said(f"error-{field}").startswith(said)
    assert values(page)[field] == text


@pytest.mark.parametrize(
    "path", [MIEKE, "/console/people/new", "/console/people/means?key=m.devries", REGENBOOG, MANDATE]
)
def test_another_site_changes_nothing(bench: Any, path: str) -> None:
    page = bench.browser().post(path, {"do": "delete"}, Sec_Fetch_Site="cross-site")
    assert page.status == 403


@pytest.mark.parametrize(
    "path", ["/console/people/one", "/console/companies/one", "/console/register/mandates/one"]
)
def test_what_is_not_there_is_said_with_what_was_probably_meant(bench: Any, path: str) -> None:
    page = bench.browser().get(f"{path}?key=nope-nope")
    assert page.status == 404
    assert "there is no" in page.said("missing")
    assert bench.browser().post(f"{path}?key=nope-nope", {"do": "save"}).status == 404


def test_a_mandate_deleted_on_the_page_of_its_person_leads_back_there(bench: Any) -> None:
    browser = bench.browser()
    page = browser.get(MIEKE)
    before = len(page.by_testid("held-mandate"))
    form = page.form("delete-mandate")
    page = done(browser.post(form.get("action"), {**dict(form.form_values()), "do": "delete"}))
    assert page.heading == "Mieke de Vries"
    assert len(page.by_testid("held-mandate")) == before - 1


def test_a_change_that_the_file_leaves_no_room_for_is_told_and_can_be_dropped(bench: Any) -> None:
    means = {"supplier": "reconi", "username": "dubbel", "password": "Welkom-123", "level": "EH3"}
    done(post(bench, "/console/people/means?key=m.devries", **means))
    bench.rewrite("username: k.dekker", "username: dubbel")
    page = bench.browser().get(MIEKE)
    assert '"dubbel" is taken' in page.said("unfit")
    page = done(bench.browser().post(MIEKE, {"do": "restore"}))
    assert not page.by_testid("unfit")
