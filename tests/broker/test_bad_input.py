"""The table "Bad input, and what it gets", row by row; and what holds for every row.

No row gives a trace, leads to an address outside the provider's metadata, goes unrecorded, or disturbs a login
that is under way in another tab of the same browser.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urljoin

import pytest
from lxml import etree

from broker.exchange_json import told
from support import mistakes
from support.answers import artifact_response, call, company, resolve, response, status
from support.browser import Browser, Page
from support.mistakes import RSA_SHA1, Build
from support.sp import NS, ServiceProvider, soap
from support.walk import landed, walk

Send = Callable[[Any, Browser], Page]
Check = Callable[[Any, Page], None]
OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
EVIL = "https://evil.example/acs"


@dataclass(frozen=True)
class Case:
    """``logged`` must stand in the exchange log; ``setting`` goes into the section broker of the YAML."""

    name: str
    send: Send
    check: Check
    logged: str = ""
    setting: str = ""


# How things come in.


def post(build: Build) -> Send:
    return lambda bench, browser: browser.post("/sso/1.13", bench.sp.form(build(bench.sp, bench.sso), "rs-1"))


def post_field(value: str) -> Send:
    return lambda bench, browser: browser.post("/sso/1.13", {"SAMLRequest": value, "RelayState": "rs-1"})


def ask(**how: Any) -> Send:
    """A request that is well signed, with these attributes."""
    return lambda bench, browser: bench.ask(browser, **how)


def redirect(query: Callable[[ServiceProvider, str], str]) -> Send:
    return lambda bench, browser: browser.get(f"/sso/1.13?{query(bench.sp, bench.sso)}")


def altered(change: Callable[[str], str], **how: Any) -> Send:
    """A query that is changed after signing."""
    return redirect(lambda sp, sso: change(sp.query(mistakes.unsigned(sp, sso), "rs-1", **how)))


def back_channel(message: Callable[[Any, str], bytes]) -> Send:
    """A login by artifact, and this ArtifactResolve for it."""
    return lambda bench, browser: resolve(bench, "", message=message(bench, bench.login().fields["SAMLart"]))


def soap_by_hand(bench: Any, artifact: str) -> bytes:
    """An ArtifactResolve without a signature."""
    whole = etree.fromstring(bench.sp.resolve_message(artifact))
    signature = whole.find(".//ds:Signature", NS)
    signature.getparent().remove(signature)
    return etree.tostring(whole)


def used(bench: Any, artifact: str) -> bytes:
    assert artifact_response(bench, resolve(bench, artifact)).find("samlp:Response", NS) is not None
    return bench.sp.resolve_message(artifact)


def late(bench: Any, artifact: str) -> bytes:
    assert call(bench, "PUT", "/api/v1/clock", {"shift_seconds": 61}).status == 200
    return bench.sp.resolve_message(artifact)


def by_another_provider(bench: Any, artifact: str) -> bytes:
    bench.trust(OTHER, "other")
    return OTHER.resolve_message(artifact)


def without_a_usable_address(bench: Any, browser: Browser) -> Page:
    """All that the metadata has is of a binding that cannot be used, and the request names none."""
    odd = ServiceProvider(
        entity_id="urn:etoegang:DV:00000001777777750000:entities:9001",
        acs={1: (mistakes.PAOS, "http://localhost:9/acs/paos")},
    )
    bench.trust(odd, "odd")
    xml = odd.signed(odd.request(bench.sso, AssertionConsumerServiceIndex=None))
    return bench.ask(browser, xml)


def again(send: Callable[[Any, Browser, bytes], Page]) -> Send:
    """The same message twice; what the second one gets."""

    def twice(bench: Any, browser: Browser) -> Page:
        message = mistakes.well_signed(bench.sp, bench.sso)
        first = send(bench, browser, message)
        assert first.status == 200, first.readable
        return send(bench, browser, message)

    return twice


def post_again(bench: Any, browser: Browser, message: bytes) -> Page:
    return bench.ask(browser, message)


def put_clock(body: Any) -> Send:
    return lambda bench, browser: call(bench, "PUT", "/api/v1/clock", body)


# What must come of it.


def refused(http: int, rule: str, says: str = "") -> Check:
    """A page with the rule and the reason, and an answer to nobody."""

    def check(bench: Any, page: Page) -> None:
        assert page.status == http, f"expected HTTP {http}, got {page.status}:\n{page.readable}"
        assert page.heading == "Dit inlogverzoek is geweigerd", page.readable
        rules = [section.get("data-rule") for section in page.by_testid("finding")]
        assert rule in rules, f"expected {rule} on the page, found {rules}:\n{page.readable}"
        assert says in page.readable, f"expected {says!r} on the page:\n{page.readable}"
        assert not page.location, f"it leads to {page.location}"
        assert not page.tree.forms, "a refusal has nothing to send"

    return check


def answered(*codes: str) -> Check:
    """A signed answer to the provider, with these status codes and without an assertion."""

    def check(bench: Any, page: Page) -> None:
        got = landed(page)
        assert got.url == bench.sp.acs[1][1]
        assert got.fields["RelayState"] == "rs-1"
        message = response(bench, got)
        assert status(message) == list(codes)
        assert message.find("saml:Assertion", NS) is None, "a refusal says nothing of anybody"

    return check


def goes_on(bench: Any, page: Page) -> None:
    assert page.status == 200, f"HTTP {page.status}:\n{page.readable}"
    assert page.heading == "Maak een keuze", page.readable


def soap_fault(http: int, rule: str) -> Check:
    def check(bench: Any, page: Page) -> None:
        assert page.status == http, page.text[:2000]
        assert page.headers["Content-Type"].startswith("text/xml"), page.headers
        text = etree.fromstring(page.body).findtext("soap:Body/soap:Fault/faultstring", namespaces=NS)
        assert text is not None, page.text[:2000]
        assert text.startswith(rule), text

    return check


def no_message(bench: Any, page: Page) -> None:
    """Success, and nothing in it."""
    answer = artifact_response(bench, page)
    assert status(answer) == ["Success"]
    names = [etree.QName(child).localname for child in answer]
    assert names == ["Issuer", "Status"], f"something leaked: {names}"


def generic_response(bench: Any, page: Page) -> None:
    """Success, and in it a Response that says no more than Responder."""
    answer = artifact_response(bench, page)
    assert status(answer) == ["Success"]
    inside = answer.find("samlp:Response", NS)
    assert inside is not None, "the setting asks for a Response"
    assert status(inside) == ["Responder"]
    assert inside.find("saml:Assertion", NS) is None, "the assertion leaked"


def problem_document(http: int) -> Check:
    def check(bench: Any, page: Page) -> None:
        assert page.status == http, page.text[:2000]
        assert page.headers["Content-Type"] == "application/problem+json", page.text[:2000]
        assert json.loads(page.body)["detail"], "a problem says how to mend it"

    return check


def misdirected(bench: Any, page: Page) -> None:
    assert page.status == 421, f"HTTP {page.status}"
    assert "inbox" not in page.text, "the console was shown to a foreign name"


NOW = datetime.now(UTC)  # of the collection: a run may take minutes, so only whole days are counted from it
WRONG_ROOT = (
    b'<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"/>'
)


def readable(name: str, send: Send, says: str = "") -> Case:
    return Case(f"unreadable: {name}", send, refused(400, "AR-02", says), "AR-02")


def forged(name: str, send: Send, rule: str = "AR-27", says: str = "") -> Case:
    return Case(f"forged: {name}", send, refused(403, rule, says), rule)


def artifacts() -> Iterator[Case]:
    rows: tuple[tuple[str, Send, str], ...] = (
        ("used", back_channel(used), "AX-08"),
        ("late", back_channel(late), "AX-06"),
        ("of another provider", back_channel(by_another_provider), "AX-04"),
        ("unknown", lambda bench, _: resolve(bench, unknown_artifact(bench)), "AX-05"),
        ("of another broker", lambda bench, _: resolve(bench, mistakes.foreign_artifact()), "AX-05"),
        ("garbage", lambda bench, _: resolve(bench, "AAQAA, not base64"), "AX-05"),
        ("empty", lambda bench, _: resolve(bench, ""), "AX-05"),
    )
    for name, send, rule in rows:
        yield Case(f"artifact {name}", send, no_message, rule)
        yield Case(
            f"artifact {name}, setting responder", send, generic_response, rule, "unknown_artifact: responder"
        )


def unknown_artifact(bench: Any) -> str:
    return mistakes.foreign_artifact(bench.application.parts.settings.entity_id)


CASES = (
    # A message that cannot be read at all: 400, AR-02 with the reason.
    readable("base64 cut off", post_field(base64.b64encode(WRONG_ROOT).decode()[:-3]), "not whole base64"),
    readable("not base64", post_field("<AuthnRequest/>"), "without base64"),
    readable("3 MB of base64", post_field("QUFB" * 800_000), "characters long"),
    readable("9 MB of base64", post_field("QUFB" * 2_400_000), "larger than this broker reads"),
    readable(
        "deflate bomb by Redirect",
        lambda _, b: b.get(f"/sso/1.13?SAMLRequest={quote_plus(mistakes.bomb())}"),
        "inflates to more than",
    ),
    readable("deflate bomb by POST", post_field(mistakes.bomb())),
    readable(
        "DEFLATE cut off",
        redirect(
            lambda *_: (
                "SAMLRequest=" + quote_plus(base64.b64encode(mistakes.deflated(WRONG_ROOT)[:-9]).decode())
            )
        ),
        "cut off",
    ),
    readable(
        "not DEFLATE",
        redirect(lambda *_: "SAMLRequest=" + quote_plus(base64.b64encode(WRONG_ROOT).decode())),
        "without DEFLATE",
    ),
    readable("not XML", post(lambda *_: b"hello, is this the broker?"), "not well-formed"),
    readable("5,000 deep", post(mistakes.deep), "not well-formed"),
    readable("DTD", post(mistakes.with_dtd), "DOCTYPE"),
    readable("internal entity", post(mistakes.with_entity), "DOCTYPE"),
    readable("billion laughs in an attribute", post(mistakes.with_laughs)),
    readable("entity that reads a file", post(mistakes.with_outside_entity)),
    readable("wrong root", post(lambda *_: WRONG_ROOT), "LogoutRequest"),
    readable("GET without anything", lambda _, b: b.get("/sso/1.13"), "no SAMLRequest"),
    readable("POST without anything", lambda _, b: b.post("/sso/1.13", {}), "no SAMLRequest"),
    *(
        readable(
            f"query parameter {name} twice", altered(lambda q, n=name: f"{q}&{n}=AAAA"), "more than once"
        )
        for name in ("SAMLRequest", "RelayState", "SigAlg", "Signature", "%53AMLRequest")
    ),
    # A message that may be anybody's: 403, the rule, no answer.
    forged("unsigned by POST", post(mistakes.unsigned), "AR-26"),
    forged("unsigned by Redirect", altered(lambda q: q.partition("&SigAlg")[0]), "AR-26"),
    forged("SigAlg without Signature", altered(lambda q: q.partition("&Signature")[0]), "AR-26"),
    *(forged(build.__name__.replace("_", " "), post(build)) for build in mistakes.FORGERIES),
    *(forged(f"wrapping: {build.__name__.replace('_', ' ')}", post(build)) for build in mistakes.WRAPPINGS),
    forged("comment in Issuer", post(mistakes.comment_in_issuer), says="a comment"),
    forged("comment before the value of Issuer", post(mistakes.comment_before_issuer), says="a comment"),
    forged("comment in the level", post(mistakes.comment_in_level), says="a comment"),
    forged("processing instruction in Issuer", post(mistakes.instruction_in_issuer), says="instruction"),
    forged("by another key, by Redirect", redirect(lambda sp, sso: OTHER.query(mistakes.unsigned(sp, sso)))),
    forged("RelayState changed after signing", altered(lambda q: q.replace("rs-1", "rs-2")), "AR-42"),
    forged(
        "RelayState taken away after signing", altered(lambda q: q.replace("&RelayState=rs-1", "")), "AR-42"
    ),
    forged("query escaped anew after signing", altered(mistakes.lower_case), "AR-42"),
    forged("SigAlg of another family", altered(lambda q: q.replace("rsa-sha256", "hmac-sha256"))),
    # What is out of the ordinary, and still good.
    Case("good: query escaped in lower case and signed so", redirect(mistakes.query_in_lower_case), goes_on),
    Case("good: signed by hand", post(mistakes.well_signed), goes_on),
    Case("SHA-1 by POST is a finding", post(mistakes.sha1), goes_on, "AR-28"),
    Case("SHA-1 by Redirect is a finding", altered(str, algorithm=RSA_SHA1), goes_on, "AR-28"),
    Case("SHA-1 by POST, strict", post(mistakes.sha1), refused(403, "AR-28"), "AR-28", "rules: strict"),
    Case(
        "SHA-1 by Redirect, strict",
        altered(str, algorithm=RSA_SHA1),
        refused(403, "AR-28"),
        "AR-28",
        "rules: strict",
    ),
    # From a provider that we know, with a return address that we do not: no answer.
    forged("unknown Issuer", ask(issuer="urn:etoegang:DV:00000001000000000000:entities:9001"), "AR-22"),
    forged("wrong Destination", ask(Destination="https://other.example/sso/1.13"), "AR-08"),
    forged("no Destination", ask(Destination=None), "AR-08"),
    forged(
        "unknown ACS URL", ask(AssertionConsumerServiceIndex=None, AssertionConsumerServiceURL=EVIL), "AR-16"
    ),
    forged("unknown ACS URL beside a good index", ask(AssertionConsumerServiceURL=EVIL), "AR-16"),
    forged("unknown ACS index", ask(AssertionConsumerServiceIndex="7"), "AR-14"),
    forged("ACS index of a binding that cannot be used", ask(AssertionConsumerServiceIndex="3"), "AR-14"),
    forged("no ACS of a binding that can be used", without_a_usable_address, "AR-14"),
    forged("no ID", ask(ID=None), "AR-03"),
    forged("ID that is none", ask(ID="1 2"), "AR-03"),
    forged("version 1.1", ask(Version="1.1"), "AR-05"),
    forged("replayed by POST", again(post_again), "AR-04"),
    forged(
        "replayed by Redirect",
        again(lambda bench, browser, xml: browser.get(f"/sso/1.13?{bench.sp.query(xml)}")),
        "AR-04",
    ),
    forged(
        "an instant that no clock has, unsigned",
        post(lambda sp, sso: etree.tostring(sp.request(sso, IssueInstant="0001-01-01T00:00:00+14:00"))),
        "AR-26",
    ),
    # From a provider that we know, to an address that we know: a SAML answer.
    Case("too old", ask(now=NOW - timedelta(days=1)), answered("Requester"), "AR-07"),
    Case("from the future", ask(now=NOW + timedelta(days=1)), answered("Requester"), "AR-07"),
    Case(
        "unknown service index",
        ask(AttributeConsumingServiceIndex="7"),
        answered("Requester", "RequestUnsupported"),
        "AR-19",
    ),
    Case(
        "level above the catalogue", ask(level="loa4"), answered("Requester", "RequestUnsupported"), "AR-35"
    ),
    Case("level that there is not", ask(level="loa9"), answered("Requester", "RequestUnsupported"), "AR-34"),
    Case("passive", ask(IsPassive="true"), answered("Responder", "RequestUnsupported"), "AR-12"),
    # The back channel.
    *artifacts(),
    Case("ArtifactResolve unsigned", back_channel(soap_by_hand), soap_fault(403, "AX-03"), "AX-03"),
    Case(
        "ArtifactResolve of an unknown provider",
        back_channel(lambda _, art: OTHER.resolve_message(art)),
        soap_fault(403, "AX-04"),
        "AX-04",
    ),
    Case(
        "SOAP that is none",
        back_channel(lambda *_: b"<html/>"),
        soap_fault(400, "AX-01"),
        "of SOAP 1.1",
    ),
    Case("SOAP that is empty", back_channel(lambda *_: b""), soap_fault(400, "AX-01"), "unreadable"),
    Case(
        "SOAP around something else",
        back_channel(lambda *_: soap(WRONG_ROOT)),
        soap_fault(400, "AX-01"),
        "LogoutRequest",
    ),
    Case(
        "SOAP with entities",
        back_channel(lambda *_: mistakes.LAUGHS + soap(WRONG_ROOT)),
        soap_fault(400, "AX-01"),
        "unreadable",
    ),
    # The API.
    *(
        Case(f"clock set to {body!r:.40}", put_clock(body), problem_document(422))
        for body in (
            [],
            {},
            {"at": 5},
            {"at": "yesterday"},
            {"at": "2026-02-01T09:00:00Z", "shift_seconds": 1},
            {"shift_seconds": True},
            {"shift_seconds": float("nan")},
            {"shift_seconds": float("inf")},
            {"shift_seconds": 1e12},
            {"shift_seconds": -1e11},
            {"at": "0001-01-01T00:00:00Z"},
            {"at": "9999-12-31T23:59:59Z"},
        )
    ),
    Case("clock set by what is no JSON", put_clock(b"noon"), problem_document(415)),
    Case(
        "inbox under a foreign name",
        lambda bench, _: call(bench, "GET", "/api/v1/inbox", Host="evil.example"),
        misdirected,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_gets_what_the_table_says_and_harms_nobody(bench: Any, case: Case) -> None:
    if case.setting:
        bench.rewrite("\nservices:\n", f"\nbroker: {{{case.setting}}}\nservices:\n")
    browser = bench.browser()
    under_way = walk(browser, bench.ask(browser), until="pin")
    logged_before = {exchange.id for exchange in bench.exchanges.recent()}
    pages_before = len(browser.seen)

    page = case.send(bench, browser)
    case.check(bench, page)

    for seen in [*browser.seen[pages_before:], page]:
        assert "Traceback" not in seen.text
        outside = leads_to(seen) - {location for _, location in bench.sp.acs.values()}
        assert not {url for url in outside if not url.startswith(bench.base_url + "/")}, outside
    logged = [exchange for exchange in bench.exchanges.recent() if exchange.id not in logged_before]
    found = json.dumps([told(exchange) for exchange in logged])
    assert case.logged in found, f"{case.logged} is not in the log: {found[:3000]}"
    assert company(bench, landed(walk(browser, under_way))) == {"KvKnr": "90000012"}, "the other tab suffered"


def leads_to(page: Page) -> set[str]:
    """Every address to which this page sends the browser, by itself or by a form."""
    targets = [page.headers.get("Location"), page.location]
    if "html" in page.headers.get("Content-Type", ""):
        targets += [form.get("action") for form in page.tree.forms]
        targets += [meta.get("content") for meta in page.tree.xpath("//meta[@http-equiv]")]
    return {urljoin(page.url, target).partition("?")[0] for target in targets if target}


def many_comments(sp: ServiceProvider, sso: str) -> bytes:
    return mistakes.unsigned(sp, sso).replace(b"<saml:Issuer>", b"<!---->" * 20_000 + b"<saml:Issuer>", 1)


def many_attributes(sp: ServiceProvider, sso: str) -> bytes:
    names = b" ".join(b'a%d=""' % number for number in range(40_000))
    element = b'<samlp:Extensions><x xmlns="u:x" ' + names + b"/></samlp:Extensions></samlp:AuthnRequest>"
    return mistakes.well_signed(sp, sso).replace(b"</samlp:AuthnRequest>", element, 1)


@pytest.mark.parametrize("build", [many_comments, many_attributes], ids=lambda build: build.__name__)
def test_a_message_that_is_made_to_be_slow_is_not(bench: Any, build: Build) -> None:
    """Anybody may send it, nothing is signed: what it costs must grow with its size, not with the square."""
    message = build(bench.sp, bench.sso)
    assert len(message) < 500_000

    start = time.process_time()
    page = bench.ask(xml=message)

    assert time.process_time() - start < 1.5, "seconds of CPU for one message, and a megabyte is allowed"
    assert page.status in (400, 403), page.readable
