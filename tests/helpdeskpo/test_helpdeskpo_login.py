"""A whole login, as the browser, the broker and the person see it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpdeskpo_world import BASE, PASSWORDS, Person, Wire, shown, verified
from idp import DV, HM, KVK, LOA, NS, PSEUDO, PSEUDONYM, RSIN, Idp, Party, party, string_attribute, xml

from helpdeskpo.app import create_app
from helpdeskpo.settings import Settings, now


def logged_in(page: Any) -> bool:
    return page.status_code == 200 and shown(page, "company-id") == "90000012"


@pytest.mark.parametrize("by", ["post", "redirect"])
@pytest.mark.parametrize("answer_by", ["post", "artifact"])
def test_logs_in(person: Person, by: str, answer_by: str) -> None:
    answer = person.begin(by, answer_by)
    response = person.idp.response(answer)
    page = person.end(response) if answer_by == "post" else person.end_by_artifact(person.idp.keep(response))
    assert page.request.path == "/mijn"
    assert {
        name: shown(page, name) for name in ("company-id-type", "company-id", "level", "pseudonym", "service")
    } == {
        "company-id-type": "KvK-nummer",
        "company-id": "90000012",
        "level": "EH3",
        "pseudonym": PSEUDONYM,
        "service": "Mijn Helpdesk po",
    }


def test_artifact_by_form(person: Person) -> None:
    artifact = person.idp.keep(person.idp.response(person.begin(answer_by="artifact")))
    assert logged_in(person.end_by_artifact(artifact, "POST"))


@pytest.mark.parametrize("by", ["post", "redirect"])
def test_request_is_what_the_scheme_asks(person: Person, by: str) -> None:
    person.begin(by, "artifact")
    request = person.request
    assert request.findtext("saml:Issuer", namespaces=NS) == DV
    assert {name: request.get(name) for name in request.attrib} == {
        "ID": request.get("ID"),
        "Version": "2.0",
        "IssueInstant": request.get("IssueInstant"),
        "Destination": "http://127.0.0.1:9/sso/1.13",
        "ForceAuthn": "true",
        "AssertionConsumerServiceIndex": "1",
        "AttributeConsumingServiceIndex": "1",
        "ProviderName": "Dienst Uitvoering Onderwijs",
    }
    issuer = request.find("saml:Issuer", NS)
    assert dict(issuer.attrib) == {}
    context = request.find("samlp:RequestedAuthnContext", NS)
    assert context.get("Comparison") == "minimum"
    assert [c.text for c in context] == [LOA + "loa3"]
    assert request.find("samlp:NameIDPolicy", NS) is None
    key_info = request.findall("ds:Signature/ds:KeyInfo/*", NS)
    expected = [(f"{{{NS['ds']}}}KeyName", person.keys.key_name)] if by == "post" else []
    assert [(element.tag, element.text) for element in key_info] == expected
    assert 0 < len(person.relay_state.encode()) <= 80


def test_answer_index_follows_the_binding(person: Person) -> None:
    person.begin(answer_by="post")
    assert person.request.get("AssertionConsumerServiceIndex") == "2"


def test_default_is_post_and_artifact(person: Person) -> None:
    page = person.get("/login")
    assert page.status_code == 200
    message = re.search(r'name="SAMLRequest" value="([^"]*)"', page.text)
    assert message
    assert b'AssertionConsumerServiceIndex="1"' in base64.b64decode(message[1])


def test_artifact_resolve(person: Person, wire: Wire) -> None:
    """text/xml, signed (checked by signxml), KeyName only, to the right Destination."""
    person.end_by_artifact(person.idp.keep(person.idp.response(person.begin(answer_by="artifact"))))
    assert wire.content_types == ["text/xml; charset=utf-8"]
    body = xml(person.idp.resolved[0].decode()).find("soap:Body", NS)
    question = verified(body[0], person.keys)
    assert question.tag == f"{{{NS['samlp']}}}ArtifactResolve"
    assert question.get("Destination") == "http://127.0.0.1:9/ars/1.13"
    assert [e.tag for e in question.findall("ds:Signature/ds:KeyInfo/*", NS)] == [f"{{{NS['ds']}}}KeyName"]


def test_inner_response_of_an_artifact_may_be_unsigned(person: Person) -> None:
    answer = replace(person.begin(answer_by="artifact"), sign_response=False)
    assert logged_in(person.end_by_artifact(person.idp.keep(person.idp.response(answer))))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"signed": False}, "SP-01"),
        ({"signer": party("urn:etoegang:HM:00000003999999990000:entities:9666")}, "SP-01"),
    ],
)
def test_artifact_response_must_be_signed(
    person: Person, wire: Wire, options: dict[str, Any], code: str
) -> None:
    wire.resolve_options = options
    page = person.end_by_artifact(person.idp.keep(person.idp.response(person.begin(answer_by="artifact"))))
    assert shown(page, "login-error-code") == code


def test_artifact_once(person: Person) -> None:
    artifact = person.idp.keep(person.idp.response(person.begin(answer_by="artifact")))
    assert logged_in(person.end_by_artifact(artifact))
    assert shown(person.end_by_artifact(artifact), "login-error-code") == "SP-04"
    person.begin(answer_by="artifact")
    assert shown(person.end_by_artifact(artifact), "login-error-code") == "artifact"


@pytest.mark.parametrize(
    ("artifact", "code"),
    [
        ("", "unreadable"),
        ("onzin", "unreadable"),
        (base64.b64encode(b"\0\4").decode(), "unreadable"),
        (base64.b64encode(b"\0\4\0\0" + b"x" * 40).decode(), "artifact"),
    ],
)
def test_artifact_of_somebody_else(person: Person, wire: Wire, artifact: str, code: str) -> None:
    person.begin(answer_by="artifact")
    assert shown(person.end_by_artifact(artifact), "login-error-code") == code
    assert wire.content_types == []


def test_artifact_with_an_index_that_the_metadata_does_not_have(person: Person) -> None:
    artifact = person.idp.keep(person.idp.response(person.begin(answer_by="artifact")), index=3)
    assert shown(person.end_by_artifact(artifact), "login-error-code") == "artifact"


def test_artifact_without_a_login_asks_nobody(person: Person, wire: Wire) -> None:
    person.relay_state = "x" * 43
    assert shown(person.end_by_artifact(person.idp.keep(b"")), "login-error-code") == "SP-04"
    assert wire.content_types == []


def test_answer_by_another_way_than_asked(person: Person) -> None:
    answer = person.begin(answer_by="artifact")
    assert shown(person.end(person.idp.response(answer)), "login-error-code") == "SP-05"


# Sessions and browsers


def test_login_ends_in_the_browser_where_it_began(person: Person, app: Flask) -> None:
    """Somebody sends you the link at the end of their login: you must not become them."""
    sent = {
        "SAMLResponse": base64.b64encode(person.idp.response(person.begin())).decode(),
        "RelayState": person.relay_state,
    }
    end = app.test_client().post("/saml/acs/post", data=sent, base_url=BASE)
    assert "Set-Cookie" not in end.headers
    victim: FlaskClient = app.test_client()
    page = victim.get(end.location, base_url=BASE)
    assert page.status_code == 403
    assert shown(page, "login-error-code") == "other-browser"
    assert victim.get("/mijn", base_url=BASE).status_code == 303
    assert logged_in(person.follow(end))


def test_link_at_the_end_works_once(person: Person, app: Flask) -> None:
    sent = {
        "SAMLResponse": base64.b64encode(person.idp.response(person.begin())).decode(),
        "RelayState": person.relay_state,
    }
    end = app.test_client().post("/saml/acs/post", data=sent, base_url=BASE)
    assert logged_in(person.follow(end))
    assert shown(person.follow(end), "login-error-code") == "expired"


def test_session_set_beforehand_is_worth_nothing(person: Person) -> None:
    person.client.set_cookie("helpdeskpo_session", "x" * 43, domain="localhost")
    assert logged_in(person.log_in())
    cookie = person.client.get_cookie("helpdeskpo_session")
    assert cookie is not None
    assert cookie.value != "x" * 43


def test_logs_out(person: Person) -> None:
    page = person.log_in()
    forged = person.client.post("/uitloggen", base_url=BASE)
    assert (forged.status_code, shown(forged, "login-error-code")) == (400, "forged")
    assert logged_in(person.get("/mijn")), "without the token nothing happens"
    cookie = person.client.get_cookie("helpdeskpo_session")
    assert cookie is not None
    page = person.post("/uitloggen", page)
    assert shown(page, "logged-out").startswith("U bent uitgelogd")
    person.client.set_cookie("helpdeskpo_session", cookie.value, domain="localhost")
    assert person.get("/mijn").status_code == 303, "the session is gone on the server too"


def test_two_tabs(person: Person) -> None:
    first, first_state = person.begin(), person.relay_state
    second = person.begin()
    assert logged_in(person.end(person.idp.response(second)))
    person.relay_state = first_state
    assert logged_in(person.end(person.idp.response(first)))


def test_cookies(person: Person) -> None:
    person.log_in()
    page = person.get("/login")
    for header in page.headers.getlist("Set-Cookie"):
        assert header.startswith("helpdeskpo_")
        assert "HttpOnly" in header
        assert "SameSite=Lax" in header


def test_login_begins_on_the_host_where_it_will_end(app: Flask) -> None:
    page = app.test_client().get("/login?request=redirect", base_url="http://127.0.0.1:8081")
    assert (page.status_code, page.location) == (302, f"{BASE}/login?request=redirect")


# The broker's metadata


def test_starts_without_the_broker(person: Person, wire: Wire) -> None:
    wire.down = True
    assert person.get("/").status_code == 200
    assert person.get("/metadata").status_code == 200
    page = person.get("/login")
    assert page.status_code == 503
    assert shown(page, "login-error-code") == "broker-unreachable"
    assert "De makelaar is niet bereikbaar" in page.text
    wire.down = False
    assert logged_in(person.log_in())


def test_broker_gone_at_the_artifact(person: Person, wire: Wire) -> None:
    artifact = person.idp.keep(person.idp.response(person.begin(answer_by="artifact")))
    wire.down = True
    assert shown(person.end_by_artifact(artifact), "login-error-code") == "broker-unreachable"


@pytest.mark.parametrize("content", [b"<nonsense/>", b"<p", b"<!DOCTYPE x><x/>", b"hello"])
def test_metadata_that_is_none(person: Person, wire: Wire, content: bytes) -> None:
    wire.metadata = content
    page = person.get("/login")
    assert (page.status_code, shown(page, "login-error-code")) == (503, "broker-unreachable")


def test_broker_with_a_new_key(person: Person, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is signed by a key that came after our reading of the metadata: it is read again."""
    monkeypatch.setattr("helpdeskpo.broker.AGAIN_SECONDS", 0)
    monkeypatch.setattr("helpdeskpo.broker.FRESH_SECONDS", 600)
    new = party("urn:etoegang:HM:00000003999999990000:entities:9002")
    answer = replace(person.begin(), signer=new)
    wire.metadata = person.idp.metadata(new)
    assert logged_in(person.end(person.idp.response(answer)))
    assert wire.fetched == 2


def test_unknown_key_does_not_make_us_fetch_without_end(
    person: Person, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdeskpo.broker.AGAIN_SECONDS", 600)
    monkeypatch.setattr("helpdeskpo.broker.FRESH_SECONDS", 600)
    attacker = party("urn:etoegang:HM:00000003999999990000:entities:9666")
    for _ in range(3):
        assert shown(person.log_in(signer=attacker), "login-error-code") == "SP-01"
    assert wire.fetched == 1


def test_two_keys_in_the_metadata(person: Person, wire: Wire) -> None:
    """SP-18: a roll-over, and the answer is by the second."""
    old = party("urn:etoegang:HM:00000003999999990000:entities:9002")
    wire.metadata = person.idp.metadata(old, person.idp.me)
    assert logged_in(person.log_in())
    assert logged_in(person.log_in(signer=old))


def test_metadata_from_a_file(
    settings: Settings, idp: Idp, wire: Wire, keys: Any, reader: Party, tmp_path: Any
) -> None:
    file = tmp_path / "broker.xml"
    app = create_app(replace(settings, idp_metadata=str(file)), wire, PASSWORDS)
    person = Person(app, idp, wire, keys, reader)
    assert shown(person.get("/login"), "login-error-code") == "broker-unreachable"
    file.write_bytes(idp.metadata())
    assert logged_in(person.log_in())


# What the person reads


def test_identifiers_by_kind(person: Person) -> None:
    """SP-13: several numbers, ours not first, a kind that we do not know, and attributes that we did not ask for."""
    page = person.log_in(
        legal=(("urn:etoegang:1.9:EntityConcernedID:Other", "1"), (RSIN, "123456782"), (KVK, "90000012")),
        extra=string_attribute("urn:etoegang:1.9:attribute:FirstName", "Piet")
        + string_attribute("urn:etoegang:1.9:ServiceRestriction:Vestigingsnr", "000090000012"),
    )
    assert logged_in(page)
    assert shown(page, "branch") == "000090000012"
    page = person.log_in(legal=((RSIN, "123456782"),))
    assert (shown(page, "company-id-type"), shown(page, "company-id")) == ("RSIN", "123456782")


@pytest.mark.parametrize("level", ["loa3", "loa4"])
def test_level_is_shown(person: Person, level: str) -> None:
    assert shown(person.log_in(level=level), "level") == {"loa3": "EH3", "loa4": "EH4"}[level]


def test_cancelled(person: Person) -> None:
    """SP-08."""
    page = person.log_in(status="Responder", second_status="AuthnFailed", message="Authentication cancelled")
    assert page.status_code == 200
    assert shown(page, "login-error-code") == "SP-08"
    assert "geannuleerd" in page.text
    assert "machtiging" in page.text
    assert 'data-testid="back-to-start"' in page.text
    assert logged_in(person.log_in()), "and again, from the start"


@pytest.mark.parametrize(
    ("status", "second"),
    [("Requester", "RequestUnsupported"), ("Responder", "RequestUnsupported"), ("Requester", "")],
)
def test_error_status(person: Person, status: str, second: str) -> None:
    """SP-09."""
    page = person.log_in(status=status, second_status=second)
    assert (page.status_code, shown(page, "login-error-code")) == (502, "SP-09")
    assert "refresh" not in page.text.lower()


def test_error_status_by_artifact(person: Person) -> None:
    answer = replace(person.begin(answer_by="artifact"), status="Responder", second_status="AuthnFailed")
    page = person.end_by_artifact(person.idp.keep(person.idp.response(answer)))
    assert shown(page, "login-error-code") == "SP-08"


def test_error_that_the_broker_did_not_sign(person: Person) -> None:
    page = person.log_in(status="Responder", second_status="AuthnFailed", sign_response=False)
    assert shown(page, "login-error-code") == "SP-01"


def test_what_came_is_shown_as_text(person: Person) -> None:
    page = person.log_in(status="Responder", message="&lt;script&gt;alert(1)&lt;/script&gt;")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize(
    "path", ["/", "/login", "/login?request=carrier-pigeon", "/mijn", "/saml/klaar", "/nergens"]
)
def test_headers(person: Person, path: str) -> None:
    page = person.get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    # The redirects behind the form of that page would be held to it too.
    assert ("form-action 'self'" in policy) == (path != "/login")
    if page.mimetype == "text/html" and page.status_code != 303:
        assert '<html lang="nl">' in page.text
        assert ">TEST<" in page.text


def test_page_that_sends_the_request(person: Person) -> None:
    page = person.get("/login")
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", page.headers["Content-Security-Policy"])
    assert nonce
    assert f'<script nonce="{nonce[1]}">' in page.text
    assert 'data-testid="send-request"' in page.text
    assert nonce[1] not in person.get("/login").text


def test_wrong_setting_in_the_address(person: Person) -> None:
    page = person.get("/login?response=fax")
    assert (page.status_code, shown(page, "login-error-code")) == (400, "wrong-setting")


@pytest.mark.parametrize("path", ["/saml/acs/post", "/uitloggen"])
def test_wrong_method(person: Person, path: str) -> None:
    assert person.get(path).status_code == 405


def test_far_too_much(person: Person) -> None:
    person.begin()
    answer = person.client.post("/saml/acs/post", data={"SAMLResponse": "x" * 2_100_000}, base_url=BASE)
    assert answer.status_code == 413


def test_another_pseudonym_is_another_identity(person: Person) -> None:
    """SP-16: who is linked for one company is a stranger with another pseudonym."""
    other = "a" * 64 + "@" + "b" * 32
    page = person.log_in()
    assert (page.request.path, shown(page, "pseudonym")) == ("/mijn", PSEUDONYM)
    page = person.log_in(acting=((PSEUDO, other),))
    assert (page.request.path, shown(page, "pseudonym")) == ("/koppelen", other)


def test_login_takes_half_an_hour_at_most(
    settings: Settings, idp: Idp, wire: Wire, keys: Any, reader: Party
) -> None:
    ahead = timedelta()
    app = create_app(replace(settings, clock=lambda: now() + ahead), wire, PASSWORDS)
    person = Person(app, idp, wire, keys, reader)
    answer = person.begin()
    ahead = timedelta(minutes=31)
    assert shown(person.end(idp.response(answer)), "login-error-code") == "SP-04"


def test_issuer_is_the_broker_of_the_metadata(person: Person) -> None:
    assert shown(person.log_in(issuer=HM + "0"), "login-error-code") == "SP-01"
    assert shown(person.log_in(assertion_issuer=HM + "0"), "login-error-code") == "SP-01"
