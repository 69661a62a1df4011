"""Sessions, forms and log-out: what a stranger with a link, a cookie or a form cannot do."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from helpdeskpo_world import BASE, PASSWORDS, Clock, Person, Wire, shown, token, verified
from idp import AD, NS
from werkzeug.test import EnvironBuilder

from helpdeskpo.app import create_app
from helpdeskpo.models import WebSession
from helpdeskpo.settings import Settings

NEW = "a" * 64 + "@" + "b" * 32
COOKIE = "helpdeskpo_session"


def cookie(person: Person) -> str:
    found = person.client.get_cookie(COOKIE)
    return found.value if found else ""


def test_a_login_and_a_link_each_give_the_session_a_new_name(person: Person) -> None:
    person.get("/wachtwoord-vergeten")
    names = [cookie(person)]
    page = person.arrive(NEW)
    names.append(cookie(person))
    said = {"email": "m.devries@voorbeeld.example", "user_name": "testschooltje", "password": "Helpdesk-123"}
    page = person.post("/koppelen", page, **said)
    assert cookie(person) == names[-1]
    person.post("/koppelen/bevestigen", page, pin=person.pin())
    names.append(cookie(person))
    assert len(set(names)) == 3
    assert all(len(name) == 43 for name in names)
    for old in names[:2]:
        person.client.set_cookie(COOKIE, old, domain="localhost")
        assert person.get("/mijn").status_code == 303, "an older name opens nothing"


def test_the_cookie_is_a_name_that_the_database_does_not_have(person: Person) -> None:
    person.arrive()
    page = person.get("/mijn/profiel")
    with person.app.extensions["helpdeskpo"].database.read() as session:
        rows = [(one.id_hash, one.data) for one in session.query(WebSession)]
    assert len(rows) == 1
    assert cookie(person) not in str(rows)
    assert 'data-testid="session-ends"' in page.text


def test_cookies_are_for_this_site_and_not_for_scripts(
    person: Person, settings: Settings, wire: Wire
) -> None:
    page = person.get("/wachtwoord-vergeten?lang=en")
    found = page.headers.getlist("Set-Cookie")
    assert len(found) == 2
    assert all("HttpOnly" in one and "SameSite=Lax" in one and "Secure" not in one for one in found)
    secure = create_app(replace(settings, base_url="https://localhost:8081"), wire, PASSWORDS)
    page = secure.test_client().get("/wachtwoord-vergeten?lang=en", base_url="https://localhost:8081")
    assert all("Secure" in one for one in page.headers.getlist("Set-Cookie"))


def test_who_does_nothing_for_a_quarter_of_an_hour_is_out(person: Person, clock: Clock) -> None:
    person.arrive()
    for minutes in (14, 28):
        clock.ahead = timedelta(minutes=minutes)
        assert person.get("/mijn").status_code == 200, "each request begins the quarter anew"
    clock.ahead = timedelta(minutes=28 + 15, seconds=1)
    page = person.follow(person.get("/mijn"))
    assert 'data-testid="session-over"' in page.text
    assert 'data-testid="session-over"' not in person.follow(person.get("/mijn")).text, "it is said once"


def test_after_two_hours_everybody_is_out(person: Person, clock: Clock) -> None:
    person.arrive()
    for minutes in range(10, 120, 10):
        clock.ahead = timedelta(minutes=minutes)
        assert person.get("/mijn").status_code == 200
    clock.ahead = timedelta(minutes=120)
    assert person.get("/mijn").status_code == 303


def test_the_end_is_shown_in_dutch_time(person: Person, clock: Clock) -> None:
    person.arrive()
    said = re.findall(r"\d\d:\d\d", shown(person.get("/mijn/profiel"), "session-ends"))
    idle, latest = (int(one[:2]) * 60 + int(one[3:]) for one in said)
    assert (latest - idle) % (24 * 60) == 105


def test_everything_survives_a_restart(person: Person, settings: Settings, wire: Wire) -> None:
    """Session, request under way, and what was used: another process with the same folder."""
    person.arrive()
    answer = person.begin()
    response = person.idp.response(answer)
    name, again = cookie(person), person.client.get_cookie("helpdeskpo_browser")
    later = Person(create_app(settings, wire, PASSWORDS), person.idp, wire, person.keys, person.reader)
    later.client.set_cookie(COOKIE, name, domain="localhost")
    assert later.get("/mijn").status_code == 200
    assert again is not None
    later.client.set_cookie("helpdeskpo_browser", again.value, domain="localhost")
    later.relay_state = person.relay_state
    assert later.end(response).request.path == "/mijn"
    assert shown(person.end(response), "login-error-code") == "SP-04", "used there is used here"


def test_a_response_id_that_was_used_is_refused_with_another_assertion_too(person: Person) -> None:
    def same(root: object) -> None:
        root.set("ID", "_always")  # type: ignore[attr-defined]

    assert person.log_in(tamper=same).request.path == "/mijn"
    page = person.log_in(tamper=same)
    assert (shown(page, "login-error-code"), shown(page, "login-error-received")) == ("SP-04", "_always")


# Forms


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/koppelen", {"email": "x"}),
        ("/koppelen/bevestigen", {"pin": "1"}),
        ("/koppelen/opnieuw", {}),
        ("/wachtwoord-vergeten", {"user_name": "testschooltje"}),
        ("/wachtwoord-herstellen?code=x", {"password": "x"}),
        ("/mijn/contact", {"subject": "x", "text": "y"}),
        ("/mijn/evaluaties/1", {"mark": "1"}),
        ("/mijn/profiel/toevoegen", {"code": "00XY"}),
        ("/mijn/profiel/wisselen", {"code": "00XX"}),
        ("/uitloggen", {}),
    ],
)
def test_a_form_without_its_token_does_nothing(person: Person, path: str, fields: dict[str, str]) -> None:
    person.arrive()
    for sent in ({}, {"csrf_token": "x"}, {"csrf_token": _token_of_another(person.app)}):
        page = person.client.post(path, data={**fields, **sent}, base_url=BASE)
        assert (page.status_code, shown(page, "login-error-code")) == (400, "forged")
    assert person.get("/mijn").status_code == 200
    assert person.mails() == []


def _token_of_another(app: Flask) -> str:
    page = app.test_client().get("/wachtwoord-vergeten", base_url=BASE)
    return token(page)


@pytest.mark.parametrize(
    "name", ["next", "url", "return_to", "ReturnTo", "RelayState", "redirect", "antwoord"]
)
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/"])
def test_no_parameter_sends_a_browser_elsewhere(person: Person, name: str, target: str) -> None:
    person.arrive()
    for path in ("/", "/koppelen", "/mijn", "/saml/klaar", "/saml/acs/artifact"):
        answer = person.client.get(path, query_string={name: target}, base_url=BASE)
        assert "evil" not in answer.headers.get("Location", "")
        assert 'href="https://evil' not in answer.text
        assert 'href="//evil' not in answer.text


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/%5Cevil.example/", "/%5C/evil.example", "///evil.example"]
)
def test_no_page_links_to_an_address_that_a_stranger_wrote_in_its_own(person: Person, path: str) -> None:
    page = person.client.open(EnvironBuilder(path=path, base_url=BASE))
    for link in re.findall(r'href="([^"]*)"', page.text):
        assert not re.match(r"[/\\]{2}|https?:", link), link


# Log-out


def _with_logout(metadata: bytes, binding: str) -> bytes:
    """The broker's metadata with a place for log-outs, unsigned: a signature would no longer hold."""
    text = re.sub(r"<(ds:Signature).*?</\1>", "", metadata.decode(), count=1, flags=re.DOTALL)
    service = (
        f'<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}" '
        'Location="http://127.0.0.1:9/slo/1.13"/><md:NameIDFormat>'
    )
    return text.replace("<md:NameIDFormat>", service, 1).encode()


def test_log_out_ends_our_session_and_then_sends_a_signed_request_to_the_broker(
    person: Person, wire: Wire
) -> None:
    wire.metadata = _with_logout(person.idp.metadata(), "HTTP-POST")
    page = person.log_in()
    old = cookie(person)
    page = person.post("/uitloggen", page)
    assert 'action="http://127.0.0.1:9/slo/1.13"' in page.text
    assert "form-action" not in page.headers["Content-Security-Policy"]
    sent = re.search(r'name="SAMLRequest" value="([^"]*)"', page.text)
    assert sent
    request = verified(base64.b64decode(unescape(sent[1])), person.keys)
    assert request.tag == f"{{{NS['samlp']}}}LogoutRequest"
    assert request.get("Destination") == "http://127.0.0.1:9/slo/1.13"
    name_id = request.find("saml:NameID", NS)
    assert (name_id.text, name_id.get("NameQualifier")) == ("0d1f6a52-6a6d-4c55-8f4d-0c2f3f1b7a11", AD)
    assert request.findtext("samlp:SessionIndex", namespaces=NS) == "dd222286-41db-4d40-9c97-951e9aab0d92"
    assert [e.tag for e in request.findall("ds:Signature/ds:KeyInfo/*", NS)] == [f"{{{NS['ds']}}}KeyName"]
    person.client.set_cookie(COOKIE, old, domain="localhost")
    assert person.get("/mijn").status_code == 303


def test_log_out_by_redirect_where_the_broker_has_nothing_else(person: Person, wire: Wire) -> None:
    wire.metadata = _with_logout(person.idp.metadata(), "HTTP-Redirect")
    page = person.post("/uitloggen", person.log_in())
    assert '<form method="get" action="http://127.0.0.1:9/slo/1.13"' in page.text
    assert {"SAMLRequest", "SigAlg", "Signature"} <= set(re.findall(r'name="(\w+)" value', page.text))


def test_log_out_with_a_broker_that_knows_none_or_is_gone_still_ends_our_session(
    person: Person, wire: Wire
) -> None:
    page = person.log_in()
    wire.down = True
    page = person.post("/uitloggen", page)
    assert 'data-testid="logged-out"' in page.text
    assert person.get("/mijn").status_code == 303


def test_who_is_not_linked_can_log_out_too(person: Person) -> None:
    page = person.arrive(NEW)
    assert 'data-testid="logged-out"' in person.post("/uitloggen", page).text
