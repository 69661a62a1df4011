"""Log-out: a signed LogoutRequest ends the supplier's session, one way; whatever is not right ends nothing."""

from __future__ import annotations

import base64
import copy
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from broker.rules.logout import RULES
from support import mistakes
from support.answers import call, company, response, status
from support.artifact_service import ArtifactService, Reply
from support.browser import Browser, Page
from support.mistakes import RSA_SHA1
from support.schemas import errors_in
from support.sp import NS, POST, REDIRECT, ServiceProvider, instant, make_key, verified
from support.walk import landed, login_id_of, walk
from support.web import Web

OTHER = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")


@dataclass
class Session:
    """What a provider knows of a person who logged in."""

    bench: Any
    sp: ServiceProvider
    login: str
    name_id: str
    index: str

    @property
    def slo(self) -> str:
        return f"{self.bench.base_url}/slo/1.13"

    def request(self, **how: Any) -> etree._Element:
        how = {"name_id": self.name_id, "session_index": self.index} | how
        return self.sp.logout_request(
            how.pop("destination", self.slo), how.pop("name_id"), how.pop("session_index"), **how
        )

    def post(self, message: bytes | None = None, browser: Browser | None = None, **how: Any) -> Page:
        xml = message if message is not None else self.sp.signed(self.request(**how))
        return (browser or self.bench.browser()).post("/slo/1.13", self.sp.form(xml))

    @property
    def ended(self) -> bool:
        return self.bench.application.parts.suppliers.word(self.login) is None


def log_in(
    bench: Any,
    sp: ServiceProvider | None = None,
    person: str = "m.devries",
    supplier: str = "reconi",
    **how: Any,
) -> Session:
    browser = bench.browser()
    sp = sp or bench.sp
    request = sp.request(bench.sso, AssertionConsumerServiceIndex="2", **how)
    page = browser.post("/sso/1.13", sp.form(sp.signed(request)))
    login = login_id_of(page)
    message = response(bench, landed(walk(browser, page, person, supplier)))
    assert status(message) == ["Success"]
    (name_id,) = message.xpath("saml:Assertion/saml:Subject/saml:NameID/text()", namespaces=NS)
    (index,) = message.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    return Session(bench, sp, login, name_id, index)


@pytest.fixture
def session(bench: Any) -> Session:
    return log_in(bench)


def logged_out(page: Page, provider: str = "Testorganisatie (fictief)", supplier: str = "Reconi") -> None:
    assert page.status == 200, page.readable
    assert page.heading == "U bent uitgelogd", page.readable
    assert page.said("provider") == provider
    assert page.said("supplier-name") == supplier
    assert "sluit alle vensters van uw browser" in page.readable
    stays_here(page)


def stays_here(page: Page) -> None:
    """One way: nothing on the page leads to the provider."""
    assert not page.location
    assert not page.tree.forms
    assert not page.tree.xpath("//a[not(@data-testid='language')]")
    assert not page.tree.xpath("//meta[@http-equiv]")
    assert not page.tree.xpath("//script")


# What goes well.


def by_post(session: Session) -> Page:
    return session.post()


def by_redirect(session: Session) -> Page:
    query = session.sp.query(etree.tostring(session.request()))
    return session.bench.browser().get(f"/slo/1.13?{query}")


def by_artifact(session: Session) -> Page:
    with ArtifactService(session.sp) as service:
        session.sp = copy.copy(session.sp)
        session.sp.ars = {0: service.url}
        session.bench.trust(session.sp)
        artifact = service.hold(session.sp.signed(session.request()))
        return session.bench.browser().get(f"/slo/1.13?SAMLart={quote_plus(artifact)}&RelayState=rs-1")


def by_artifact_in_a_form(session: Session) -> Page:
    with ArtifactService(session.sp) as service:
        session.sp = copy.copy(session.sp)
        session.sp.ars = {0: service.url}
        session.bench.trust(session.sp)
        artifact = service.hold(etree.tostring(session.request()))
        return session.bench.browser().post("/slo/1.13", {"SAMLart": artifact})


@pytest.mark.parametrize("send", [by_post, by_redirect, by_artifact, by_artifact_in_a_form])
def test_a_person_who_logs_out_is_told_where_and_stays_here(
    bench: Any, session: Session, send: Callable[[Session], Page]
) -> None:
    assert not session.ended
    logged_out(send(session))
    assert session.ended


def test_log_out_is_part_of_the_exchange_of_the_login(bench: Any, session: Session) -> None:
    session.post()
    exchange = bench.exchanges.get(session.login)
    kinds = [event.kind for event in exchange.events]
    assert kinds[-3:] == ["logout-request", "supplier-logged-out", "logged-out"]
    assert exchange.outcome == "success", "how the login went"
    request = exchange.last("logout-request")
    assert request["binding"] == POST
    assert request["sp"] == bench.sp.entity_id
    assert request["relay_state"] == "rs-1"
    assert session.index in request["xml"]
    assert {item["rule"] for item in request["findings"]} <= {"LO-11-key-info"}
    assert exchange.last("logged-out")["supplier"] == "Reconi"
    assert len(bench.exchanges.recent()) == 1
    console = bench.browser().get(f"/console/exchanges/{session.login}")
    assert console.status == 200
    assert "logged-out" in console.text


def test_by_artifact_the_exchange_has_where_the_request_was_had(bench: Any, session: Session) -> None:
    by_artifact(session)
    exchange = bench.exchanges.get(session.login)
    assert exchange.last("logout-fetched")["from"].endswith("/ars")
    assert "LO-16-tls" in {item["rule"] for item in exchange.last("logout-request")["findings"]}


def test_the_supplier_on_the_page_is_the_one_of_this_login(bench: Any) -> None:
    first, second = log_in(bench), log_in(bench, person="p.bakker", supplier="kpn")
    logged_out(second.post(), supplier="KPN")
    assert second.ended
    assert not first.ended, "the other session goes on"
    logged_out(first.post())


def test_a_session_is_also_known_by_its_name_id_alone(bench: Any, session: Session) -> None:
    logged_out(session.post(session_index=None))
    assert session.ended


def test_several_sessions_of_one_person_end_together(bench: Any) -> None:
    """Each has a transient NameID of its own, so that the second does not fit the first: nothing ends."""
    first, second = log_in(bench), log_in(bench)
    element = first.request()
    etree.SubElement(element, f"{{{NS['samlp']}}}SessionIndex").text = second.index
    page = first.post(first.sp.signed(element))
    refused(page, 403, "LO-15")
    assert not first.ended
    assert not second.ended


def test_who_logged_in_in_english_is_told_in_english(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser, AssertionConsumerServiceIndex="2")
    english = browser.get(f"{page.url}?lang=en")
    message = response(bench, landed(walk(browser, english)))
    name_id = message.findtext("saml:Assertion/saml:Subject/saml:NameID", namespaces=NS)
    (index,) = message.xpath("saml:Assertion/saml:AuthnStatement/@SessionIndex", namespaces=NS)
    got = Session(bench, bench.sp, login_id_of(page), name_id, index).post()
    assert got.heading == "You are logged out"
    assert "close all windows" in got.readable


def test_the_address_of_version_1_11_does_the_same(bench: Any, session: Session) -> None:
    xml = session.sp.signed(session.request(destination=f"{bench.base_url}/slo/1.11"))
    logged_out(bench.browser().post("/slo/1.11", session.sp.form(xml)))


def test_pages_of_log_out_are_not_kept_and_not_framed(bench: Any, session: Session) -> None:
    page = session.post()
    assert page.headers["Cache-Control"] == "no-cache, no-store"
    assert page.headers["X-Frame-Options"] == "DENY"


# Where there is nobody to log out at.


def not_possible(page: Page) -> None:
    assert page.status == 200, page.readable
    assert page.heading == "Uitloggen is op dit moment niet mogelijk", page.readable
    assert "Sluit alle vensters van uw browser" in page.readable
    stays_here(page)


def test_a_second_log_out_finds_nobody_and_says_to_close_all_windows(bench: Any, session: Session) -> None:
    logged_out(session.post())
    not_possible(session.post())
    (found,) = [item for item in bench.exchanges.recent() if item.id != session.login]
    assert found.outcome == "logged-out"
    assert found.last("logged-out")["outcome"] == "no-session"


@pytest.mark.parametrize(
    ("name_id", "index"),
    [("nobody", "no-such-session"), ("nobody", None), ("nobody", "")],
    ids=["both unknown", "unknown NameID", "empty SessionIndex"],
)
def test_an_unknown_session_is_a_finding_and_the_same_page(
    bench: Any, session: Session, name_id: str, index: str | None
) -> None:
    not_possible(session.post(name_id=name_id, session_index=index))
    assert not session.ended
    (found,) = [item for item in bench.exchanges.recent() if item.id != session.login]
    rules = {item["rule"]: item for item in found.last("logout-request")["findings"]}
    assert rules["LO-13"]["severity"] == "E"


def test_a_supplier_that_kept_no_session_cannot_end_one(bench: Any, session: Session) -> None:
    assert bench.application.parts.suppliers.log_out(session.login) == "Reconi"
    not_possible(session.post())


def test_a_cancelled_login_began_no_session(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    browser.submit(page, page.form("cancel"))
    assert bench.application.parts.store.records("session") == []


# What is not believed.


@dataclass(frozen=True)
class Case:
    name: str
    send: Callable[[Session], Page]
    http: int
    rule: str
    says: str = ""


def altered(**how: Any) -> Callable[[Session], Page]:
    return lambda session: session.post(**how)


def built(build: Callable[[Session], bytes]) -> Callable[[Session], Page]:
    return lambda session: session.post(build(session))


def query(change: Callable[[str], str], **how: Any) -> Callable[[Session], Page]:
    return lambda session: session.bench.browser().get(
        "/slo/1.13?" + change(session.sp.query(etree.tostring(session.request()), "rs-1", **how))
    )


def get(query: Callable[[], str]) -> Callable[[Session], Page]:
    return lambda session: session.bench.browser().get(f"/slo/1.13?{query()}")


def changed(session: Session) -> bytes:
    """Signed for one session, and sent for another."""
    message = session.sp.signed(session.request(session_index="x"))
    return message.replace(b">x<", f">{session.index}<".encode())


def hidden(session: Session) -> bytes:
    """Signatures do not cover comments."""
    return session.sp.signed(session.request()).replace(b"</saml:NameID>", b"<!-- --></saml:NameID>")


def by_another_key(session: Session) -> bytes:
    impostor = copy.copy(session.sp)
    impostor.key, impostor.certificate = make_key("impostor")
    return impostor.signed(session.request())


def by_another_provider(session: Session) -> Page:
    session.bench.trust(OTHER, "other")
    return session.post(OTHER.signed(session.request(issuer=OTHER.entity_id)))


def under_anothers_name(session: Session) -> Page:
    """Signed by one provider, and said to be of another."""
    session.bench.trust(OTHER, "other")
    return session.post(OTHER.signed(session.request()))


def wrapped(session: Session) -> bytes:
    """What is signed stays whole in a place that nobody reads."""
    good = etree.fromstring(session.sp.signed(session.request(name_id="x", session_index="x")))
    forged = session.request()
    holder = etree.SubElement(forged, f"{{{NS['samlp']}}}Extensions")
    forged.insert(1, holder)
    holder.append(good)
    return etree.tostring(forged)


def twice(session: Session) -> Page:
    """The first one names another session, so that the second would still have one to end."""
    element = session.request(name_id="nobody", session_index="nothing")
    message = session.sp.signed(element)
    assert session.post(message).status == 200
    return session.post(session.sp.signed(session.request(ID=element.get("ID"))))


def of_another_provider(session: Session) -> Page:
    session.bench.trust(OTHER, "other")
    element = OTHER.logout_request(session.slo, session.name_id, session.index)
    return session.post(OTHER.signed(element))


def fetched(reply: Callable[[Session, Any], bytes]) -> Callable[[Session], Page]:
    """By an artifact, for which the provider's server answers so."""

    def send(session: Session) -> Page:
        with ArtifactService(session.sp) as service:
            session.sp = copy.copy(session.sp)
            session.sp.ars = {0: service.url}
            session.bench.trust(session.sp)
            service.reply = lambda asked, _: Reply(reply(session, asked))
            return session.bench.browser().get(f"/slo/1.13?SAMLart={quote_plus(session.sp.artifact())}")

    return send


def late_answer(session: Session, asked: Any) -> bytes:
    return session.sp.artifact_response("_another", etree.tostring(session.request()))


def anothers_request(session: Session, asked: Any) -> bytes:
    session.bench.trust(OTHER, "other")
    inside = OTHER.signed(session.request(issuer=OTHER.entity_id))
    return session.sp.artifact_response(asked.resolve.get("ID"), inside)


def at(attribute: str, by: timedelta) -> Callable[[Session], Page]:
    """So far from now, and now is when the request is sent, not when the tests were collected."""
    return lambda session: session.post(**{attribute: instant(datetime.now(UTC) + by)})


AUTHN = b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"/>'
CASES = (
    Case("nothing by GET", lambda s: s.bench.browser().get("/slo/1.13"), 400, "LO-02", "no SAMLRequest"),
    Case("nothing by POST", lambda s: s.bench.browser().post("/slo/1.13", {}), 400, "LO-02", "no SAMLRequest"),
    Case("not XML", built(lambda _: b"hello"), 400, "LO-02", "not well-formed"),
    Case("a DTD", built(lambda s: mistakes.LAUGHS + s.sp.signed(s.request())), 400, "LO-02", "DOCTYPE"),
    Case("an AuthnRequest", built(lambda _: AUTHN), 400, "LO-02", "expected <samlp:LogoutRequest>"),
    Case("deflate bomb", get(lambda: f"SAMLRequest={quote_plus(mistakes.bomb())}"), 400, "LO-02", "inflates"),
    Case("no NameID", altered(name_id=None), 403, "LO-12", "NameID"),
    Case("empty NameID", altered(name_id=" "), 403, "LO-12"),
    Case("unsigned by POST", built(lambda s: etree.tostring(s.request())), 403, "LO-11", "no ds:Signature"),
    Case("unsigned by Redirect", query(lambda q: q.partition("&SigAlg")[0]), 403, "LO-11", "neither"),
    Case("RelayState changed after signing", query(lambda q: q.replace("rs-1", "rs-2")), 403, "LO-11"),
    Case("changed after signing", built(changed), 403, "LO-11", "changed after signing"),
    Case("by another key", built(by_another_key), 403, "LO-11", "none of these verifies"),
    Case("wrapped", built(wrapped), 403, "LO-11"),
    Case("a comment in the NameID", built(hidden), 403, "LO-11", "a comment"),
    Case("SHA-1 and strict", query(str, algorithm=RSA_SHA1), 403, "LO-11-algorithm"),
    Case("an unknown provider", altered(issuer="urn:nobody"), 403, "LO-09", "urn:nobody"),
    Case("under another's name", under_anothers_name, 403, "LO-11"),
    Case("another's session", of_another_provider, 403, "LO-14", "another service provider"),
    Case("another's session, signed well", by_another_provider, 403, "LO-14"),
    Case("another NameID", altered(name_id="somebody"), 403, "LO-15", "somebody"),
    Case("wrong Destination", altered(destination="https://other.example/slo"), 403, "LO-08"),
    Case("the SSO address as Destination", altered(destination="http://127.0.0.1:8080/sso/1.13"), 403, "LO-08"),
    Case("no Destination", altered(destination=None, Destination=None), 403, "LO-08"),
    Case("version 1.1", altered(Version="1.1"), 403, "LO-05"),
    Case("no ID", altered(ID=None), 403, "LO-03"),
    Case("an ID that is none", altered(ID="1 2"), 403, "LO-03"),
    Case("replayed", twice, 403, "LO-04"),
    Case("too old", at("IssueInstant", timedelta(minutes=-10)), 403, "LO-06"),
    Case("from the future", at("IssueInstant", timedelta(minutes=10)), 403, "LO-06"),
    Case("no IssueInstant", altered(IssueInstant=None), 403, "LO-06"),
    Case("an instant that no clock has", altered(IssueInstant="0001-01-01T00:00:00+14:00"), 403, "LO-06"),
    Case("expired", at("NotOnOrAfter", timedelta(seconds=-1)), 403, "LO-07"),
    Case("an expiry that no clock has", altered(NotOnOrAfter="9999-12-31T23:59:59-14:00"), 403, "LO-07"),
    Case("an artifact that is none", get(lambda: "SAMLart=AAQ"), 400, "LO-01", "base64"),
    Case("an artifact of nobody", get(lambda: f"SAMLart={quote_plus(OTHER.artifact())}"), 403, "LO-16", "SourceID"),
    Case("fetched and not XML", fetched(lambda *_: b"hello"), 400, "LO-16", "not well-formed"),
    Case("fetched in response to another", fetched(late_answer), 403, "LO-16", "InResponseTo"),
    Case("fetched, of another provider", fetched(anothers_request), 403, "LO-16", "whose artifact it is"),
)  # fmt: skip


def refused(page: Page, http: int, rule: str, says: str = "") -> None:
    assert page.status == http, f"HTTP {page.status}:\n{page.readable}"
    assert page.heading == "Dit uitlogverzoek is geweigerd", page.readable
    assert "Sluit alle vensters van uw browser" in page.readable
    rules = [section.get("data-rule") for section in page.by_testid("finding")]
    assert rule in rules, f"expected {rule}, found {rules}:\n{page.readable}"
    assert says in page.readable, page.readable
    assert not page.location
    assert not page.tree.forms
    assert "Traceback" not in page.text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_logout_request_that_is_not_right_ends_nothing(bench: Any, session: Session, case: Case) -> None:
    if case.name.endswith("strict"):
        bench.rewrite("\nservices:\n", "\nbroker: {rules: strict}\nservices:\n")
    page = case.send(session)
    refused(page, case.http, case.rule, case.says)
    assert not session.ended, "somebody logged a person out without a right to"
    id_ = page.said("exchange")
    found = json.loads(call(bench, "GET", f"/api/v1/exchanges/{id_}").body)
    assert "logout-refused" in [event["kind"] for event in found["events"]]
    assert case.rule in json.dumps(found)
    if id_ != session.login:
        assert found["outcome"] == "refused"
    session.sp = bench.sp
    logged_out(session.post())


def test_who_is_not_believed_does_not_learn_which_sessions_there_are(bench: Any, session: Session) -> None:
    real = session.post(etree.tostring(session.request()))
    made_up = session.post(etree.tostring(session.request(session_index="no-such-session")))
    rules = [[section.get("data-rule") for section in page.by_testid("finding")] for page in (real, made_up)]
    assert rules[0] == rules[1] == ["LO-11"]
    assert session.login not in [page.said("exchange") for page in (real, made_up)]


def test_a_request_signed_by_a_new_key_makes_the_broker_look_for_newer_metadata(bench: Any, web: Web) -> None:
    added = call(bench, "POST", "/api/v1/service-providers", {"url": web.serve("/metadata", OTHER.metadata)})
    assert added.status == 201, added.text
    session = log_in(bench, OTHER)
    session.sp = ServiceProvider(OTHER.entity_id)
    web.serve("/metadata", session.sp.metadata)
    logged_out(session.post())


def test_a_request_that_is_not_believed_does_not_use_up_its_id(bench: Any, session: Session) -> None:
    element = session.request()
    session.post(etree.tostring(element))
    logged_out(session.post(session.sp.signed(element)))


def test_a_rule_that_breaks_ends_nothing_and_takes_the_blame(
    bench: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(RULES.rules, "LO-10", replace(RULES.rules["LO-10"], check=boom))
    page = session.post()
    assert page.status == 500
    assert "the broker's fault, not yours" in page.readable
    assert not session.ended


# A provider that knows nothing of the scheme gets an answer.


STRANGER = ServiceProvider(
    entity_id="https://stranger.example/metadata",
    services={},
    slo={POST: "http://localhost:9/slo/post", REDIRECT: "http://localhost:9/slo/redirect"},
)


@pytest.fixture
def stranger(bench: Any) -> Session:
    bench.trust(STRANGER, "stranger")
    return log_in(bench, STRANGER, level=None, AttributeConsumingServiceIndex=None)


def response_of_query(bench: Any, location: str) -> etree._Element:
    """The LogoutResponse of an HTTP-Redirect, its signature over the octets as they were sent."""
    raw = urlsplit(location).query
    fields = dict(parse_qsl(raw, strict_parsing=True))
    signed = raw.partition("&Signature=")[0]
    assert [pair.partition("=")[0] for pair in signed.split("&")][-1] == "SigAlg"
    key = bench.certificate().public_key()
    key.verify(base64.b64decode(fields["Signature"]), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    root = etree.fromstring(zlib.decompress(base64.b64decode(fields["SAMLResponse"]), -15))
    assert root.find("ds:Signature", NS) is None, "it is in the query"
    assert fields["RelayState"] == "rs-1"
    return root


def check_answer(root: etree._Element, session: Session, destination: str, request_id: str) -> None:
    assert errors_in(etree.tostring(root)) == []
    assert root.tag == f"{{{NS['samlp']}}}LogoutResponse"
    assert root.get("Destination") == destination
    assert root.get("InResponseTo") == request_id
    assert root.get("Version") == "2.0"
    assert root.findtext("saml:Issuer", namespaces=NS) == session.bench.application.parts.settings.entity_id


def test_a_stranger_that_asks_by_post_is_answered_by_post(bench: Any, stranger: Session) -> None:
    request = stranger.request()
    got = landed(stranger.post(stranger.sp.signed(request)))
    assert got.url == STRANGER.slo[POST]
    assert got.fields["RelayState"] == "rs-1"
    root = verified(etree.fromstring(base64.b64decode(got.fields["SAMLResponse"])), bench.certificate())
    check_answer(root, stranger, got.url, request.get("ID"))
    assert status(root) == ["Success"]
    assert stranger.ended


def test_a_stranger_that_asks_by_redirect_is_answered_by_redirect(bench: Any, stranger: Session) -> None:
    request = stranger.request()
    page = bench.browser().get("/slo/1.13?" + stranger.sp.query(etree.tostring(request)))
    assert page.location.partition("?")[0] == STRANGER.slo[REDIRECT]
    root = response_of_query(bench, page.location)
    check_answer(root, stranger, STRANGER.slo[REDIRECT], request.get("ID"))
    assert status(root) == ["Success"]
    assert stranger.ended


def test_an_unknown_session_is_an_unknown_principal_to_a_stranger(bench: Any, stranger: Session) -> None:
    got = landed(stranger.post(name_id="nobody", session_index="nothing"))
    root = verified(etree.fromstring(base64.b64decode(got.fields["SAMLResponse"])), bench.certificate())
    assert status(root) == ["Requester", "UnknownPrincipal"]
    assert not stranger.ended


def test_a_stranger_without_an_address_for_it_gets_the_page(bench: Any, stranger: Session) -> None:
    silent = copy.copy(STRANGER)
    silent.slo = {}
    bench.trust(silent, "stranger")
    page = stranger.post()
    assert page.heading == "U bent uitgelogd", page.readable
    stays_here(page)


def test_only_one_address_is_enough_whatever_the_request_came_by(bench: Any, stranger: Session) -> None:
    silent = copy.copy(STRANGER)
    silent.slo = {REDIRECT: STRANGER.slo[REDIRECT]}
    bench.trust(silent, "stranger")
    page = stranger.post()
    assert status(response_of_query(bench, page.location)) == ["Success"]


def test_a_response_location_goes_before_the_location(bench: Any, stranger: Session) -> None:
    metadata = STRANGER.metadata.replace(
        f'Location="{STRANGER.slo[POST]}"'.encode(),
        f'Location="{STRANGER.slo[POST]}" ResponseLocation="http://localhost:9/slo/done"'.encode(),
    )
    (bench.home / "metadata" / "stranger.xml").write_bytes(metadata)
    bench.application.parts.configuration.refresh()
    got = landed(stranger.post())
    assert got.url == "http://localhost:9/slo/done"


def test_a_refused_request_of_a_stranger_is_not_answered(bench: Any, stranger: Session) -> None:
    refused(stranger.post(etree.tostring(stranger.request())), 403, "LO-11")
    assert not stranger.ended


def test_a_provider_of_the_scheme_gets_no_answer_though_it_has_an_address(bench: Any) -> None:
    sp = copy.copy(bench.sp)
    sp.slo = STRANGER.slo
    bench.trust(sp)
    logged_out(log_in(bench).post())


def test_logging_in_again_after_a_log_out_works(bench: Any, session: Session) -> None:
    session.post()
    assert company(bench, bench.login()) == {"KvKnr": "90000012"}


def test_the_answer_in_the_query_is_sent_as_it_was_signed(bench: Any, stranger: Session) -> None:
    """RelayState with signs that two encoders would escape in two ways."""
    relay = "a b/c~d*e(f)'é"
    query_ = stranger.sp.query(etree.tostring(stranger.request()), relay)
    location = bench.browser().get(f"/slo/1.13?{query_}").location
    raw = urlsplit(location).query
    signed = raw.partition("&Signature=")[0]
    fields = dict(parse_qsl(raw))
    assert fields["RelayState"] == relay
    assert urlencode({"RelayState": relay}) in signed
    bench.certificate().public_key().verify(
        base64.b64decode(fields["Signature"]), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def test_without_a_session_index_every_session_of_the_name_is_meant(bench: Any) -> None:
    from broker import sessions
    from broker.login import open_login

    parts = bench.application.parts
    page = bench.ask()
    login = open_login(parts, page.url.rsplit("/", 1)[1])
    for index in ("first", "second"):
        sessions.remember(parts, login, index, "somebody")
    sessions.remember(parts, login, "other", "somebody else")
    found = sessions.find(parts, login.sp, "somebody", ())
    assert [session.index for session in found] == ["first", "second"]
    sessions.forget(parts, found[0])
    assert [session.index for session in sessions.find(parts, login.sp, "somebody", ())] == ["second"]
