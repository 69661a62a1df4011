"""Answers and artifacts that come late, elsewhere, damaged or not at all: over a real server, beside a good login."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from lxml import etree

from broker.serving.server import Server
from support import hostile
from support.answers import artifact_response, call, resolve
from support.browser import Browser, Page
from support.hostile import FORGED_NUMBER, GOOD_NUMBER, alone, number_of
from support.scenario import arm, go
from support.schemas import errors_in
from support.sp import ARTIFACT, NS, POST, ServiceProvider, verified
from support.walk import kind, landed, walk

BY_POST = {"AssertionConsumerServiceIndex": "2"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, bench_maker: Any, keys: Any) -> Iterator[Any]:
    """A broker on a port of its own, that the test also has in hand."""
    sp = ServiceProvider()
    sp.acs[3] = (POST, "http://localhost:9/acs/other")
    sp.acs[4] = (ARTIFACT, "http://localhost:9/acs/other-artifact")
    server = Server("127.0.0.1", 0)
    made = bench_maker(tmp_path_factory.mktemp("delivery"), keys, sp, port=server.port)
    server.serve_beside(made.application.wsgi)
    yield made
    server.close()
    made.application.close()


def log_in(bench: Any, **how: Any) -> Page:
    """By HTTP; the page on which the login ends."""
    browser = Browser(bench.base_url)
    message = bench.sp.signed(bench.sp.request(bench.sso, **how))
    return walk(browser, browser.post("/sso/1.13", bench.sp.form(message)))


def hit(bench: Any, name: str, **params: str) -> str:
    return str(arm(bench, name, sp=bench.sp.entity_id, params=params).id)


def used(bench: Any, armed: str) -> Any:
    """The exchange in which it acted."""
    (exchange,) = bench.exchanges.recent(1)
    assert exchange.last("scenario")["id"] == armed
    assert exchange.last("scenario-without-effect") == {}
    return exchange


def good(bench: Any, page: Page) -> bool:
    """Whether the browser takes a good answer of this login to where it belongs."""
    came = landed(page)
    assert (came.url, came.fields.get("RelayState")) == ("http://localhost:9/acs/post", "rs-1")
    return readable(bench, came.fields["SAMLResponse"])


def readable(bench: Any, field: str) -> bool:
    message = verified(etree.fromstring(base64.b64decode(field)), bench.certificate())
    return number_of(bench, message) == GOOD_NUMBER


# The browser.


def test_a_slow_answer_is_the_good_one_and_late(live: Any) -> None:
    armed = hit(live, "slow-answer", seconds="1")
    browser = Browser(live.base_url)
    message = live.sp.signed(live.sp.request(live.sso, **BY_POST))
    began = time.monotonic()
    page = walk(browser, browser.post("/sso/1.13", live.sp.form(message)))
    assert 1 <= time.monotonic() - began < 10
    assert good(live, page)
    used(live, armed)


@pytest.mark.parametrize(
    ("name", "http_status", "heading"),
    [
        ("server-error", 500, "Het antwoord kon niet worden gemaakt"),
        ("no-answer", 200, "Er komt geen antwoord"),
    ],
)
def test_a_page_without_the_answer_comes_in_its_place(
    live: Any, name: str, http_status: int, heading: str
) -> None:
    armed = hit(live, name)
    page = log_in(live, **BY_POST)
    assert (kind(page), page.status, page.heading) == ("other", http_status, heading)
    assert "SAMLResponse" not in page.text
    assert not page.by_testid("language"), "in another language the answer would not come either"
    used(live, armed)
    assert good(live, log_in(live, **BY_POST))


@pytest.mark.parametrize("index", ["1", "2"])
def test_the_connection_is_closed_without_a_byte_of_an_answer(live: Any, index: str) -> None:
    armed = hit(live, "dropped-connection")
    with pytest.raises(requests.ConnectionError, match="without response"):
        log_in(live, AssertionConsumerServiceIndex=index)
    used(live, armed)
    assert good(live, log_in(live, **BY_POST))


RELAYED = [
    ("relay-state-missing", {}, None),
    ("relay-state-changed", {}, "https://elsewhere.example/"),
    ("relay-state-changed", {"value": "t-43"}, "t-43"),
]


@pytest.mark.parametrize(("name", "params", "relay_state"), RELAYED)
def test_relay_state_alone_is_another(
    live: Any, name: str, params: dict[str, str], relay_state: str | None
) -> None:
    armed = hit(live, name, **params)
    came = landed(log_in(live, **BY_POST))
    assert (came.url, came.fields.get("RelayState")) == ("http://localhost:9/acs/post", relay_state)
    assert readable(live, came.fields["SAMLResponse"])
    used(live, armed)


@pytest.mark.parametrize(("index", "other"), [("2", "other"), ("1", "other-artifact"), ("3", "post")])
def test_another_acs_is_one_of_the_same_metadata_and_binding(live: Any, index: str, other: str) -> None:
    armed = hit(live, "other-acs")
    came = landed(log_in(live, AssertionConsumerServiceIndex=index))
    assert came.url == f"http://localhost:9/acs/{other}"
    used(live, armed)


@pytest.mark.parametrize(("index", "field"), [("1", "SAMLart"), ("2", "SAMLResponse")])
def test_garbage_comes_in_place_of_the_answer(live: Any, index: str, field: str) -> None:
    armed = hit(live, "garbage")
    came = landed(log_in(live, AssertionConsumerServiceIndex=index))
    assert came.fields == {field: "%%%geen-base64%%%", "RelayState": "rs-1"}
    used(live, armed)


def test_the_same_response_comes_twice(live: Any) -> None:
    first = landed(log_in(live, **BY_POST))
    armed = hit(live, "replayed-response")
    second = landed(log_in(live, **BY_POST))
    assert second.fields["SAMLResponse"] == first.fields["SAMLResponse"]
    used(live, armed)
    assert landed(log_in(live, **BY_POST)).fields != first.fields


def test_the_same_artifact_comes_twice_and_is_used(live: Any) -> None:
    first = landed(log_in(live)).fields["SAMLart"]
    assert artifact_response(live, resolve(live, first)).find("samlp:Response", NS) is not None
    armed = hit(live, "replayed-response")
    assert landed(log_in(live)).fields["SAMLart"] == first
    used(live, armed)
    assert artifact_response(live, resolve(live, first)).find("samlp:Response", NS) is None


def test_the_answer_of_another_room_or_provider_is_never_replayed(bench: Any) -> None:
    other = ServiceProvider("urn:etoegang:DV:00000001777777770000:entities:9077")
    bench.trust(other, "other")
    bench.login(xml=other.signed(other.request(bench.sso, **BY_POST)))
    tagged = bench.browser()
    message = bench.sp.signed(bench.sp.request(bench.sso, **BY_POST))
    walk(tagged, tagged.post("/sso/1.13", bench.sp.form(message), Mock_Eherkenning_Tag="room"))
    for name in ("replayed-response", "replayed-assertion"):
        arm(bench, name, sp=bench.sp.entity_id)
        went = go(bench)
        reason = bench.exchanges.get(went.exchange).last("scenario-without-effect")["reason"]
        assert "log in once before" in reason


def test_over_the_api_the_call_says_that_there_is_no_answer(live: Any) -> None:
    for name, instead in (
        ("server-error", "error"),
        ("no-answer", "nothing"),
        ("dropped-connection", "drop"),
    ):
        hit(live, name)
        done = completed(live)
        assert (done["instead"], done["url"], done["fields"]) == (instead, "", {})
    hit(live, "slow-answer", seconds="60")
    done = completed(live)
    assert (done["wait"], done["instead"], readable(live, done["fields"]["SAMLResponse"])) == (60, "", True)


def completed(bench: Any) -> dict[str, Any]:
    form = bench.sp.form(bench.sp.signed(bench.sp.request(bench.sso, **BY_POST)))
    began = call(bench, "POST", "/api/v1/logins", {"method": "POST", "url": bench.sso, "fields": form})
    assert began.status == 201, began.text
    where = f"/api/v1/logins/{json.loads(began.body)['id']}/complete"
    done = call(bench, "POST", where, {"person": "m.devries"})
    assert done.status == 200, done.text
    return dict(json.loads(done.body))


@pytest.mark.parametrize("name", ["relay-state-missing", "other-acs"])
def test_what_cannot_be_is_said_in_the_exchange(bench: Any, name: str) -> None:
    bench.sp = ServiceProvider(bench.sp.entity_id, acs={2: bench.sp.acs[2]})
    bench.trust(bench.sp)
    arm(bench, name, sp=bench.sp.entity_id)
    browser = bench.browser()
    walk(browser, bench.ask(browser, relay_state=None, **BY_POST))
    (exchange,) = bench.exchanges.recent(1)
    assert exchange.last("scenario-without-effect")["name"] == name


@pytest.mark.parametrize("seconds", ["0", "61", "-1", "0.5"])
def test_nothing_is_held_for_longer_than_a_minute(bench: Any, seconds: str) -> None:
    for name in ("slow-answer", "artifact-slow", "artifact-timeout"):
        body = {"scenario": name, "params": {"seconds": seconds}}
        assert call(bench, "POST", "/api/v1/armed-scenarios", body).status == 422


# The artifact service.


def call_service(bench: Any) -> requests.Response:
    """A whole login by artifact, and what the service answers, by HTTP."""
    artifact = landed(log_in(bench)).fields["SAMLart"]
    return requests.post(
        f"{bench.base_url}/ars/1.13",
        data=bench.sp.resolve_message(artifact),
        headers={"Content-Type": "text/xml"},
        timeout=30,
    )


def in_body(answer: requests.Response) -> etree._Element:
    found = etree.fromstring(answer.content).find("soap:Body/samlp:ArtifactResponse", NS)
    assert found is not None, answer.text[:500]
    return found


def inner(bench: Any, response: etree._Element) -> str:
    return number_of(bench, verified(response.find("samlp:Response", NS), bench.certificate()))


def test_a_slow_service_gives_the_good_answer_late(live: Any) -> None:
    armed = hit(live, "artifact-slow", seconds="1")
    answer = call_service(live)
    assert answer.elapsed.total_seconds() >= 1
    assert inner(live, verified(in_body(answer), live.certificate())) == GOOD_NUMBER
    used(live, armed)


@pytest.mark.parametrize(
    ("name", "params"), [("artifact-timeout", {"seconds": "1"}), ("artifact-dropped", {})]
)
def test_the_service_closes_the_connection_and_no_answer_has_come(
    live: Any, name: str, params: dict[str, str]
) -> None:
    armed = hit(live, name, **params)
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError, match="without response"):
        call_service(live)
    assert time.monotonic() - began >= int(params.get("seconds", "0"))
    used(live, armed)
    assert inner(live, in_body(call_service(live))) == GOOD_NUMBER


def test_a_client_that_waits_for_less_gives_up_before(live: Any) -> None:
    hit(live, "artifact-timeout", seconds="1")
    artifact = landed(log_in(live)).fields["SAMLart"]
    message = live.sp.resolve_message(artifact)
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{live.base_url}/ars/1.13", data=message, headers={"Content-Type": "text/xml"}, timeout=0.2
        )


@pytest.mark.parametrize(
    ("name", "http_status", "start", "word"),
    [
        ("artifact-server-error", 500, "<html>", "Internal Server Error"),
        ("artifact-soap-fault", 500, "<soap:Envelope", "<faultstring>"),
        ("artifact-garbled", 200, "<soap:Envelope", "ArtifactResponse"),
        ("artifact-doctype", 200, "<!DOCTYPE soap:Envelope [", "ArtifactResponse"),
    ],
)
def test_the_service_answers_with_something_else(
    live: Any, name: str, http_status: int, start: str, word: str
) -> None:
    armed = hit(live, name)
    answer = call_service(live)
    assert (answer.status_code, answer.text.startswith(start), word in answer.text) == (
        http_status,
        True,
        True,
    )
    assert answer.text.count("<!DOCTYPE") == (name == "artifact-doctype")
    if name == "artifact-garbled":
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(answer.content)
    used(live, armed)
    assert inner(live, in_body(call_service(live))) == GOOD_NUMBER


def test_the_answer_to_another_question_is_signed_well(live: Any) -> None:
    ordinary = in_body(call_service(live))
    armed = hit(live, "artifact-wrong-in-response-to")
    artifact = landed(log_in(live)).fields["SAMLart"]
    message = live.sp.resolve_message(artifact)
    asked = etree.fromstring(message).find("soap:Body/samlp:ArtifactResolve", NS).get("ID")
    found = verified(in_body_of(resolve(live, artifact, message=message)), live.certificate())
    assert found.get("InResponseTo") not in (asked, ordinary.get("InResponseTo"))
    assert inner(live, found) == GOOD_NUMBER
    used(live, armed)


def in_body_of(page: Page) -> etree._Element:
    found = etree.fromstring(page.body).find("soap:Body/samlp:ArtifactResponse", NS)
    assert found is not None, page.text[:500]
    return found


@pytest.mark.parametrize("name", ["artifact-unsigned", "artifact-unknown-key"])
def test_only_the_message_inside_is_signed_by_us(live: Any, name: str) -> None:
    armed = hit(live, name)
    found = in_body(call_service(live))
    assert (found.find("ds:Signature", NS) is None) is (name == "artifact-unsigned")
    with pytest.raises(Exception, match=r".") as refused:
        verified(found, live.certificate())
    assert "Signature" in f"{refused.type.__name__} {refused.value}"
    assert inner(live, found) == GOOD_NUMBER
    used(live, armed)


@pytest.mark.parametrize("name", [*hostile.TAKEN, "wrapping-before", "signature-two", "signature-empty"])
def test_a_hostile_message_goes_by_artifact_as_it_was_made(live: Any, name: str) -> None:
    armed = hit(live, name)
    response = verified(in_body(call_service(live)), live.certificate()).find("samlp:Response", NS)
    used(live, armed)
    xml = etree.tostring(response, with_tail=False)
    if name in hostile.TAKEN:
        assert number_of(live, verified(response, live.certificate())) == GOOD_NUMBER
    elif name == "wrapping-before":
        read = [number_of(live, alone(one)) for one in response.findall("saml:Assertion", NS)]
        assert read == [FORGED_NUMBER, GOOD_NUMBER]
    else:
        assert "Signature" in str(errors_in(xml))


def test_a_doctype_waits_for_a_login_by_post(live: Any) -> None:
    armed = hit(live, "doctype")
    assert b"DOCTYPE" not in call_service(live).content
    assert landed(log_in(live, **BY_POST)).fields["SAMLResponse"].startswith("PCFET0NUWVBF")
    used(live, armed)
