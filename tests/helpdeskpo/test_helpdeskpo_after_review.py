"""What a stranger, a slow broker or an odd answer could do before, and cannot do now."""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask import session as of_browser
from helpdeskpo_world import BASE, PASSWORDS, Clock, Person, Wire, shown, token
from idp import Party, attribute, encrypted_id, party, string_attribute
from sqlalchemy import func, select

from helpdeskpo import addresses, checks, forgotten, sessions
from helpdeskpo.app import create_app
from helpdeskpo.broker import BrokerMetadata
from helpdeskpo.identity import BRANCH, SUBDOSSIER
from helpdeskpo.keys import KeyPair
from helpdeskpo.models import ActivationCode, Pending, WebSession
from helpdeskpo.pages import visitor
from helpdeskpo.secret import Passwords
from helpdeskpo.settings import Settings
from helpdeskpo.transport import Unreachable

NEW = "a" * 64 + "@" + "b" * 32
GOOD = {"email": "m.devries@voorbeeld.example", "user_name": "testschooltje", "password": "Helpdesk-123"}


def rows(person: Person) -> int:
    with person.app.extensions["helpdeskpo"].database.read() as session:
        return session.scalar(select(func.count()).select_from(WebSession)) or 0


# Sessions


@pytest.mark.parametrize("rotates", [False, True])
def test_a_request_under_way_does_not_undo_a_log_out(person: Person, rotates: bool) -> None:
    page = person.arrive()

    def meanwhile() -> str:
        other = person.app.test_client()
        found = person.client.get_cookie(sessions.COOKIE)
        assert found
        other.set_cookie(sessions.COOKIE, found.value, domain="localhost")
        sent = {"csrf_token": token(page)}
        assert other.post("/uitloggen", data=sent, base_url=BASE).status_code == 303
        of_browser["late"] = True
        if rotates:
            visitor.kept().rotate()
        return "done"

    before = rows(person)
    person.app.view_functions["home"] = meanwhile
    answer = person.get("/mijn")
    assert answer.text == "done"
    assert rows(person) == before - 1
    assert "Set-Cookie" not in answer.headers


def test_sessions_of_nobody_are_few_and_short(
    person: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_UNKNOWN", 3)
    person.arrive()
    for _ in range(5):
        person.app.test_client().get("/wachtwoord-vergeten", base_url=BASE)
    assert rows(person) == 1 + 3
    assert person.get("/mijn").status_code == 200, "who is logged in is not pushed out"
    clock.ahead = timedelta(minutes=61)
    person.app.test_client().get("/wachtwoord-vergeten", base_url=BASE)
    assert rows(person) == 1 + 1


@pytest.mark.parametrize("path", ["/mijn/contact", "/uitloggen", "/koppelen"])
def test_a_form_that_comes_after_the_session_says_that_it_is_over(person: Person, path: str) -> None:
    page = person.follow(person.app.test_client().post(path, data={"csrf_token": "x"}, base_url=BASE))
    assert 'data-testid="session-over"' in page.text


def test_the_page_for_a_fault_needs_no_session(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_all: object) -> None:
        raise OSError("database is locked")

    monkeypatch.setattr(type(person.app.session_interface), "open_session", locked)
    person.app.testing = False
    page = person.get("/mijn")
    assert (page.status_code, shown(page, "login-error-code")) == (500, "fault")


# Answers


def test_what_came_is_one_short_line_wherever_it_goes(
    person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        person.log_in(status="Responder", message="a\nhelpdeskpo INFO login by post" + "x" * 100_000)
    (said,) = [one.getMessage() for one in caplog.records if one.name == "helpdeskpo.saml"]
    assert "\n" not in said
    assert len(said) < 500
    assert checks.Refusal("x", "a\r\n\x1b[2Jb", "y" * 999) == checks.Refusal("x", "a [2Jb", "y" * 300)


@pytest.mark.parametrize(
    "extra",
    [
        string_attribute(BRANCH, ""),
        string_attribute(BRANCH, "12345"),
        attribute(BRANCH),
        attribute(BRANCH, "000090000012", "000090000013"),
        attribute(BRANCH, "<saml:NameID>000090000012</saml:NameID>"),
        string_attribute(SUBDOSSIER, "0001"),
        string_attribute("urn:etoegang:1.9:ServiceRestriction:Postcode", "1234AB"),
    ],
)
def test_a_restriction_that_is_not_understood_opens_nothing(person: Person, extra: str) -> None:
    assert shown(person.log_in(extra=extra), "login-error-code") == "SP-14"
    assert person.get("/mijn").status_code == 303


def test_a_branch_with_its_subdossier_is_a_branch(person: Person) -> None:
    extra = string_attribute(BRANCH, "000090000012") + string_attribute(SUBDOSSIER, "0001")
    assert shown(person.log_in(extra=extra), "branch") == "000090000012"


def encrypted_attribute(reader: Party) -> str:
    return encrypted_id("x", "secret", reader).replace("EncryptedID", "EncryptedAttribute")


def test_an_attribute_for_another_reader_is_none_of_our_business(person: Person) -> None:
    page = person.log_in(extra=encrypted_attribute(party("urn:etoegang:DV:00000000000000000009:entities:1")))
    assert page.request.path == "/mijn"


# The broker's metadata


class Slow(Wire):
    """Hangs until it is told to go on."""

    def __init__(self, inner: Wire) -> None:
        super().__init__(inner.idp)
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.hangs = False

    def get(self, url: str) -> bytes:
        if self.hangs:
            self.fetched += 1
            self.asked.set()
            assert self.go_on.wait(10)
            raise Unreachable("hung")
        return super().get(url)


def test_metadata_that_hangs_holds_up_one_request_and_not_all(
    settings: Settings, keys: KeyPair, wire: Wire
) -> None:
    slow, at = Slow(wire), [0.0]
    metadata = BrokerMetadata(settings, keys, slow, lambda: at[0])
    good = metadata.current()
    slow.hangs, at[0] = True, 100.0
    failures: list[Unreachable] = []

    def first() -> None:
        try:
            metadata.current()
        except Unreachable as reason:
            failures.append(reason)

    thread = threading.Thread(target=first)
    thread.start()
    assert slow.asked.wait(10)
    assert metadata.current() is good, "served while another one fetches"
    at[0] = 110.0
    slow.go_on.set()
    thread.join(10)
    assert len(failures) == 1
    fetched = slow.fetched
    with pytest.raises(Unreachable, match="hung"):
        metadata.current()
    assert slow.fetched == fetched, "remembered for as long as it took"
    slow.hangs, at[0] = False, 120.0
    assert metadata.current() is good


# Addresses, passwords, linking


@pytest.mark.parametrize(
    "address", ['"info"@school.example', "info(x)@school.example", "i(x).jansen@x.example"]
)
def test_an_address_with_quotes_or_comments_is_none(address: str) -> None:
    assert addresses.normal(address) is None


@pytest.mark.parametrize(
    "local", ["post", "school", "secr", "adm", "dir", "ib", "mt", "info~x", "info!1", "'info"]
)
def test_more_general_addresses(local: str) -> None:
    assert addresses.general(f"{local}@school.example")


def claim(person: Person, acting: str, company: str, password: str) -> str:
    page = person.arrive(acting, company)
    return person.post("/koppelen", page, **{**GOOD, "password": password}).request.path


def test_another_company_does_not_lock_an_account(person: Person) -> None:
    for _ in range(11):
        claim(person, "c" * 64, "90000099", "fout")
    assert claim(person, NEW, "90000012", "Helpdesk-123") == "/koppelen/bevestigen"


def test_passwords_are_checked_while_others_may_write(settings: Settings, wire: Wire, person: Person) -> None:
    database = person.app.extensions["helpdeskpo"].database
    written = []

    class Writing(Passwords):
        def right(self, password_hash: str | None, password: str) -> bool:
            with database.write() as session:
                written.append(session.scalar(select(func.count()).select_from(Pending)))
            return super().right(password_hash, password)

    object.__setattr__(
        person.app.extensions["helpdeskpo"], "passwords", Writing(PASSWORDS._hasher)
    )  # a write inside a write would wait for ten seconds, and fail
    assert claim(person, NEW, "90000012", "Helpdesk-123") == "/koppelen/bevestigen"
    assert written == [0]


def test_a_new_password_ends_what_the_old_one_began(person: Person) -> None:
    page = person.post("/koppelen", person.arrive(NEW), **GOOD)
    pin = person.pin()
    site = person.app.extensions["helpdeskpo"]
    with site.database.write() as session:
        asked = forgotten.ask(session, site.now(), "testschooltje")
        assert asked
        forgotten.change(session, site.now(), asked[2], site.passwords.hash("Nieuw-wachtwoord-1"))
    assert person.post("/koppelen/bevestigen", page, pin=pin).request.path == "/koppelen"


def test_a_code_that_ran_out_while_its_pin_was_on_its_way(person: Person) -> None:
    said = {"email": GOOD["email"], "code": "ZUID-7KQF-2M9X-HT4D"}
    page = person.post("/koppelen", person.arrive(NEW, "90000012"), **said)
    site = person.app.extensions["helpdeskpo"]
    with site.database.write() as session:
        for code in session.scalars(select(ActivationCode)):
            code.expires_at = site.now()
    page = person.post("/koppelen/bevestigen", page, pin=person.pin())
    assert (page.status_code, "verlopen" in page.text) == (422, True)


# Pages


@pytest.mark.parametrize("path", ["/mijn/archief", "/mijn/evaluaties"])
def test_a_number_beyond_the_database_is_not_there(person: Person, path: str) -> None:
    person.arrive()
    assert person.get(f"{path}/{2**63}").status_code == 404


def test_public_pages_show_the_school_of_who_is_logged_in(person: Person) -> None:
    person.arrive()
    assert shown(person.get("/contact"), "school-code") == "(00XX)"
    assert shown(person.app.test_client().get("/contact", base_url=BASE), "school-code") == ""


def test_english_dates_kinds_and_titles(person: Person) -> None:
    person.arrive()
    page = person.get("/mijn?lang=en")
    assert shown(page, "company-id-type") == "KvK number"
    assert re.search(r"<small>\d{1,2} [A-Z][a-z]+ \d{4}", person.get("/mijn/archief").text)
    page = person.post("/mijn/contact", person.get("/mijn/contact"), subject="", text="")
    assert "<title>Error: " in page.text


def test_the_gemachtigde_is_written_to_in_dutch(person: Person) -> None:
    page = person.get("/wachtwoord-vergeten?lang=en")
    assert 'data-testid="back-to-start"' in page.text
    person.post("/wachtwoord-vergeten", page, user_name="testschooltje")
    assert person.mails()[-1].get_content().startswith("Beste ")


def test_the_way_out_of_a_branch_without_a_school_is_to_log_out(person: Person) -> None:
    page = person.arrive(branch="000090000099")
    assert shown(page, "log-out-here") == "Uitloggen"


def test_https_stays_https(app: Flask, settings: Settings, wire: Wire) -> None:
    header = "Strict-Transport-Security"
    assert header not in app.test_client().get("/", base_url=BASE).headers
    secure = create_app(replace(settings, base_url="https://localhost:8081"), wire, PASSWORDS)
    assert header in secure.test_client().get("/", base_url="https://localhost:8081").headers
