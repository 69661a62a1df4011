"""The pages behind the login, each with the data of the school or board that one works for."""

from __future__ import annotations

import re

import pytest
from helpdeskpo_world import BASE, Person, link, shown
from idp import PSEUDONYM, string_attribute
from werkzeug.test import TestResponse

from helpdeskpo.models import LoginRecord

BRANCH = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"
OTHER = "c" * 64 + "@" + "d" * 32


def add(person: Person, code: str) -> TestResponse:
    return person.post("/mijn/profiel/toevoegen", person.get("/mijn/profiel/toevoegen"), code=code)


def switch(person: Person, code: str) -> TestResponse:
    return person.post("/mijn/profiel/wisselen", person.get("/mijn/profiel"), code=code)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/mijn", "page-home"),
        ("/mijn/archief", "page-archive"),
        ("/mijn/contact", "page-support"),
        ("/mijn/evaluaties", "page-evaluations"),
        ("/mijn/evaluaties/1", "page-evaluation"),
        ("/mijn/gtb", "page-gtb"),
        ("/mijn/profiel", "page-profile"),
        ("/mijn/profiel/toevoegen", "page-add-account"),
    ],
)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_has_the_school_at_the_top_and_one_heading(
    person: Person, path: str, page: str, language: str
) -> None:
    person.arrive()
    got = person.get(f"{path}?lang={language}")
    assert (got.status_code, shown(got, "school-name"), shown(got, "school-code")) == (
        200,
        "testschooltje",
        "(00XX)",
    )
    assert len(re.findall("<h1", got.text)) == 1
    assert f'<h1 data-testid="{page}"' in got.text
    assert f'<html lang="{language}">' in got.text
    assert not re.search(r">\s*[a-z]+\.[a-z-]+\s*<", got.text), "an id of a text stands on the page"


def test_a_document_is_downloaded_with_its_name(person: Person) -> None:
    person.arrive()
    page = person.get("/mijn/archief")
    path = re.search(r'href="(/mijn/archief/\d+)" download="bericht-teldatum.txt"', page.text)
    assert path
    got = person.get(path[1])
    assert got.headers["Content-Disposition"] == "attachment; filename=bericht-teldatum.txt"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "testschooltje (00XX)" in got.text


def test_a_document_of_another_school_is_not_there(person: Person) -> None:
    person.arrive()
    mine = set(re.findall(r"/mijn/archief/\d+", person.get("/mijn/archief").text))
    assert len(mine) == 2
    codes = {number: person.get(f"/mijn/archief/{number}").status_code for number in range(1, 12)}
    assert {f"/mijn/archief/{number}" for number, code in codes.items() if code == 200} == mine


def test_a_question_is_kept_mailed_and_listed(person: Person) -> None:
    person.arrive()
    page = person.post(
        "/mijn/contact",
        person.get("/mijn/contact"),
        subject="Teldatum\nBcc: x",
        text="Klopt het?\n<b>nee</b>",
    )
    reference = re.search(r"PO-[0-9A-F]{8}", shown(page, "question-sent"))
    assert reference
    assert page.text.count(reference[0]) == 2
    (mail,) = person.mails()
    assert str(mail["To"]) == "helpdesk@helpdeskpo.example"
    assert str(mail["Subject"]) == f"{reference[0]}: Teldatum Bcc: x"
    assert "testschooltje (00XX)" in mail.get_content()
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"subject": "", "text": ""}, "Vul een onderwerp in."),
        ({"subject": "x", "text": ""}, "Vul uw vraag in."),
        ({"subject": "x" * 301, "text": "y"}, "hoogstens 300"),
        ({"subject": "x", "text": "y" * 4001}, "hoogstens 4000"),
    ],
)
def test_a_question_that_is_not_complete_is_not_sent(person: Person, said: dict[str, str], text: str) -> None:
    person.arrive()
    page = person.post("/mijn/contact", person.get("/mijn/contact"), **said)
    assert (page.status_code, text in page.text) == (422, True)
    assert person.mails() == []


def test_an_evaluation_is_answered_once_by_a_school(person: Person) -> None:
    person.arrive()
    form = person.get("/mijn/evaluaties/1")
    assert "Kies een cijfer" in person.post("/mijn/evaluaties/1", form, mark="6").text
    page = person.post("/mijn/evaluaties/1", form, mark="4", remark="Ging goed")
    assert (shown(page, "given-mark"), "Ging goed" in page.text) == ("4", True)
    again = person.client.post(
        "/mijn/evaluaties/1",
        data={"csrf_token": re.findall(r'csrf_token" value="([^"]+)', page.text)[0], "mark": "1"},
        base_url=BASE,
    )
    assert (again.status_code, shown(again, "given-mark")) == (409, "4")
    assert "Ingevuld op" in person.get("/mijn/evaluaties").text


def test_an_evaluation_that_does_not_exist(person: Person) -> None:
    person.arrive()
    assert person.get("/mijn/evaluaties/99").status_code == 404


def test_the_overview_has_the_figures_of_the_school(person: Person) -> None:
    person.arrive()
    page = person.get("/mijn/gtb")
    assert "1 februari 2026" in page.text
    assert ">207<" in page.text
    assert ">131<" not in page.text, "those are of another school"


# The profile


def test_a_registered_contact_person_adds_schools_and_boards_and_switches(person: Person) -> None:
    person.arrive()
    page = add(person, " 00xy ")
    assert "00XY" in shown(page, "account-added")
    assert "00020" in shown(add(person, "00020"), "account-added")
    assert shown(person.get("/mijn"), "school-code") == "(00XX)", "adding is not switching"
    page = switch(person, "00020")
    assert shown(page, "school-code") == "(00020)"
    assert 'data-testid="switch-00XX"' in page.text
    assert 'data-testid="no-documents"' in person.get("/mijn/archief").text
    assert shown(person.arrive(), "school-code") == "(00XX)", "the next login begins at one's own account"
    assert 'data-testid="switch-00XY"' in person.get("/mijn/profiel").text, "what was added stays"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("00VT", "niet als contactpersoon geregistreerd"),
        ("99QQ", "niet als contactpersoon geregistreerd"),
        ("00XX", "staat al in uw account"),
        ("", "Vul een instellingscode"),
    ],
)
def test_what_cannot_be_added_is_refused(person: Person, code: str, text: str) -> None:
    person.arrive()
    page = add(person, code)
    assert (page.status_code, text in page.text) == (422, True)


def test_an_unknown_code_and_one_of_others_read_the_same(person: Person) -> None:
    person.arrive()
    one, other = shown(add(person, "00VT"), "error-organisation-code"), add(person, "99QQ").text
    assert one.replace("00VT", "99QQ") in other


def test_one_cannot_switch_to_what_was_not_added(person: Person) -> None:
    person.arrive()
    page = switch(person, "00VT")
    assert (page.status_code, shown(page, "school-code")) == (403, "(00XX)")
    assert 'data-testid="switch-refused"' in page.text


def test_what_one_person_adds_is_not_another_s(person: Person) -> None:
    person.arrive()
    add(person, "00XY")
    link(person.app.extensions["helpdeskpo"].database, OTHER)
    person.arrive(OTHER)
    assert 'data-testid="switch-00XY"' not in person.get("/mijn/profiel").text
    assert switch(person, "00XY").status_code == 403


# A mandate for one branch; a chain mandate


def test_a_mandate_for_one_branch_opens_the_school_of_that_branch_only(person: Person) -> None:
    """SP-14, from the message on."""
    person.arrive()
    add(person, "00XY")
    page = person.log_in(extra=string_attribute(BRANCH, "000090000013"))
    assert (shown(page, "school-code"), shown(page, "branch")) == ("(00XY)", "000090000013")
    assert switch(person, "00XX").status_code == 403
    assert add(person, "00012").status_code == 422, "and nothing is added to it"


def test_a_branch_without_a_school_in_the_account_opens_nothing(person: Person) -> None:
    page = person.log_in(extra=string_attribute(BRANCH, "000090000099"))
    assert (page.status_code, shown(page, "login-error-code")) == (403, "SP-14")
    for path in ("/mijn/archief", "/mijn/profiel", "/mijn/gtb"):
        assert person.get(path).status_code == 403
    assert 'data-testid="logout"' in page.text


@pytest.mark.parametrize(
    "name", ["urn:etoegang:1.9:IntermediateEntityID:KvKnr", "urn:etoegang:core:IntermediateSubjectID"]
)
def test_a_chain_mandate_counts_for_the_company_and_its_intermediary_is_logged(
    person: Person, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """SP-15. By the plain attribute, and by the encrypted one."""
    from idp import KVK, attribute, encrypted_id

    plain = name.endswith("KvKnr")
    extra = (
        string_attribute(name, "90000047")
        if plain
        else attribute(name, encrypted_id(KVK, "90000047", person.reader))
    )
    with caplog.at_level("INFO", "helpdeskpo"):
        page = person.log_in(extra=extra)
    assert (shown(page, "school-code"), shown(page, "company-id")) == ("(00XX)", "90000012")
    assert shown(page, "intermediary") == "90000047"
    assert "through intermediary 90000047" in caplog.text
    assert PSEUDONYM not in caplog.text
    with person.app.extensions["helpdeskpo"].database.read() as session:
        assert [one.intermediary for one in session.query(LoginRecord)] == ["90000047"]
