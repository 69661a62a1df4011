"""What each situation gives the provider, row by row (spec 6.2), and that no other status code leaves (6.1)."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from broker.rules.authn import RULES
from broker.rules.engine import Profile
from broker.wire import names
from support.answers import artifact_response, resolve, response_xml, status
from support.browser import Page
from support.mistakes import unsigned
from support.shaped import BY_POST, answer, checked, describe_service, own, plain_values
from support.sp import NS, ServiceProvider
from support.walk import choose, kind, landed, walk

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "urn:oasis:names:tc:SAML:2.0:status:"
ALLOWED = ({"Success", "Requester", "Responder"}, {"AuthnFailed", "RequestUnsupported"})
OUTSIDE = {
    ("broker/assemble.py", "INVALID_NAME_ID_POLICY"): "InvalidNameIDPolicy",
    ("broker/logout.py", "UNKNOWN_PRINCIPAL"): "UnknownPrincipal",
}
"""Codes of SAML that the scheme does not have, and the only file that uses each."""
COMPANY_NAME = "urn:etoegang:1.11:attribute-represented:CompanyName"


def said(bench: Any, page: Page) -> list[str]:
    """The status codes of the answer on this page, which is checked whole and of the scheme."""
    message = checked(bench, response_xml(bench, landed(page)))
    codes = status(message)
    assert codes[0] in ALLOWED[0]
    assert len(codes) <= 2
    assert set(codes[1:]) <= ALLOWED[1]
    assert (message.find("saml:Assertion", NS) is not None) == (codes == ["Success"])
    return codes


def success(bench: Any) -> Page:
    browser = bench.browser()
    return walk(browser, bench.ask(browser, **BY_POST))


def cancelled_at(place: str, person: str = "m.devries") -> Callable[[Any], Page]:
    def cancel(bench: Any) -> Page:
        browser = bench.browser()
        page = walk(browser, bench.ask(browser, **BY_POST), person, until=place)
        assert kind(page) == place
        return browser.submit(page, page.form("cancel"))

    return cancel


def asked(**how: Any) -> Callable[[Any], Page]:
    return lambda bench: bench.ask(**BY_POST | how)


def expired(bench: Any) -> Page:
    return bench.ask(now=datetime.now(UTC) - timedelta(minutes=6), **BY_POST)


def with_metadata(bench: Any, old: str, new: str) -> None:
    """The provider's metadata with something else in it."""
    file = bench.home / "metadata" / "sp.xml"
    text = file.read_text()
    assert old in text, text
    file.write_text(text.replace(old, new))
    bench.application.parts.configuration.refresh()
    assert bench.application.parts.current.problems == ()


def without_encryption_key(bench: Any) -> Page:
    with_metadata(bench, "<md:KeyDescriptor>", '<md:KeyDescriptor use="signing">')
    return bench.ask(**BY_POST)


def requiring(attribute: str) -> Callable[[Any], Page]:
    def ask(bench: Any) -> Page:
        wanted = (
            f'<md:RequestedAttribute Name="{attribute}" isRequired="true"/></md:AttributeConsumingService>'
        )
        with_metadata(bench, "</md:AttributeConsumingService>", wanted)
        return success(bench)

    return ask


ANSWERED: dict[str, tuple[Callable[[Any], Page], list[str]]] = {
    "success": (success, ["Success"]),
    "cancel at the broker": (cancelled_at("choice"), ["Responder", "AuthnFailed"]),
    "cancel at the AD, before logging in": (cancelled_at("login"), ["Responder", "AuthnFailed"]),
    "cancel at the AD, at the code": (cancelled_at("pin"), ["Responder", "AuthnFailed"]),
    "cancel at the MR": (cancelled_at("mandate", "t.mulder"), ["Responder", "AuthnFailed"]),
    "level asked above the catalogue's": (asked(level="loa4"), ["Requester", "RequestUnsupported"]),
    "level asked that has ended": (asked(level="loa1"), ["Requester", "RequestUnsupported"]),
    "request expired": (expired, ["Requester"]),
    "option that the broker does not have": (asked(IsPassive="true"), ["Responder", "RequestUnsupported"]),
    "service index unknown": (
        asked(AttributeConsumingServiceIndex="7"),
        ["Requester", "RequestUnsupported"],
    ),
    "no key to encrypt for": (without_encryption_key, ["Responder", "RequestUnsupported"]),
    "required attribute that is there": (requiring(COMPANY_NAME), ["Success"]),
    "required attribute that nobody has": (
        requiring("urn:etoegang:1.11:attribute-represented:LEI"),
        ["Responder", "RequestUnsupported"],
    ),
}


@pytest.mark.parametrize("row", ANSWERED)
def test_what_the_provider_is_answered(bench: Any, row: str) -> None:
    make, expected = ANSWERED[row]
    assert said(bench, make(bench)) == expected


# No answer until the person stops.


def wrong_password(bench: Any, browser: Any) -> Page:
    return walk_to_login(browser, bench, "m.devries", "not it")


def walk_to_login(browser: Any, bench: Any, person: str, password: str) -> Page:
    page = choose(browser, bench.ask(browser, **BY_POST), "reconi")
    return browser.submit(page, page.form("next"), username=person, password=password)


def wrong_codes(bench: Any, browser: Any) -> Page:
    """As many as the supplier takes: this code is of no use any more."""
    page = walk(browser, bench.ask(browser, **BY_POST), until="pin")
    for _ in range(3):
        page = browser.submit(page, page.form("next"), pin="999999")
    assert not page.by_testid("next")
    return page


def stopped(person: str) -> Callable[[Any, Any], Page]:
    return lambda bench, browser: walk(browser, bench.ask(browser, **BY_POST), person)


UNTIL_CANCEL: dict[str, tuple[Callable[[Any, Any], Page], str]] = {
    "wrong password": (wrong_password, "login"),
    "wrong code, to the last": (wrong_codes, "pin"),
    "the means is of too low a level": (stopped("n.postma"), "level"),
    "no mandate": (stopped("k.dekker"), "nomandate"),
    "the mandate is of too low a level": (stopped("b.willems"), "nomandate"),
    "the mandate has expired": (stopped("r.peters"), "nomandate"),
    "the mandate is for one branch, which the service does not take": (stopped("o.kuipers"), "nomandate"),
}


@pytest.mark.parametrize("row", UNTIL_CANCEL)
def test_the_person_sees_why_and_the_provider_hears_nothing_until_the_person_stops(
    bench: Any, row: str
) -> None:
    make, expected = UNTIL_CANCEL[row]
    browser = bench.browser()
    page = make(bench, browser)
    assert kind(page) == expected
    assert bench.exchanges.recent()[0].last("answer") == {}
    assert said(bench, browser.submit(page, page.form("cancel"))) == ["Responder", "AuthnFailed"]


# Never an answer.


def replayed(bench: Any) -> Page:
    xml = bench.sp.signed(bench.sp.request(bench.sso, **BY_POST))
    assert bench.ask(xml=xml).by_testid("supplier")
    return bench.ask(xml=xml)


def by_a_stranger(bench: Any) -> Page:
    stranger = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    return bench.ask(xml=stranger.signed(stranger.request(bench.sso)))


def by_another_key(bench: Any) -> Page:
    return bench.ask(xml=ServiceProvider().signed(bench.sp.request(bench.sso)))


NEVER_ANSWERED: dict[str, tuple[Callable[[Any], Page], str]] = {
    "signature missing": (lambda bench: bench.ask(xml=unsigned(bench.sp, bench.sso)), "AR-26"),
    "signature wrong": (by_another_key, "AR-27"),
    "provider unknown": (by_a_stranger, "AR-22"),
    "Destination unknown": (asked(Destination="https://elsewhere.example/sso"), "AR-08"),
    "return index unknown": (asked(AssertionConsumerServiceIndex="9"), "AR-14"),
    "ID seen before": (replayed, "AR-04"),
}


@pytest.mark.parametrize("row", NEVER_ANSWERED)
def test_who_cannot_be_believed_gets_a_page_with_the_rule_and_no_answer(bench: Any, row: str) -> None:
    make, rule = NEVER_ANSWERED[row]
    page = make(bench)
    assert (page.status, page.location) == (403, None)
    assert rule in page.text
    assert not page.by_testid("answer")
    exchange = bench.exchanges.recent()[0]
    assert (exchange.outcome, exchange.last("answer")) == ("refused", {})


# The back channel.


def test_an_artifact_that_is_unknown_gives_a_success_without_a_message(bench: Any) -> None:
    found = artifact_response(
        bench, resolve(bench, "AAQAAMh48/1oXIM+sDo7Dh2qMp1HM4IF5DaRNmDj6RdUmllwn9jJHyEgIi8=")
    )
    assert status(found) == ["Success"]
    assert found.find("samlp:Response", NS) is None


def test_an_artifact_that_was_used_gives_a_success_without_a_message(bench: Any) -> None:
    artifact = bench.login().fields["SAMLart"]
    first, second = (artifact_response(bench, resolve(bench, artifact)) for _ in range(2))
    assert [status(one) for one in (first, second)] == [["Success"], ["Success"]]
    assert first.find("samlp:Response", NS) is not None
    assert second.find("samlp:Response", NS) is None


def test_an_answer_that_is_not_a_success_comes_by_artifact_inside_one_that_is(bench: Any) -> None:
    found = artifact_response(bench, resolve(bench, landed(bench.ask(level="loa4")).fields["SAMLart"]))
    assert status(found) == ["Success"]
    assert status(found.find("samlp:Response", NS)) == ["Requester", "RequestUnsupported"]


# No other code.


def test_every_status_in_our_own_words_is_known_to_the_scheme_or_kept_from_it() -> None:
    """Whoever adds a code to names.py must say here where it may be sent."""
    ours = {
        value for name, value in vars(names).items() if isinstance(value, str) and value.startswith(PREFIX)
    }
    codes = {value.removeprefix(PREFIX) for value in ours} - {""}
    assert codes == ALLOWED[0] | ALLOWED[1] | set(OUTSIDE.values())


def test_no_status_code_is_written_but_in_names() -> None:
    written = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for package in ("broker", "suppliers")
        for file in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        # As a value, not in the prose of a docstring.
        if node.value.startswith("urn:oasis:names:tc:SAML:2.0:status")
    ]
    assert {place.partition(":")[0] for place in written} == {"broker/wire/names.py"}


@pytest.mark.parametrize(("name", "file"), [(name, file) for file, name in OUTSIDE])
def test_a_code_that_the_scheme_does_not_know_is_used_in_one_place(name: str, file: str) -> None:
    """Where only a provider of profile saml can come: test_answers_saml.py and tests/requests_in say so."""
    users = {
        str(source.relative_to(ROOT))
        for source in (ROOT / "broker").rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == name
        # The page of an exchange says in words what a code means; it sends none.
        if "exchange_view" not in source.parts
    }
    assert users == {file}


@pytest.mark.parametrize("profile", [Profile.LENIENT, Profile.STRICT])
def test_no_rule_answers_with_another_code(profile: Profile) -> None:
    for rule in RULES.rules.values():
        if rule.severity(profile) and rule.status:
            top, second = rule.status
            assert top.removeprefix(PREFIX) in ALLOWED[0] - {"Success"}
            assert second is None or second.removeprefix(PREFIX) in ALLOWED[1]


POLICIES = [
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_provider_of_the_scheme_that_sends_a_name_id_policy_gets_what_the_scheme_has(
    bench: Any, policy: str
) -> None:
    message = answer(bench, children=f'<samlp:NameIDPolicy Format="{policy}"/>')
    assert status(message) == ["Success"]
    assert own(message).find("saml:Subject/saml:NameID", NS).get("Format").endswith(":transient")


def test_what_was_asked_lower_is_answered_with_what_was_reached(bench: Any) -> None:
    """A success tells the level that the means has, at or above the one that was asked (spec 2.3)."""
    message = answer(bench, level="loa2plus")
    reached = own(message).findtext(".//saml:AuthnContextClassRef[last()]", namespaces=NS)
    assert reached == "urn:etoegang:core:assurance-class:loa3"
    describe_service(bench, "[[KvKnr]]", level="EH2+")
    assert plain_values(answer(bench, "n.postma", level=None))["urn:etoegang:core:ServiceID"]
    assert etree.QName(own(answer(bench, "n.postma", level=None))).localname == "Assertion"
