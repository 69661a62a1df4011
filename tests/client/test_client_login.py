"""A login without a browser: over every way to a service provider, and what is said where it does not get there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from client_sp import RELAY, GetAndPostOnly, LikeDjango, flask_app, on_a_port, provider
from flask import Flask
from lxml import etree
from mock_eherkenning_client import Broker, ClientError, NeverAtBroker, RequestRefused, RoadStopped
from mock_eherkenning_client.transports import Unreachable

from support.sp import ServiceProvider

REGENBOOG = "90000012"
WAYS = {
    "a Flask application": lambda app: app,
    "a Flask test client": lambda app: app.test_client(),
    "any WSGI application": lambda app: app.wsgi_app,
    "a client like that of Django": LikeDjango,
    "a client with get and post": GetAndPostOnly,
}


@pytest.mark.parametrize("start", ["/login", "/form"])
@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_a_person_lands_logged_in(broker: Broker, app: Flask, way: Any, start: str) -> None:
    landing = broker.login(start, person="m.devries", app=way(app))
    assert (landing.status, landing.text) == (200, f"<h1>Success {REGENBOOG}</h1>")
    assert landing.url.endswith("/home")
    assert landing.answer.fields["RelayState"] == RELAY
    assert landing.exchange.outcome == "success"


@pytest.mark.parametrize("by", ["the client itself", "a session of requests"])
def test_a_service_provider_on_a_port(broker: Broker, by: str) -> None:
    def make(base: str) -> Flask:
        sp = provider(base)
        broker.trust(sp.metadata)
        return flask_app(sp, lambda: broker.sso_urls[0])

    with on_a_port(make) as base:
        app = None if by == "the client itself" else requests.Session()
        landing = broker.login(f"{base}/login", person="m.devries", app=app)
    assert (landing.status, landing.url) == (200, f"{base}/home")
    assert REGENBOOG in landing.text
    assert [hop.method for hop in landing.history] == ["GET", "GET", "POST", "GET"]


@pytest.mark.parametrize(
    ("scenario", "status", "instead"),
    [("server-error", 500, "error"), ("no-answer", 200, "nothing"), ("dropped-connection", 0, "drop")],
)
def test_a_scenario_without_an_answer_leaves_the_person_at_the_broker(
    broker: Broker, app: Flask, scenario: str, status: int, instead: str
) -> None:
    with broker.scenario(scenario, person="m.devries"):
        landing = broker.login("/login", person="m.devries", app=app)
    assert (landing.status, landing.answer.instead, landing.text) == (status, instead, "")
    assert landing.url.startswith(broker.url)
    assert all("/acs" not in hop.url for hop in landing.history), "the provider heard nothing"


def test_an_answer_that_is_held_back_comes_late(
    broker: Broker, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("mock_eherkenning_client.logging_in.time.sleep", waited.append)
    with broker.scenario("slow-answer", person="m.devries", seconds=7):
        landing = broker.login("/login", person="m.devries", app=app)
    assert (landing.status, waited) == (200, [7.0])


def test_cookies_of_a_test_client_stay_in_it(broker: Broker, app: Flask) -> None:
    client = app.test_client()
    broker.login("/login", person="m.devries", app=client)
    assert REGENBOOG in client.get("/home").text


def test_cancelling_lands_there_too(broker: Broker, app: Flask) -> None:
    landing = broker.login("/login", person="m.devries", app=app, cancel="pin")
    assert landing.answer.outcome == "cancelled"
    assert landing.text == "<h1>Responder AuthnFailed</h1>"
    assert landing.exchange.outcome == "cancelled"


def test_who_is_refused_can_still_cancel_there(broker: Broker, app: Flask) -> None:
    with broker.scenario("mandate-expired"), pytest.raises(RoadStopped) as stopped:
        broker.login("/login", person="m.devries", app=app)
    assert (stopped.value.page, stopped.value.code) == ("nomandate", "expired")
    landing = stopped.value.cancel()
    assert landing.answer.outcome == "cancelled"
    assert landing.text == "<h1>Responder AuthnFailed</h1>"
    assert landing.exchange.id == stopped.value.login


@pytest.mark.parametrize("page", ["choice", "login", "channel", "pin"])
def test_a_person_cancels_at_any_page(broker: Broker, app: Flask, page: str) -> None:
    landing = broker.login("/login", person="m.devries", app=app, cancel=page)
    assert landing.answer.steps[-1].page == page
    assert landing.text == "<h1>Responder AuthnFailed</h1>"


def test_a_phone_that_refuses_stops_the_login(broker: Broker, app: Flask) -> None:
    with pytest.raises(RoadStopped, match=r"app\.refused"):
        broker.login("/login", person="a.yilmaz", app=app, channel="app", phone="refuse")


def test_a_start_page_that_leads_nowhere_is_shown(broker: Broker, app: Flask) -> None:
    with pytest.raises(NeverAtBroker) as never:
        broker.login("/public", person="m.devries", app=app)
    assert 'http://localhost/public (HTTP 200, "Welkom bij de dienst")' in str(never.value)
    assert broker.sso_urls[0] in str(never.value)


def test_a_start_page_that_leads_in_circles_is_shown(broker: Broker, app: Flask) -> None:
    with pytest.raises(NeverAtBroker, match="sent the browser on 20 times"):
        broker.login("/around", person="m.devries", app=app)


def test_a_request_to_another_broker_is_told_how_to_mend(broker: Broker, app: Flask) -> None:
    with pytest.raises(NeverAtBroker) as never:
        broker.login("/elsewhere", person="m.devries", app=app)
    assert "http://elsewhere.test/sso" in str(never.value)
    assert f"this broker's metadata: {broker.metadata_url}" in str(never.value)


def test_a_refused_request_tells_the_findings(broker: Broker, app: Flask) -> None:
    with pytest.raises(RequestRefused) as refused:
        broker.login("/unsigned", person="m.devries", app=app)
    finding = refused.value.findings[0]
    assert finding["outcome"] == "refuse"
    for word in (finding["rule"], "expected", "received", "mend"):
        assert word in str(refused.value)


def test_a_wrong_password_stops_at_the_page_that_says_so(broker: Broker, app: Flask) -> None:
    with pytest.raises(RoadStopped) as stopped:
        broker.login("/login", person="m.devries", app=app, password="no")
    assert (stopped.value.page, stopped.value.code) == ("login", "login.wrong")
    assert 'stopped on page "login"' in str(stopped.value)


def test_who_may_act_for_several_is_asked_which(broker: Broker, app: Flask) -> None:
    broker.mandates.add(person="m.devries", company="vuurtoren", service="*", level="EH3")
    with pytest.raises(RoadStopped) as stopped:
        broker.login("/login", person="m.devries", app=app)
    assert stopped.value.page == "mandate"
    assert {option["kvk"] for option in stopped.value.options} == {REGENBOOG, "90000020"}
    landing = broker.login("/login", person="m.devries", app=app, company="vuurtoren")
    assert landing.text == "<h1>Success 90000020</h1>"


def test_a_provider_that_is_not_there_is_told(broker: Broker) -> None:
    with pytest.raises(Unreachable, match=r"does not answer GET http://127\.0\.0\.1:9/login"):
        broker.login("http://127.0.0.1:9/login", person="m.devries")


def test_what_is_no_application_is_told(broker: Broker) -> None:
    with pytest.raises(ClientError, match="app= is a int; expected a Flask application"):
        broker.login("/login", person="m.devries", app=3)


class TestAnswerFor:
    """The answer to a request that a test made itself."""

    @pytest.fixture
    def sp(self, broker: Broker) -> ServiceProvider:
        made = provider()
        broker.trust(made.metadata)
        return made

    def given(self, how: str, sp: ServiceProvider, sso: str) -> Any:
        request = sp.request(sso)
        query = sp.query(etree.tostring(request), RELAY)
        signed = sp.signed(request)
        form = sp.form(signed, RELAY)
        inputs = "".join(f"<input name={name} value='{value}'>" for name, value in form.items())
        return {
            "form fields": form,
            "a URL": f"{sso}?{query}",
            "a query": query,
            "the XML": signed,
            "a page": f"<html><form method=post action='{sso}'>{inputs}</form></html>",
        }[how]

    @pytest.mark.parametrize("how", ["form fields", "a URL", "a query", "the XML", "a page"])
    def test_a_request_may_come_as(self, broker: Broker, sp: ServiceProvider, how: str) -> None:
        answer = broker.answer_for(self.given(how, sp, broker.sso_urls[0]), person="m.devries")
        assert (answer.outcome, answer.method, answer.url) == ("success", "POST", "http://localhost/acs")
        assert b"status:Success" in answer.xml
        assert answer.fields.get("RelayState") == (None if how == "the XML" else RELAY)
        assert [step.page for step in answer.steps][:2] == ["choice", "login"]

    def test_by_artifact_there_is_an_address(self, broker: Broker, sp: ServiceProvider) -> None:
        request = sp.request(broker.sso_urls[0], AssertionConsumerServiceIndex="2")
        answer = broker.answer_for(sp.form(sp.signed(request)), person="m.devries")
        assert answer.method == "GET"
        assert answer.url.startswith("http://localhost/acs/artifact?SAMLart=")
        assert answer.xml == b""

    def test_what_stopped_is_cancelled_by_its_id(self, broker: Broker, sp: ServiceProvider) -> None:
        request = self.given("form fields", sp, broker.sso_urls[0])
        with pytest.raises(RoadStopped) as stopped:
            broker.answer_for(request, person="m.devries", password="no")
        with pytest.raises(ClientError, match=f"take Broker.cancel.'{stopped.value.login}'"):
            stopped.value.cancel()
        answer = broker.cancel(stopped.value.login)
        assert answer.outcome == "cancelled"
        assert b"AuthnFailed" in answer.xml

    def test_what_is_no_request_is_told(self, broker: Broker) -> None:
        with pytest.raises(ClientError, match="no AuthnRequest in this"):
            broker.answer_for("http://localhost/login", person="m.devries")


def test_trust_takes_path_bytes_and_text(broker: Broker, tmp_path: Path) -> None:
    sp = provider()
    file = tmp_path / "sp.xml"
    file.write_bytes(sp.metadata)
    for given in (file, str(file), sp.metadata, sp.metadata.decode()):
        assert broker.trust(given) == [sp.entity_id]
    with pytest.raises(ClientError, match="No such file"):
        broker.trust(tmp_path / "other.xml")
