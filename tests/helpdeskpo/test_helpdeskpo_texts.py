"""Every text in Dutch and in English, on every page by the switch."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from helpdeskpo_world import Person, shown
from lxml import html
from werkzeug.test import TestResponse

from helpdeskpo import texts
from support import gettext_files as files

DUTCH, ENGLISH = files.po("helpdeskpo", "nl"), files.po("helpdeskpo", "en")
PROBLEM = re.compile(r'Problem\(\s*(?:"code" if by_code else )?"\w+",\s*"([\w-]+)"')


def test_every_text_is_there_in_both_languages_with_the_same_values_to_fill_in() -> None:
    assert list(DUTCH) == list(ENGLISH), "the two files have the same ids in the same order"
    assert not {k for k in DUTCH if files.placeholders(DUTCH[k]) != files.placeholders(ENGLISH[k])}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    assert files.mo("helpdeskpo", language) == files.po("helpdeskpo", language), "run: make translations"


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = files.asked(files.ROOT / "helpdeskpo")
    assert not {key: file for key, file in asked.items() if "." in key and key not in DUTCH}


def test_every_problem_and_every_refusal_has_its_text() -> None:
    told = set()
    for file in (files.ROOT / "helpdeskpo").rglob("*.py"):
        told |= set(PROBLEM.findall(file.read_text(encoding="utf-8")))
    written = {key.removeprefix("problem.") for key in DUTCH if key.startswith("problem.")}
    assert told - {"pin-wrong"} <= written
    assert written - told <= {"pin-wrong", "pin-replaced"}, "no text that nobody can read"
    for code in texts.CODES:
        assert {f"refused.{code}.{part}" for part in ("title", "happened", "advice")} <= DUTCH.keys()


def test_every_code_of_a_refusal_is_in_the_list() -> None:
    raised = set()
    for file in (files.ROOT / "helpdeskpo").rglob("*.py"):
        raised |= set(re.findall(r'Refus(?:ed|al)\(\s*"([\w-]+)"', file.read_text(encoding="utf-8")))
    assert raised <= set(texts.CODES)


def test_no_text_is_taken_for_html_or_for_a_place_to_fill_in() -> None:
    """Flask-Babel marks a text as safe and fills in %(name)s: a bare < or % would break the page."""
    for text in (*DUTCH.values(), *ENGLISH.values()):
        assert not set("<>&") & set(text), text
        assert "%" not in text.replace("%(", ""), text


def words(page: TestResponse) -> str:
    return html.fromstring(page.text).text_content()


def test_the_switch_changes_the_language_and_is_remembered(person: Person) -> None:
    page = person.get("/")
    assert "Inloggen met e-Herkenning" in words(page), "Dutch first, whatever the browser would like"
    switch = re.search(r'class="language" href="([^"]+)"', page.text)
    assert switch
    assert "Log in with e-Herkenning" in words(person.get(switch[1]))
    page = person.get("/toelichting")
    assert "Logging in for the first time" in page.text
    assert '<html lang="en">' in page.text
    person.get("/?lang=nl")
    assert "De eerste keer inloggen" in person.get("/toelichting").text


def test_the_page_of_a_failed_login_can_be_read_in_the_other_language(person: Person) -> None:
    page = person.log_in(status="Responder", second_status="AuthnFailed")
    switch = re.search(r'class="language" href="([^"]+)"', page.text)
    assert switch
    english = person.get(switch[1].replace("&amp;", "&"))
    assert "You are not logged in" in english.text
    assert shown(english, "login-error-reference") == shown(page, "login-error-reference")


def test_a_language_that_is_not_there_changes_nothing(person: Person) -> None:
    page = person.get("/?lang=xx")
    assert '<html lang="nl">' in page.text
    assert "Set-Cookie" not in page.headers


def test_a_mail_is_in_the_language_of_the_page(person: Person) -> None:
    person.get("/?lang=en")
    page = person.arrive("a" * 64)
    said = {"email": "m.devries@voorbeeld.example", "user_name": "testschooltje", "password": "Helpdesk-123"}
    person.post("/koppelen", page, **said)
    assert str(person.mails()[0]["Subject"]) == "Your PIN for MijnHelpdeskPO"


@pytest.mark.parametrize("code", ["SP-01", "SP-03", "SP-08", "SP-09"])
def test_a_failed_login_has_a_reference_that_is_in_the_log(
    person: Person, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    wrong: dict[str, Any] = {
        "SP-01": {"sign_response": False},
        "SP-03": {"not_on_or_after": -timedelta(minutes=1)},
        "SP-08": {"status": "Responder", "second_status": "AuthnFailed"},
        "SP-09": {"status": "Requester"},
    }[code]
    page = person.log_in(**wrong)
    reference = shown(page, "login-error-reference")
    assert re.fullmatch(r"PO-[0-9A-F]{8}", reference)
    assert f"{reference}: {code}" in caplog.text
    assert re.search(r'<details class="technical">', page.text), "folded, for who wants to know"
    assert 'data-testid="back-to-start"' in page.text
