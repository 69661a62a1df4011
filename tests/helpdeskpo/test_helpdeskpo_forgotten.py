"""A forgotten password: the mail goes to the gemachtigde, and its link works once, for an hour."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from helpdeskpo_world import BASE, Clock, Person, shown
from werkzeug.test import TestResponse

from helpdeskpo.models import ResetToken

NEW = "a" * 64 + "@" + "b" * 32
PASSWORD = "Een-nieuw-wachtwoord"


def ask(person: Person, user_name: str = "testschooltje") -> TestResponse:
    return person.post("/wachtwoord-vergeten", person.get("/wachtwoord-vergeten"), user_name=user_name)


def link_of(person: Person) -> str:
    """Path and query of the link in the newest mail."""
    found = re.search(rf"{BASE}(/\S+)", person.mails()[-1].get_content())
    assert found
    return found[1]


def choose(person: Person, link: str, password: str = PASSWORD, again: str | None = None) -> TestResponse:
    page = person.get(link)
    return person.post(link, page, password=password, again=password if again is None else again)


def links(person: Person, password: str) -> bool:
    """Whether somebody can link with this password now."""
    page = person.arrive(NEW)
    said = {"email": "m.devries@voorbeeld.example", "user_name": "testschooltje", "password": password}
    return person.post("/koppelen", page, **said).request.path == "/koppelen/bevestigen"


def test_the_mail_goes_to_the_gemachtigde_and_not_to_who_asks(person: Person) -> None:
    page = ask(person)
    assert page.request.path == "/wachtwoord-vergeten/verstuurd"
    (mail,) = person.mails()
    assert str(mail["To"]) == "m.beheer@voorbeeld.example"
    assert "testschooltje (00XX)" in mail.get_content()
    assert "m.beheer" not in page.text, "whose address it is, is nobody's business"


def test_the_answer_is_the_same_for_an_account_that_is_not_there(person: Person) -> None:
    there, gone = ask(person), ask(person, "bestaat-niet")
    assert (there.status_code, there.text) == (gone.status_code, gone.text)
    assert len(person.mails()) == 1


def test_the_new_password_links_and_the_old_one_does_not(person: Person) -> None:
    ask(person)
    page = choose(person, link_of(person))
    assert page.request.path == "/wachtwoord-herstellen/klaar"
    assert "testschooltje" in page.text
    assert not links(person, "Helpdesk-123")
    assert links(person, PASSWORD)


def test_the_link_works_once(person: Person) -> None:
    ask(person)
    link = link_of(person)
    choose(person, link)
    page = person.get(link)
    assert (page.status_code, "al gebruikt" in shown(page, "no-reset-reason")) == (410, True)
    page = person.post(
        link, person.get("/wachtwoord-vergeten"), password="Nog-een-ander", again="Nog-een-ander"
    )
    assert page.status_code == 410
    assert links(person, PASSWORD), "the second one changed nothing"


def test_looking_uses_nothing_up(person: Person) -> None:
    ask(person)
    link = link_of(person)
    for _ in range(3):
        assert person.get(link).status_code == 200
    assert choose(person, link).request.path == "/wachtwoord-herstellen/klaar"


def test_the_link_works_for_an_hour(person: Person, clock: Clock) -> None:
    ask(person)
    link = link_of(person)
    clock.ahead = timedelta(minutes=59)
    assert person.get(link).status_code == 200
    clock.ahead = timedelta(minutes=60)
    page = person.get(link)
    assert (page.status_code, "verlopen" in shown(page, "no-reset-reason")) == (410, True)


@pytest.mark.parametrize("code", ["", "x" * 43, "../..", "%00"])
def test_a_link_of_somebody_s_own_making_is_unknown(person: Person, code: str) -> None:
    page = person.get(f"/wachtwoord-herstellen?code={code}")
    assert (page.status_code, "kennen deze link niet" in shown(page, "no-reset-reason")) == (410, True)


def test_a_password_change_ends_the_other_links(person: Person) -> None:
    ask(person)
    first = link_of(person)
    ask(person)
    choose(person, link_of(person))
    assert person.get(first).status_code == 410


@pytest.mark.parametrize(
    ("password", "again", "text"),
    [
        ("kort", "kort", "ten minste 10 tekens"),
        ("x" * 201, "x" * 201, "hoogstens 200"),
        (PASSWORD, PASSWORD + "x", "niet gelijk"),
    ],
)
def test_a_password_that_will_not_do_is_told_and_uses_nothing_up(
    person: Person, password: str, again: str, text: str
) -> None:
    ask(person)
    page = choose(person, link_of(person), password, again)
    assert (page.status_code, text in page.text, password in page.text) == (422, True, False)
    assert choose(person, link_of(person)).request.path == "/wachtwoord-herstellen/klaar"


def test_nobody_s_mailbox_is_filled(person: Person, clock: Clock) -> None:
    for _ in range(5):
        ask(person)
    assert len(person.mails()) == 3
    clock.ahead = timedelta(hours=2)
    ask(person)
    assert len(person.mails()) == 4


def test_the_token_is_long_and_nowhere_as_it_is(person: Person, caplog: pytest.LogCaptureFixture) -> None:
    ask(person)
    token = urlsplit(link_of(person)).query.removeprefix("code=")
    assert len(token) == 43, "256 bits in base64"
    with person.app.extensions["helpdeskpo"].database.read() as session:
        (kept,) = session.query(ResetToken)
    assert token not in kept.token_hash
    choose(person, link_of(person))
    assert token not in caplog.text


def test_the_way_back_is_to_linking_for_who_was_linking(person: Person) -> None:
    assert 'data-testid="back-to-start"' in ask(person).text
    person.arrive(NEW)
    assert 'data-testid="back-to-link"' in ask(person).text
