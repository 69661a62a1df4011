"""Requests by HTTP-Artifact: the broker has them from the service provider, over SOAP, and believes them or not."""

from __future__ import annotations

import base64
import copy
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from lxml import etree

from broker import catalogue
from support import mistakes
from support.answers import call, company
from support.artifact_service import ArtifactService, Asked, Reply
from support.browser import Browser, Page
from support.sp import ARTIFACT, NS, ServiceProvider, make_key, sign, soap, verified
from support.tls import certificate_of, pem
from support.walk import landed, walk
from support.web import Web

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
SOAP_ACTION = "http://www.oasis-open.org/committees/security"


def unsigned(bench: Any, **how: Any) -> bytes:
    return etree.tostring(bench.sp.request(bench.sso, **how))


def signed(bench: Any, **how: Any) -> bytes:
    return bench.sp.signed(bench.sp.request(bench.sso, **how))


def by_get(browser: Browser, artifact: str, relay_state: str | None = "rs-1") -> Page:
    relay = "" if relay_state is None else f"&RelayState={quote_plus(relay_state)}"
    return browser.get(f"/sso/1.13?SAMLart={quote_plus(artifact)}{relay}")


def by_post(browser: Browser, artifact: str, relay_state: str | None = "rs-1") -> Page:
    relay = {} if relay_state is None else {"RelayState": relay_state}
    return browser.post("/sso/1.13", {"SAMLart": artifact, **relay})


def findings(bench: Any, page: Page) -> dict[str, dict[str, Any]]:
    """Of the request that led to this page, by rule."""
    id_ = page.said("exchange") if page.by_testid("exchange") else page.url.rpartition("/")[2]
    found = bench.exchanges.get(id_)
    return {item["rule"]: item for item in found.last("request")["findings"]}


def set_broker(bench: Any, setting: str) -> None:
    bench.rewrite("\nservices:\n", f"\nbroker: {{{setting}}}\nservices:\n")


# What goes well.


@pytest.mark.parametrize("send", [by_get, by_post])
@pytest.mark.parametrize("message", [unsigned, signed], ids=["covered by the answer", "signed itself"])
def test_a_login_that_begins_with_an_artifact_goes_all_the_way(
    bench: Any, ars: ArtifactService, send: Callable[..., Page], message: Callable[..., bytes]
) -> None:
    browser = bench.browser()
    page = send(browser, ars.hold(message(bench)), "state & more=é")
    got = landed(walk(browser, page))
    assert got.fields["RelayState"] == "state & more=é"
    assert company(bench, got) == {"KvKnr": "90000012"}


def test_no_relay_state_is_made_up(bench: Any, ars: ArtifactService) -> None:
    browser = bench.browser()
    got = landed(walk(browser, by_get(browser, ars.hold(signed(bench)), None)))
    assert "RelayState" not in got.fields


def test_the_broker_asks_as_the_standard_says(bench: Any, ars: ArtifactService) -> None:
    artifact = ars.hold(signed(bench))
    by_get(bench.browser(), artifact)
    (asked,) = ars.asked
    assert asked.headers["Content-Type"].startswith("text/xml")
    assert asked.headers["SOAPAction"].strip('"') == SOAP_ACTION
    assert "Cookie" not in asked.headers
    resolve = verified(asked.resolve, bench.certificate())
    assert resolve.get("Destination") == ars.url
    assert resolve.get("Version") == "2.0"
    assert resolve.findtext("saml:Issuer", namespaces=NS) == bench.application.parts.settings.entity_id
    assert resolve.findtext("samlp:Artifact", namespaces=NS) == artifact


def test_the_exchange_has_the_request_and_where_it_came_from(bench: Any, ars: ArtifactService) -> None:
    artifact = ars.hold(signed(bench))
    page = by_get(bench.browser(), artifact)
    exchange = bench.exchanges.get(page.url.rpartition("/")[2])
    fetched = exchange.last("request-fetched")
    assert fetched["from"] == ars.url
    assert fetched["artifact"] == artifact
    assert fetched["http_status"] == 200
    assert "ArtifactResponse" in fetched["xml"]
    request = exchange.last("request")
    assert request["binding"] == ARTIFACT
    assert request["relay_state"] == "rs-1"
    assert request["xml"].startswith("<samlp:AuthnRequest")


def test_a_back_channel_without_tls_is_a_warning(bench: Any, ars: ArtifactService) -> None:
    found = findings(bench, by_get(bench.browser(), ars.hold(signed(bench))))
    assert found["AR-43-tls"]["severity"] == "W"
    assert found["AR-43-tls"]["received"] == ars.url


def test_the_index_in_the_artifact_says_which_address_is_asked(bench: Any, ars: ArtifactService) -> None:
    with ArtifactService(bench.sp) as second:
        bench.sp.ars = {0: ars.url, 7: second.url}
        bench.trust(bench.sp)
        page = by_get(bench.browser(), second.hold(signed(bench), index=7))
        assert page.heading == "Maak een keuze", page.readable
        assert len(second.asked) == 1
    assert not ars.asked


@pytest.mark.parametrize("prefixes", [("a", "b"), ("saml2p", "saml2"), (None, "saml")])
def test_a_signed_request_keeps_its_signature_whatever_its_prefixes(
    bench: Any, ars: ArtifactService, prefixes: tuple[str | None, str]
) -> None:
    """It is cut out of an envelope that has other prefixes for the same namespaces."""
    page = by_get(bench.browser(), ars.hold(prefixed(bench, *prefixes)))
    assert page.heading == "Maak een keuze", page.readable


def prefixed(bench: Any, samlp: str | None, saml: str) -> bytes:
    """A good request under these prefixes; None is the default namespace."""
    usual = bench.sp.request(bench.sso)
    made = etree.Element(usual.tag, dict(usual.attrib), nsmap={samlp: NS["samlp"], saml: NS["saml"]})
    etree.SubElement(made, f"{{{NS['saml']}}}Issuer").text = bench.sp.entity_id
    return etree.tostring(sign(made, bench.sp.key, bench.sp.certificate))


def test_an_answer_as_soap_xml_will_do(bench: Any, ars: ArtifactService) -> None:
    def reply(asked: Asked, _: Any) -> Reply:
        return Reply(ars.usual(asked, _).body, headers={"Content-Type": "application/soap+xml"})

    ars.reply = reply
    assert by_get(bench.browser(), ars.hold(signed(bench))).heading == "Maak een keuze"


def test_what_the_rules_say_of_any_request_they_say_of_this_one_too(bench: Any, ars: ArtifactService) -> None:
    browser = bench.browser()
    got = landed(by_get(browser, ars.hold(signed(bench, level="loa4"))))
    assert got.url == bench.sp.acs[1][1]
    page = by_get(browser, ars.hold(signed(bench, Destination="https://other.example/sso")))
    assert page.status == 403
    assert "AR-08" in findings(bench, page)


def test_the_same_request_in_two_artifacts_is_a_replay(bench: Any, ars: ArtifactService) -> None:
    message = signed(bench)
    assert by_get(bench.browser(), ars.hold(message)).status == 200
    assert "AR-04" in findings(bench, by_get(bench.browser(), ars.hold(message)))


def test_providers_are_found_by_their_source_id_without_going_through_all_of_them(
    bench: Any, ars: ArtifactService, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    usual = catalogue.source_id
    monkeypatch.setattr(
        catalogue, "source_id", lambda entity_id: counted.append(entity_id) or usual(entity_id)
    )
    bench.trust(OTHER, "other")
    for _ in range(5):
        assert by_get(bench.browser(), ars.hold(signed(bench))).status == 200
    assert sorted(counted) == sorted([bench.sp.entity_id, OTHER.entity_id])


# What does not: table.


Answer = Callable[[Any, ArtifactService, Asked], bytes]


@dataclass(frozen=True)
class Case:
    name: str
    answer: Answer
    http: int
    says: str
    rule: str = "AR-43"


def id_of(asked: Asked) -> str:
    return str(asked.resolve.get("ID"))


def around(message: Callable[[Any], bytes | None], **how: Any) -> Answer:
    return lambda bench, ars, asked: bench.sp.artifact_response(id_of(asked), message(bench), **how)


def without_signature(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    whole = etree.fromstring(bench.sp.artifact_response(id_of(asked), unsigned(bench)))
    node = whole.find(".//ds:Signature", NS)
    node.getparent().remove(node)
    return etree.tostring(whole)


def signed_inside_only(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    whole = etree.fromstring(bench.sp.artifact_response(id_of(asked), signed(bench)))
    node = whole.find("soap:Body/samlp:ArtifactResponse/ds:Signature", NS)
    node.getparent().remove(node)
    return etree.tostring(whole)


def by_another_key(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    impostor = copy.copy(bench.sp)
    impostor.key, impostor.certificate = make_key("impostor")
    return impostor.artifact_response(id_of(asked), unsigned(bench))


def changed_after_signing(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    whole = bench.sp.artifact_response(id_of(asked), unsigned(bench))
    return whole.replace(b'ForceAuthn="true"', b'ForceAuthn="false"')


def another_message_put_in(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    """The signed answer stays whole, in a place that nobody reads; what is read is not signed."""
    whole = etree.fromstring(bench.sp.artifact_response(id_of(asked), unsigned(bench)))
    (response,) = whole[0]
    forged = copy.deepcopy(response)
    forged.set("ID", "_forged")
    forged.find("ds:Signature", NS).append(etree.fromstring(f'<ds:Object xmlns:ds="{NS["ds"]}"/>'))
    forged.find("ds:Signature", NS)[-1].append(response)
    whole[0].append(forged)
    return etree.tostring(whole)


def two_messages(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    whole = etree.fromstring(bench.sp.artifact_response(id_of(asked), unsigned(bench)))
    response = whole[0][0]
    response.append(etree.fromstring(unsigned(bench)))
    response.remove(response.find("ds:Signature", NS))
    return soap(etree.tostring(sign(response, bench.sp.key, bench.sp.certificate)))


def inner_signature_of_another(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    inner = sign(bench.sp.request(bench.sso), OTHER.key, OTHER.certificate)
    return bench.sp.artifact_response(id_of(asked), etree.tostring(inner))


def inner_signature_broken(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    inner = signed(bench).replace(b'ForceAuthn="true"', b'ForceAuthn="false"')
    return bench.sp.artifact_response(id_of(asked), inner)


def by_another_provider(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    bench.trust(OTHER, "other")
    return OTHER.artifact_response(id_of(asked), OTHER.signed(OTHER.request(bench.sso)))


def for_another_provider(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    """Well signed by who was asked, and well signed inside by somebody else."""
    bench.trust(OTHER, "other")
    return bench.sp.artifact_response(id_of(asked), OTHER.signed(OTHER.request(bench.sso)))


def unsigned_for_another_provider(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    """The signature around it must not do for a provider that did not make it."""
    bench.trust(OTHER, "other")
    return bench.sp.artifact_response(id_of(asked), etree.tostring(OTHER.request(bench.sso)))


def hidden(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    """Signatures do not cover comments."""
    return around(unsigned)(bench, ars, asked).replace(b":entities:9", b":entities:<!-- -->9", 1)


def soap_fault(bench: Any, ars: ArtifactService, asked: Asked) -> bytes:
    return soap(
        f'<soap:Fault xmlns:soap="{NS["soap"]}"><faultcode>soap:Server</faultcode>'
        "<faultstring>out of order</faultstring></soap:Fault>".encode()
    )


LOGOUT = b'<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"/>'
CASES = (
    Case("not XML", lambda *_: b"hello", 400, "not well-formed"),
    Case("nothing", lambda *_: b"", 400, "a samlp:ArtifactResponse in SOAP 1.1"),
    Case("HTML", lambda *_: b"<html/>", 400, "soap:Envelope"),
    Case("a DTD", lambda *_: mistakes.LAUGHS + soap(LOGOUT), 400, "DOCTYPE"),
    Case("SOAP without a body", lambda *_: soap(b""), 400, "an empty <soap:Body>"),
    Case("a SOAP fault", soap_fault, 400, "out of order"),
    Case("SOAP around something else", lambda *_: soap(LOGOUT), 400, "LogoutRequest"),
    Case("5,000 deep", lambda *_: soap(b"<a>" * 5_000 + b"</a>" * 5_000), 400, "not well-formed"),
    Case("1.1 MB", lambda *_: soap(b"<a>" + b"x" * 1_100_000 + b"</a>"), 400, "at most 1,000,000 bytes"),
    Case("unsigned", without_signature, 403, "no ds:Signature"),
    Case("signed inside only", signed_inside_only, 403, "no ds:Signature"),
    Case("by another key", by_another_key, 403, "none of these verifies"),
    Case("changed after signing", changed_after_signing, 403, "changed after signing"),
    Case("wrapped", another_message_put_in, 403, "samlp:ArtifactResponse"),
    Case("two messages", two_messages, 400, "one message"),
    Case("a comment in a value", hidden, 403, "a comment"),
    Case(
        "in response to another",
        lambda bench, _, __: bench.sp.artifact_response("_another", unsigned(bench)),
        403,
        "@InResponseTo",
    ),
    Case(
        "in response to nothing",
        lambda bench, _, __: bench.sp.artifact_response(None, unsigned(bench)),
        403,
        "@InResponseTo",
    ),
    Case("status Requester", around(unsigned, status="Requester"), 403, "status:Requester"),
    Case("status Responder and nothing in it", around(lambda _: None, status="Responder"), 403, "status:Responder"),
    Case("empty", around(lambda _: None), 403, "An artifact works once"),
    Case("another Issuer around it", around(unsigned, issuer=OTHER.entity_id), 403, "Issuer of the ArtifactResponse"),
    Case("by another provider", by_another_provider, 403, "none of these verifies"),
    Case("another Issuer inside, well signed", for_another_provider, 403, "whose artifact it is"),
    Case("another Issuer inside, unsigned", unsigned_for_another_provider, 403, "whose artifact it is"),
    Case("an unknown Issuer inside", around(lambda b: unsigned(b, issuer="urn:nobody")), 403, "urn:nobody"),
    Case("signed inside by another", inner_signature_of_another, 403, "none of these verifies", "AR-27"),
    Case("broken signature inside", inner_signature_broken, 403, "changed after signing", "AR-27"),
    Case("something else inside", around(lambda _: LOGOUT), 400, "LogoutRequest", "AR-02"),
    Case("not a boolean inside", around(lambda b: unsigned(b, ForceAuthn="perhaps")), 403, "perhaps", "AR-10"),
)  # fmt: skip


def refused(page: Page, http: int, rule: str, says: str) -> None:
    """A page with the rule, what was expected and how to mend it; and nothing that leads to the provider."""
    assert page.status == http, f"HTTP {page.status}:\n{page.readable}"
    assert page.heading == "Dit inlogverzoek is geweigerd", page.readable
    rules = {section.get("data-rule"): section for section in page.by_testid("finding")}
    assert rule in rules, f"expected {rule}, found {list(rules)}:\n{page.readable}"
    section = " ".join(rules[rule].text_content().split())
    for label in ("Verwacht", "Ontvangen", "Zo lost u het op"):
        assert label in section
    assert says in section, section
    assert not page.location
    assert not page.tree.forms
    assert "Traceback" not in page.text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_answer_that_cannot_be_believed_is_refused_and_the_reason_said(
    bench: Any, ars: ArtifactService, case: Case
) -> None:
    browser = bench.browser()
    under_way = bench.ask(browser)
    ars.reply = lambda asked, _: Reply(case.answer(bench, ars, asked))
    page = by_get(browser, ars.hold(b""))
    refused(page, case.http, case.rule, case.says)
    found = findings(bench, page)[case.rule]
    assert found["severity"] == "R"
    assert found["mend"].endswith(".")
    assert bench.exchanges.get(page.said("exchange")).outcome == "refused"
    assert company(bench, landed(walk(browser, under_way))) == {"KvKnr": "90000012"}, "the other tab suffered"


def test_the_signature_around_a_message_does_not_do_for_another_provider(
    bench: Any, ars: ArtifactService
) -> None:
    """Nor does it use up that provider's ID."""
    inside = OTHER.request(bench.sso)
    ars.reply = lambda asked, _: Reply(bench.sp.artifact_response(id_of(asked), etree.tostring(inside)))
    bench.trust(OTHER, "other")
    found = findings(bench, by_get(bench.browser(), ars.hold(b"")))
    assert {"AR-26", "AR-43"} <= set(found)
    assert bench.ask(xml=OTHER.signed(inside)).heading == "Maak een keuze"


def test_an_answer_signed_by_a_new_key_makes_the_broker_look_for_newer_metadata(bench: Any, web: Web) -> None:
    old, new = ServiceProvider(OTHER.entity_id), ServiceProvider(OTHER.entity_id)
    with ArtifactService(new) as service:
        old.ars = new.ars = {0: service.url}
        added = call(
            bench, "POST", "/api/v1/service-providers", {"url": web.serve("/metadata", old.metadata)}
        )
        assert added.status == 201, added.text
        web.serve("/metadata", new.metadata)
        page = by_get(bench.browser(), service.hold(etree.tostring(new.request(bench.sso))))
        assert page.heading == "Maak een keuze", page.readable
        assert web.asked == ["/metadata", "/metadata"]


# Servers that do not answer.


def test_a_server_that_is_not_there_is_a_finding(bench: Any, ars: ArtifactService) -> None:
    with socket.socket() as taken:
        # Bound and not listening: whoever calls is turned away.
        taken.bind(("127.0.0.1", 0))
        bench.sp.ars = {0: f"http://127.0.0.1:{taken.getsockname()[1]}/ars"}
        bench.trust(bench.sp)
        refused(by_get(bench.browser(), bench.sp.artifact()), 400, "AR-43", "Connection refused")


def test_a_name_that_nobody_has_is_a_finding(bench: Any, ars: ArtifactService) -> None:
    bench.sp.ars = {0: "http://sp.invalid/ars"}
    bench.trust(bench.sp)
    refused(by_get(bench.browser(), bench.sp.artifact()), 400, "AR-43", "no connection")


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/ars", "http://[::1/ars", "http://127.0.0.1:1/a b"])
def test_an_address_that_is_none_is_a_finding_and_the_metadata_stays(
    bench: Any, ars: ArtifactService, url: str
) -> None:
    bench.sp.ars = {0: url}
    bench.trust(bench.sp)
    refused(by_get(bench.browser(), bench.sp.artifact()), 403, "AR-43", "")
    assert bench.ask().heading == "Maak een keuze", "a login by POST needs no such address"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(bench: Any, ars: ArtifactService, status: int) -> None:
    with ArtifactService(bench.sp) as elsewhere:
        ars.reply = lambda *_: Reply(b"", status, {"Location": elsewhere.url})
        page = by_get(bench.browser(), ars.hold(b""))
        refused(page, 400, "AR-43", f"HTTP {status} to {elsewhere.url}, which is not followed")
        assert not elsewhere.asked


def test_an_error_of_the_server_is_said_with_what_its_fault_says(bench: Any, ars: ArtifactService) -> None:
    ars.reply = lambda asked, _: Reply(soap_fault(bench, ars, asked), 500)
    page = by_get(bench.browser(), ars.hold(b""))
    refused(page, 400, "AR-43", "HTTP 500")
    assert "out of order" in page.readable


def headers_only(ars: ArtifactService, handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")


def drip(ars: ArtifactService, handler: Any) -> None:
    """A byte every now and then: no single read takes long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not ars.over.wait(0.05):
        handler.wfile.write(b"x")


def drip_headers(ars: ArtifactService, handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not ars.over.wait(0.05):
        handler.wfile.write(b"x")


@pytest.mark.parametrize(
    "begin", [None, headers_only, drip, drip_headers], ids=["silent", "headers only", "drip", "drip headers"]
)
def test_a_slow_server_keeps_nobody_waiting_for_longer_than_the_setting(
    bench: Any, ars: ArtifactService, begin: Callable[[ArtifactService, Any], None] | None
) -> None:
    set_broker(bench, "backchannel_seconds: 1")

    def reply(_: Asked, handler: Any) -> None:
        if begin is not None:
            begin(ars, handler)
        ars.over.wait(30)

    ars.reply = reply
    started = time.monotonic()
    page = by_get(bench.browser(), ars.hold(b""))
    assert 0.9 < time.monotonic() - started < 5
    refused(page, 400, "AR-43", "no whole answer within 1 seconds")


def test_a_server_that_hangs_up_is_a_finding(bench: Any, ars: ArtifactService) -> None:
    def reply(_: Asked, handler: Any) -> None:
        """Not a word."""

    ars.reply = reply
    refused(by_get(bench.browser(), ars.hold(b"")), 400, "AR-43", "no ")


def test_a_server_that_speaks_something_else_is_a_finding(bench: Any, ars: ArtifactService) -> None:
    def reply(_: Asked, handler: Any) -> None:
        handler.wfile.write(b"220 mail.example ESMTP\r\n")

    ars.reply = reply
    refused(by_get(bench.browser(), ars.hold(b"")), 400, "AR-43", "no HTTP")


def test_a_body_without_end_is_read_up_to_the_limit(bench: Any, ars: ArtifactService) -> None:
    def reply(_: Asked, handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not ars.over.is_set():
            handler.wfile.write(b"x" * 65_536)

    ars.reply = reply
    refused(by_get(bench.browser(), ars.hold(b"")), 400, "AR-43", "more than that")


# Artifacts.


def artifact(
    kind: bytes = b"\x00\x04", index: int = 0, source: bytes = b"s" * 20, handle: bytes = b"h" * 20
) -> str:
    return base64.b64encode(kind + index.to_bytes(2, "big") + source + handle).decode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is empty"),
        ("AAQ", "not base64"),
        ("not an artifact at all", "not base64"),
        ("é" * 60, "not base64"),
        (artifact(kind=b"\x00\x01"), "0x0001"),
        (artifact(handle=b"short"), "29 bytes"),
        (artifact(handle=b"h" * 100_000), "100024 bytes"),
    ],
    ids=["empty", "cut off", "words", "not ASCII", "type 1", "short", "long"],
)
@pytest.mark.parametrize("send", [by_get, by_post])
def test_an_artifact_that_is_none_is_refused_and_nobody_asked(
    bench: Any, ars: ArtifactService, send: Callable[..., Page], text: str, says: str
) -> None:
    refused(send(bench.browser(), text), 400, "AR-01", says)
    assert not ars.asked


def test_an_artifact_of_an_unknown_provider_is_refused_and_nobody_asked(
    bench: Any, ars: ArtifactService
) -> None:
    refused(by_get(bench.browser(), OTHER.artifact()), 403, "AR-43", "SourceID")
    assert not ars.asked


def test_an_artifact_with_an_index_that_the_metadata_has_not_says_which_it_has(
    bench: Any, ars: ArtifactService
) -> None:
    refused(by_get(bench.browser(), bench.sp.artifact(3)), 403, "AR-43", "one of the indexes 0")
    assert not ars.asked


def test_an_artifact_of_a_provider_without_such_a_service_says_so(bench: Any) -> None:
    page = by_get(bench.browser(), bench.sp.artifact())
    refused(page, 403, "AR-43", "an ArtifactResolutionService in the metadata")


@pytest.mark.parametrize("query", ["SAMLart={0}&SAMLart={0}", "SAMLart={0}&SAMLRequest=AAAA"])
def test_two_requests_in_one_are_none(bench: Any, ars: ArtifactService, query: str) -> None:
    held = quote_plus(ars.hold(signed(bench)))
    refused(bench.browser().get("/sso/1.13?" + query.format(held)), 400, "AR-02", "more than one request")
    assert not ars.asked


# TLS.


@pytest.fixture(scope="session")
def server_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, signed by itself, key in the same file."""
    key, _ = make_key("localhost")
    file = tmp_path_factory.mktemp("ars") / "server.pem"
    file.write_bytes(pem(key, certificate_of(key, name="localhost", san="localhost", ca=True)))
    return file


@pytest.fixture
def tls_ars(bench: Any, server_certificate: Path) -> Iterator[ArtifactService]:
    bench.sp = copy.copy(bench.sp)
    with ArtifactService(bench.sp, server_certificate, "localhost") as service:
        bench.sp.ars = {0: service.url}
        bench.trust(bench.sp)
        yield service


def test_a_certificate_that_nobody_vouches_for_is_refused(bench: Any, tls_ars: ArtifactService) -> None:
    page = by_get(bench.browser(), tls_ars.hold(signed(bench)))
    refused(page, 400, "AR-43", "a certificate that is not trusted")
    assert "broker.backchannel_ca" in page.readable
    assert not tls_ars.asked


def test_a_request_is_fetched_over_tls_from_a_server_of_the_ca_that_is_set(
    bench: Any, tls_ars: ArtifactService, server_certificate: Path
) -> None:
    (bench.home / "ca.pem").write_bytes(server_certificate.read_bytes())
    set_broker(bench, "backchannel_ca: ca.pem")
    page = by_get(bench.browser(), tls_ars.hold(signed(bench)))
    assert page.heading == "Maak een keuze", page.readable
    assert "AR-43-tls" not in findings(bench, page)


@pytest.mark.parametrize("text", [None, "not a certificate"], ids=["missing", "garbage"])
def test_a_ca_file_that_cannot_be_used_is_said(
    bench: Any, tls_ars: ArtifactService, text: str | None
) -> None:
    if text is not None:
        (bench.home / "ca.pem").write_text(text)
    set_broker(bench, "backchannel_ca: ca.pem")
    refused(by_get(bench.browser(), tls_ars.hold(signed(bench))), 400, "AR-43", "ca.pem")
    assert not tls_ars.asked


def test_the_api_has_the_finding_as_the_page_has_it(bench: Any, ars: ArtifactService) -> None:
    ars.reply = lambda *_: Reply(b"hello")
    page = by_get(bench.browser(), ars.hold(b""))
    found = json.loads(bench.browser().get(f"/api/v1/exchanges/{page.said('exchange')}").body)
    assert found["outcome"] == "refused"
    assert found["sp"] == bench.sp.entity_id
    assert found["request"]["findings"][0]["rule"] == "AR-43"
    assert found["request"]["xml"] == "hello"
