"""The console's page of one exchange: what happened, why, and every message of it, for every kind of exchange."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import etree

from broker.exchange_view.steps import took
from support.answers import call, resolve, response, status
from support.browser import Page
from support.mistakes import by_another_key, changed_after_signing, unsigned
from support.shaped import settle
from support.sp import NS, POST, REDIRECT, ServiceProvider
from support.walk import landed, walk

BY_POST = {"AssertionConsumerServiceIndex": "2"}
MARKUP = '"><script>alert(1)</script><b id="x">'


def newest(bench: Any) -> str:
    return str(bench.exchanges.recent(1)[0].id)


def opened(bench: Any, exchange: str = "") -> Page:
    page = call(bench, "GET", f"/console/exchanges/{exchange or newest(bench)}")
    assert page.status == 200, page.text[:2000]
    return page


def by_post(bench: Any) -> None:
    bench.login(**BY_POST)


def by_artifact(bench: Any) -> None:
    resolve(bench, bench.login().fields["SAMLart"])


def not_fetched(bench: Any) -> None:
    bench.login()


def by_redirect(bench: Any) -> None:
    query = bench.sp.query(etree.tostring(bench.sp.request(bench.sso)))
    browser = bench.browser()
    walk(browser, browser.get(f"/sso/1.13?{query}"))


def refused(bench: Any) -> None:
    bench.ask(xml=unsigned(bench.sp, bench.sso))


def cancelled(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    browser.submit(page, page.form("cancel"))


def under_way(bench: Any) -> None:
    browser = bench.browser()
    walk(browser, bench.ask(browser), until="pin")


def no_mandate(bench: Any) -> None:
    browser = bench.browser()
    walk(browser, bench.ask(browser), "s.visser")


def logged_out(bench: Any) -> None:
    message = response(bench, bench.login(**BY_POST))
    assert status(message) == ["Success"]
    (name_id,) = message.xpath("saml:Assertion/saml:Subject/saml:NameID/text()", namespaces=NS)
    (index,) = message.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    request = bench.sp.logout_request(f"{bench.base_url}/slo/1.13", name_id, index)
    bench.browser().post("/slo/1.13", bench.sp.form(bench.sp.signed(request)))


def garbage(bench: Any) -> None:
    bench.browser().post("/sso/1.13", {"SAMLRequest": base64.b64encode(b"\xff\xfe no <xml").decode()})


def not_base64(bench: Any) -> None:
    bench.browser().post("/sso/1.13", {"SAMLRequest": "no base64 <script>"})


def bad_resolve(bench: Any) -> None:
    call(bench, "POST", "/ars/1.13", b"<a/>", Content_Type="text/xml")


def self_service(bench: Any) -> None:
    bench.exchanges.tell("visit", "supplier-opened", {"supplier": "kpn", "name": "KPN", "alone": True})
    bench.exchanges.tell("visit", "password-right", {"person": "m.devries", "username": "m.devries"})


def sealed(bench: Any) -> None:
    settle(bench, encrypt_assertion=True)
    bench.login(**BY_POST)


@dataclass(frozen=True)
class Kind:
    """How it comes about; what its page says: the outcome, words of the summary, the messages, how steps went."""

    make: Callable[[Any], None]
    outcome: str
    says: str
    messages: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


KINDS = {
    "by POST": Kind(by_post, "success", "met de browser meegegeven", ("AuthnRequest", "Response")),
    "by artifact": Kind(
        by_artifact,
        "success",
        "Het antwoord is opgehaald",
        ("AuthnRequest", "Response", "ArtifactResolve", "ArtifactResponse"),
    ),
    "not fetched": Kind(not_fetched, "success", "nog niet opgehaald", ("AuthnRequest", "Response")),
    "by redirect": Kind(by_redirect, "success", "is ingelogd", ("AuthnRequest", "Response")),
    "refused": Kind(refused, "refused", "geweigerd door regel AR-26", ("AuthnRequest",), ("refused",)),
    "cancelled": Kind(cancelled, "cancelled", "De gebruiker heeft geannuleerd", ("AuthnRequest", "Response")),
    "under way": Kind(under_way, "under-way", "wacht op de PIN", ("AuthnRequest",)),
    "logged out": Kind(
        logged_out, "success", "Daarna is uitgelogd", ("AuthnRequest", "Response", "LogoutRequest")
    ),
    "garbage": Kind(garbage, "refused", "geweigerd door regel AR-02", ("unreadable",), ("refused",)),
    "not base64": Kind(not_base64, "refused", "geweigerd door regel AR-02", ("unreadable",), ("refused",)),
    "bad resolve": Kind(bad_resolve, "refused", "ArtifactResolve", ("a", "Fault"), ("resolve",)),
    "self-service": Kind(self_service, "self-service", "eigen zaken"),
    "encrypted": Kind(sealed, "success", "is ingelogd namens", ("AuthnRequest", "Response")),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_page_of_each_kind_of_exchange(bench: Any, kind: Kind) -> None:
    kind.make(bench)
    page = opened(bench)
    assert page.by_testid("outcome")[0].get("data-outcome") == kind.outcome
    assert kind.says in page.by_testid("summary")[0].text_content()
    assert tuple(item.get("data-kind") for item in page.by_testid("message")) == kind.messages
    stopped = [item for item in page.by_testid("step") if item.get("data-sort") == "stopped"]
    assert tuple(item.get("data-kind") for item in stopped) == kind.stops
    sound(page)
    each_message_can_be_had(bench, page)


def sound(page: Page) -> None:
    """Ids are there once, each link within the page leads somewhere, and nothing needs a style or a script."""
    ids = page.tree.xpath("//@id")
    assert len(ids) == len(set(ids)), sorted(name for name in set(ids) if ids.count(name) > 1)
    for target in page.tree.xpath("//a[starts-with(@href, '#')]/@href"):
        assert target[1:] in ids, f"{target} leads nowhere"
    assert not page.tree.xpath("//@style | //style | //script | //*[@onclick]")
    assert len(page.tree.xpath("//h1")) == 1
    (picture,) = page.tree.xpath("//*[local-name()='svg']")
    assert picture.xpath("*[local-name()='title']")
    assert picture.xpath("*[local-name()='desc']")
    arrows = picture.xpath("*[local-name()='a']/@href")
    assert arrows == [f"#{item.get('id')}" for item in page.by_testid("event")]


def each_message_can_be_had(bench: Any, page: Page) -> None:
    exchange = page.said("exchange")
    listed = json.loads(call(bench, "GET", f"/api/v1/exchanges/{exchange}/messages").body)["messages"]
    assert [one["n"] for one in listed] == [int(item.get("data-n")) for item in page.by_testid("message")]
    for one in listed:
        by_page = call(bench, "GET", f"/console/exchanges/{exchange}/messages/{one['n']}.xml")
        by_api = call(bench, "GET", f"/api/v1/exchanges/{exchange}/messages/{one['n']}")
        assert by_page.body == by_api.body
        assert len(by_page.body) == one["bytes"]
        assert by_page.body.count(b"\n") + 1 == one["lines"]
        for got in (by_page, by_api):
            assert got.headers["Content-Disposition"].startswith("attachment; ")
            assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_a_request_that_is_answered_with_an_error_at_once_says_which_rule_and_what_to_mend(
    bench: Any,
) -> None:
    bench.ask(xml=bench.sp.signed(bench.sp.request(bench.sso, AttributeConsumingServiceIndex="77")))
    page = opened(bench)
    outcome = page.by_testid("outcome")[0].get("data-outcome")
    (first,) = page.by_testid("mend-first")
    assert outcome in ("declined", "refused")
    assert first.text == page.by_testid("finding")[0].get("data-rule")
    assert page.said("mend")


def test_who_has_no_mandate_sees_why_and_whose_move_it_is(bench: Any) -> None:
    bench.exchanges.tell("x", "request", {"sp": bench.sp.entity_id, "findings": []})
    reason = {"code": "expired", "nl": "verlopen op 1 mei", "mandate": "m/1", "place": "a.yaml:7"}
    bench.exchanges.tell("x", "mandates-considered", {"fitting": [], "refused": [reason], "left_out": 2})
    page = opened(bench, "x")
    assert "geen machtiging past" in page.said("what-happened")
    assert page.said("mend") == "verlopen op 1 mei"
    assert "annuleren" in page.said("move")
    (told,) = page.by_testid("reason")
    assert (told.get("data-code"), "a.yaml:7" in told.text_content()) == ("expired", True)
    assert page.by_testid("waits")


# Findings.


def test_a_finding_stands_at_its_line_of_a_request_in_one_line(bench: Any) -> None:
    request = bench.sp.request(bench.sso, Destination="http://127.0.0.1:1/sso")
    bench.ask(xml=bench.sp.signed(request))
    page = opened(bench)
    (note,) = [item for item in page.by_testid("line-note") if item.get("data-finding") == "AR-08"]
    row = note.getprevious()
    assert row.findtext("span") == note.get("data-line")
    assert 'Destination="http://127.0.0.1:1/sso"' in row.text_content()
    assert row.xpath(".//mark"), "the place in the line is not marked"
    assert page.by_testid("other-form"), "nor is it to be seen as it was sent"


def test_a_request_that_is_laid_out_is_shown_as_sent_with_its_own_lines(bench: Any) -> None:
    text = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"\n'
        '    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"\n'
        f'    ID="_1" Version="2.0"\n    IssueInstant="2026-01-01T00:00:00Z"\n'
        '    Destination="http://127.0.0.1:1/sso">\n'
        f"  <saml:Issuer>{bench.sp.entity_id}</saml:Issuer>\n</samlp:AuthnRequest>"
    )
    bench.ask(xml=text.encode())
    page = opened(bench)
    (note,) = [item for item in page.by_testid("line-note") if item.get("data-finding") == "AR-08"]
    assert note.get("data-line") == "5"
    shown = [row.text_content() for row in note.getparent().xpath("div[contains(@class, 'row')]/code")]
    assert shown == text.split("\n")


def test_each_finding_leads_to_its_rule_to_the_scheme_and_to_its_line(bench: Any) -> None:
    refused(bench)
    page = opened(bench)
    for finding in page.by_testid("finding"):
        links = finding.xpath(".//a/@href")
        assert f"/rules/{finding.get('data-rule')}" in links
        assert any(link.startswith("https://") for link in links)
        assert any(link.startswith("#m1-f") for link in links)


FINDING = {
    "rule": "AR-99",
    "severity": "E",
    "outcome": "go-on",
    "title": "a title",
    "expected": "this",
    "received": "that",
    "mend": "do so",
    "reference": "https://scheme.example/",
    "where": "<a>",
    "line": 1,
    "column": 1,
    "docs": "docs/rules/AR-99.md",
    "mends": {"python3-saml": "set that there"},
}


def test_a_suppressed_finding_is_shown_with_its_reason_and_is_not_what_to_mend_first(bench: Any) -> None:
    loud = {**FINDING, "rule": "AR-98", "severity": "W"}
    quiet = {**FINDING, "suppressed": "agreed in ticket 7"}
    bench.exchanges.tell("x", "request", {"sp": "s", "xml": "<a/>", "findings": [quiet, loud]})
    page = opened(bench, "x")
    assert [item.get("data-rule") for item in page.by_testid("finding")] == ["AR-98", "AR-99"]
    assert "agreed in ticket 7" in page.by_testid("suppressed")[0].text_content()
    assert not page.by_testid("mend-first")
    assert "set that there" in page.by_testid("finding")[0].text_content()


def test_a_rule_that_broke_never_looks_like_one_that_passed(bench: Any) -> None:
    broke = {"rule": "AR-05", "error": "KeyError: 'x'"}
    bench.exchanges.tell("x", "request", {"sp": "s", "xml": "<a/>", "findings": [], "broken_rules": [broke]})
    bench.exchanges.tell("x", "refused", {"rules": ["AR-05"]})
    page = opened(bench, "x")
    (told,) = page.by_testid("broken-rule")
    assert "AR-05" in told.text_content()
    assert "KeyError" in told.text_content()
    assert "alles is zoals" not in page.readable
    assert "controle van de makelaar" in page.said("what-happened")


def test_a_scenario_is_marked_in_summary_picture_and_log(bench: Any) -> None:
    bench.exchanges.tell("x", "request", {"sp": "s", "findings": [], "tag": "run-7"})
    told = {"id": "1", "name": "expired-assertion", "params": {}, "point": "facts"}
    bench.exchanges.tell("x", "scenario", told)
    page = opened(bench, "x")
    assert "expired-assertion" in page.by_testid("scenario")[0].text_content()
    assert "INGEGREPEN" in page.by_testid("picture")[0].text_content()
    (event,) = [item for item in page.by_testid("event") if item.get("data-kind") == "scenario"]
    assert "Hier is ingegrepen" in event.text_content()
    assert page.said("tag") == "run-7"


def test_an_event_of_a_kind_that_the_page_does_not_know_is_shown_by_its_name(bench: Any) -> None:
    bench.exchanges.tell("x", "brand-new", {"a": "b"})
    page = opened(bench, "x")
    assert "brand-new" in page.by_testid("picture")[0].text_content()
    sound(page)


# Signatures.


def signatures(bench: Any, exchange: str = "") -> list[dict[str, Any]]:
    path = f"/api/v1/exchanges/{exchange or newest(bench)}/messages"
    found = json.loads(call(bench, "GET", path).body)["messages"]
    return [one for message in found for one in (*message["signatures"], *message["inside"])]


def test_each_signature_says_what_it_covers_and_whose_key_made_it(bench: Any) -> None:
    by_post(bench)
    request, outer, own, *inner = signatures(bench)
    broker = bench.application.parts.settings.entity_id
    assert (request["covers"], request["owner"]) == ("<samlp:AuthnRequest>", bench.sp.entity_id)
    assert (outer["covers"], outer["owner"]) == ("<samlp:Response>", broker)
    assert (own["covers"], own["owner"]) == ("<saml:Assertion>", broker)
    assert {one["issuer"].split(":")[2] for one in inner} == {"AD", "MR"}
    assert all(one["owner"] == one["issuer"] for one in inner)
    assert {one["why"] for one in (request, outer, own, *inner)} == {"holds"}
    page = opened(bench)
    assert len(page.by_testid("signature")) == 3 + len(inner)
    assert bench.sp.entity_id in page.by_testid("signature")[0].text_content()


@pytest.mark.parametrize(
    ("make", "why", "valid"),
    [(changed_after_signing, "changed", False), (by_another_key, "unknown-key", False)],
)
def test_a_signature_that_does_not_hold_says_why(bench: Any, make: Any, why: str, valid: bool) -> None:
    bench.ask(xml=make(bench.sp, bench.sso))
    (one,) = signatures(bench)
    assert (one["why"], one["valid"]) == (why, valid)
    (shown,) = opened(bench).by_testid("signature")
    assert shown.get("data-why") == why
    assert "klopt niet" in shown.text_content()


def test_a_signature_by_the_key_of_another_provider_says_whose(bench: Any) -> None:
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777770000:entities:9002")
    bench.trust(other, "other")
    bench.ask(xml=other.signed(other.request(bench.sso, issuer=bench.sp.entity_id)))
    (one,) = signatures(bench)
    assert (one["why"], one["owner"], one["issuer"]) == ("other-key", other.entity_id, bench.sp.entity_id)


def test_the_signature_of_a_query_covers_its_parameters(bench: Any) -> None:
    by_redirect(bench)
    one = signatures(bench)[0]
    assert (one["covers"], one["why"]) == ("SAMLRequest, RelayState, SigAlg", "holds")
    query = bench.sp.query(etree.tostring(bench.sp.request(bench.sso))).replace("rs-1", "rs-2")
    bench.browser().get(f"/sso/1.13?{query}")
    changed = signatures(bench)[0]
    assert (changed["why"], changed["valid"], changed["owner"]) == ("changed", False, bench.sp.entity_id)
    stranger = ServiceProvider().query(etree.tostring(bench.sp.request(bench.sso)))
    bench.browser().get(f"/sso/1.13?{stranger}")
    assert (signatures(bench)[0]["why"], signatures(bench)[0]["owner"]) == ("unknown-key", "")


def test_a_good_signature_over_what_was_put_into_a_message_does_not_count_for_it(bench: Any) -> None:
    """Signature wrapping: a signed request in the Extensions of one that nobody signed."""
    outer = bench.sp.request(bench.sso, ID="_outer")
    extensions = etree.Element(f"{{{NS['samlp']}}}Extensions")
    extensions.append(etree.fromstring(bench.sp.signed(bench.sp.request(bench.sso))))
    outer.insert(1, extensions)
    bench.ask(xml=etree.tostring(outer))
    (one,) = signatures(bench)
    assert (one["why"], one["valid"], one["whole"]) == ("elsewhere", False, False)
    assert one["owner"] == bench.sp.entity_id
    page = opened(bench)
    assert "gaat niet over dit bericht" in page.by_testid("signature")[0].text_content()
    assert "Eén handtekening, klopt niet" in page.by_testid("signatures")[0].text_content()


def test_a_signature_over_the_message_says_so_in_an_envelope_too(bench: Any) -> None:
    by_artifact(bench)
    found = signatures(bench)
    assert {one["why"] for one in found} == {"holds"}
    whole = {one["covers"] for one in found if one["whole"]}
    assert {"<samlp:AuthnRequest>", "<samlp:ArtifactResolve>", "<samlp:ArtifactResponse>"} <= whole


def test_in_an_encrypted_assertion_everything_is_in_clear(bench: Any) -> None:
    sealed(bench)
    page = opened(bench)
    told = page.by_testid("statement")[0].text_content()
    for words in ("Audience", bench.sp.entity_id, "EH3", "s geldig", "NameID"):
        assert words in told
    assert page.by_testid("decrypted")
    assert len(page.by_testid("advice")) == 2
    assert {one["why"] for one in signatures(bench)} == {"holds"}
    values = [item.text_content() for item in page.by_testid("identifier")]
    assert any("90000012" in value for value in values)


# What comes in is somebody else's.


def test_markup_in_a_value_stays_text(bench: Any) -> None:
    hostile = bench.sp.request(bench.sso, ProviderName=MARKUP, Destination=MARKUP)
    bench.ask(xml=bench.sp.signed(hostile), relay_state=MARKUP)
    bench.exchanges.tell(newest(bench), MARKUP, {"reason": MARKUP, MARKUP: MARKUP})
    page = opened(bench)
    assert not page.tree.xpath("//script | //b[@id='x']")
    assert "alert(1)" in page.readable
    sound(page)


def test_markup_in_what_is_not_xml_stays_text(bench: Any) -> None:
    bench.browser().post("/sso/1.13", {"SAMLRequest": base64.b64encode(MARKUP.encode()).decode()})
    page = opened(bench)
    assert not page.tree.xpath("//script | //b[@id='x']")
    assert "alert(1)" in page.readable


def test_what_comes_is_given_back_byte_by_byte(bench: Any) -> None:
    xml = b"\xef\xbb\xbf<a>\xff</a>\r\n"
    form = {"SAMLRequest": base64.b64encode(xml).decode()}
    bench.browser().post("/sso/1.13", form)
    exchange = newest(bench)
    assert call(bench, "GET", f"/console/exchanges/{exchange}/messages/1.xml").body == xml
    sent = call(bench, "GET", f"/console/exchanges/{exchange}/messages/1.txt")
    assert sent.text == form["SAMLRequest"]
    assert sent.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["9.xml", "0.xml", "1.html", "x.xml", "2.txt"])
def test_a_message_that_is_not_there_is_said_so(bench: Any, path: str) -> None:
    not_fetched(bench)
    assert call(bench, "GET", f"/console/exchanges/{newest(bench)}/messages/{path}").status == 404


@pytest.mark.parametrize("rest", ["9", "x", "2?form=sent"])
def test_the_api_says_which_message_is_not_there(bench: Any, rest: str) -> None:
    not_fetched(bench)
    got = call(bench, "GET", f"/api/v1/exchanges/{newest(bench)}/messages/{rest}")
    assert (got.status, got.headers["Content-Type"]) == (404, "application/problem+json")
    assert call(bench, "GET", "/api/v1/exchanges/none/messages").status == 404
    assert call(bench, "GET", f"/api/v1/exchanges/{newest(bench)}/messages/1?form=y").status == 422


# Once more.


def test_curl_sends_the_same_again(bench: Any) -> None:
    by_artifact(bench)
    page = opened(bench)
    told = [item.xpath(".//pre")[0].text_content() for item in page.by_testid("curl")]
    request, fetch = (shlex.split(text.replace("\\\n", " ")) for text in told)
    form = dict(item.split("=", 1) for item in request if item.startswith(("SAMLRequest=", "RelayState=")))
    again = call(bench, "POST", urlsplit(request[-1]).path, None)
    assert again.status == 400, "a request without its form"
    got = bench.browser().post(urlsplit(request[-1]).path, form)
    assert got.status == 403
    assert [item.get("data-rule") for item in got.by_testid("finding")] == ["AR-04"], "the same ID twice"
    assert "Content-Type: text/xml" in fetch
    body = fetch[fetch.index("--data-binary") + 1].encode()
    once_more = call(bench, "POST", urlsplit(fetch[-1]).path, body, Content_Type="text/xml")
    assert once_more.status == 200
    assert bench.exchanges.get(page.said("exchange")).last("resolve")["outcome"] == "used"


def test_curl_of_a_query_is_the_query_as_it_came(bench: Any) -> None:
    query = bench.sp.query(etree.tostring(bench.sp.request(bench.sso)))
    bench.browser().get(f"/sso/1.13?{query}")
    (told,) = opened(bench).by_testid("curl")
    assert f"{bench.sso}?{query}" in told.text_content()


@pytest.mark.parametrize("binding", [POST, REDIRECT])
def test_the_answer_to_a_log_out_is_a_message_too(bench: Any, binding: str) -> None:
    stranger = ServiceProvider(
        entity_id="https://stranger.example/metadata", services={}, slo={binding: "http://localhost:9/slo"}
    )
    bench.trust(stranger, "stranger")
    browser = bench.browser()
    how = {**BY_POST, "level": None, "AttributeConsumingServiceIndex": None}
    message = stranger.signed(stranger.request(bench.sso, **how))
    answer = landed(walk(browser, browser.post("/sso/1.13", stranger.form(message))))
    root = response(bench, answer)
    (name_id,) = root.xpath("saml:Assertion/saml:Subject/saml:NameID/text()", namespaces=NS)
    (index,) = root.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    request = stranger.logout_request(f"{bench.base_url}/slo/1.13", name_id, index)
    got = landed(browser.post("/slo/1.13", stranger.form(stranger.signed(request))))
    shown = opened(bench).by_testid("message")
    assert [item.get("data-kind") for item in shown][-2:] == ["LogoutRequest", "LogoutResponse"]
    assert signatures(bench)[-1]["why"] == "holds"
    sent = call(bench, "GET", f"/console/exchanges/{newest(bench)}/messages/4.txt").text
    assert got.fields["SAMLResponse"] in (sent, dict(parse_qsl(sent)).get("SAMLResponse"))


# Large.


@pytest.mark.parametrize("line", ["", "\n"], ids=["in one line", "in many lines"])
def test_a_message_of_1_mb_has_a_page_that_is_bounded(bench: Any, line: str) -> None:
    many = "".join(f'<x xmlns="urn:x" n="{n}">waarde {n}</x>{line}' for n in range(20_500))
    text = f"<samlp:Extensions>{many}<y xmlns='urn:y'>{'QUJD' * 20_000}</y></samlp:Extensions>"
    xml = bench.sp.signed(bench.sp.request(bench.sso, children=text, Destination="http://127.0.0.1:1/"))
    assert 900_000 < len(xml) < 1_000_000
    bench.ask(xml=xml)
    exchange = newest(bench)
    page = opened(bench, exchange)
    assert len(page.body) < 1_300_000
    assert [item.get("data-finding") for item in page.by_testid("line-note")].count("AR-08") == 1
    assert not page.by_testid("cut")
    assert call(bench, "GET", f"/console/exchanges/{exchange}/messages/1.xml").body == xml
    sent = call(bench, "GET", f"/console/exchanges/{exchange}/messages/1.txt")
    assert base64.b64decode(sent.body) == xml
    assert "@message-1.txt" in page.by_testid("curl")[0].text_content()


def test_an_ordinary_page_is_no_large_one(bench: Any) -> None:
    by_artifact(bench)
    assert len(opened(bench, newest(bench)).body) < 400_000


def test_what_the_log_has_no_more_than_the_beginning_of_is_said(bench: Any) -> None:
    from broker import exchanges

    bench.exchanges.tell("x", "request", {"xml": "<a>" + "x" * exchanges.MOST_TEXT, "findings": []})
    page = opened(bench, "x")
    assert page.by_testid("cut")
    assert "alleen het begin is bewaard" in page.readable


def test_the_steps_have_the_time_between_them(bench: Any) -> None:
    by_post(bench)
    page = opened(bench)
    steps = json.loads(call(bench, "GET", f"/api/v1/exchanges/{newest(bench)}").body)["times"]["steps"]
    gaps = [
        after["after_ms"] - before["after_ms"]
        for before, after in zip([steps[0], *steps], steps, strict=False)
    ]
    shown = [item.xpath("td[2]")[0].text_content() for item in page.by_testid("step")]
    assert shown == [took(gap) for gap in gaps]
    assert (took(12), took(3_400), took(125_000)) == ("+12 ms", "+3,4 s", "+2 min 5 s")
