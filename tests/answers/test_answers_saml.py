"""Profile saml: a provider that knows nothing of the scheme logs in, and gets what it can read."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from lxml import etree

from broker.wire.metadata import read
from support.answers import call, response_xml, status
from support.browser import Page
from support.plain_sp import PlainProvider, context
from support.shaped import (
    BASIC,
    HM,
    checked,
    encrypted_parts,
    opened,
    own,
    plain_values,
    settle,
    signed_parts,
)
from support.sp import NS, ServiceProvider
from support.walk import kind, landed, walk

SAML_1_1 = "urn:oasis:names:tc:SAML:1.1:nameid-format:"
SAML_2_0 = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
LOA = "urn:etoegang:core:assurance-class:"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
PSEUDONYM = re.compile("[0-9a-f]{64}@[0-9a-f]{32}")


@pytest.fixture
def plain(bench: Any) -> PlainProvider:
    """One that the bench trusts, with nothing in its metadata that is not needed."""
    sp = PlainProvider()
    bench.trust(sp, "plain")
    return sp


def log_in(
    bench: Any, sp: PlainProvider, person: str = "m.devries", supplier: str = "reconi", **how: Any
) -> etree._Element:
    """A whole login; the Response, checked whole."""
    browser = bench.browser()
    page = walk(browser, sp.ask(bench, browser, **how), person, supplier)
    return checked(bench, response_xml(bench, landed(page)))


def name_id(message: etree._Element) -> etree._Element:
    return own(message).find("saml:Subject/saml:NameID", NS)


def class_ref(message: etree._Element) -> str:
    return own(message).findtext("saml:AuthnStatement//saml:AuthnContextClassRef", namespaces=NS)


def refused(page: Page) -> str:
    """The first rule on a page that refuses."""
    assert (page.status, bool(page.by_testid("answer"))) == (403, False), page.readable
    return re.findall(r"\b(?:AR|MD)-\d\d\b", page.text)[0]


# Taken by itself.

MARKS = {
    "an entity id of the scheme": ("https://sp.example/saml/metadata", "urn:etoegang:DV:1:entities:1"),
    "a version of the scheme": (
        " entityID=",
        ' xmlns:eme="urn:etoegang:1.13:metadata-extension" eme:version="1.13" entityID=',
    ),
    "a ServiceID": (
        "</md:SPSSODescriptor>",
        '<md:AttributeConsumingService index="0"><md:ServiceName xml:lang="nl">X</md:ServiceName>'
        '<md:RequestedAttribute Name="urn:etoegang:DV:00000001777777770000:services:1"/>'
        "</md:AttributeConsumingService></md:SPSSODescriptor>",
    ),
}


def test_metadata_without_a_mark_of_the_scheme_is_not_of_it() -> None:
    assert not read(PlainProvider().metadata)[0].of_the_scheme


@pytest.mark.parametrize("mark", MARKS)
def test_one_mark_of_the_scheme_is_enough_to_be_of_it(mark: str) -> None:
    old, new = MARKS[mark]
    text = PlainProvider().metadata.decode()
    assert old in text
    assert read(text.replace(old, new, 1).encode())[0].of_the_scheme


def test_a_provider_that_knows_nothing_of_the_scheme_logs_in_without_any_setting(
    bench: Any, plain: PlainProvider
) -> None:
    browser = bench.browser()
    page = walk(browser, plain.ask(bench, browser))
    got = landed(page)
    assert (got.url, got.fields["RelayState"]) == ("http://localhost:9/acs", "rs-1")
    message = checked(bench, response_xml(bench, got))
    assert status(message) == ["Success"]
    assert bench.exchanges.recent(1)[0].last("request")["findings"] == []

    assertion = own(message)
    confirmation = assertion.find("saml:Subject//saml:SubjectConfirmationData", NS)
    assert confirmation.get("Recipient") == message.get("Destination") == "http://localhost:9/acs"
    assert confirmation.get("InResponseTo") == message.get("InResponseTo")
    assert assertion.findtext("saml:Conditions//saml:Audience", namespaces=NS) == plain.entity_id
    assert assertion.find("saml:Advice", NS) is None
    assert encrypted_parts(message) == []


def test_the_setting_overrules_what_the_metadata_says(bench: Any, plain: PlainProvider) -> None:
    settle(bench, plain, profile="eherkenning")
    page = plain.ask(bench, bench.browser())
    assert refused(page) == "AR-26"


@pytest.mark.parametrize(("provider", "profile"), [("plain", "saml"), ("of the scheme", "lenient")])
def test_the_exchange_says_by_which_profile_it_was_judged(
    bench: Any, plain: PlainProvider, provider: str, profile: str
) -> None:
    if provider == "plain":
        plain.ask(bench, bench.browser())
    else:
        bench.ask()
    exchange = bench.exchanges.recent(1)[0]
    assert exchange.last("request")["profile"] == profile
    told = json.loads(call(bench, "GET", f"/api/v1/exchanges/{exchange.id}").text)
    assert told["request"]["profile"] == profile
    page = call(bench, "GET", f"/console/exchanges/{exchange.id}")
    assert f'"profile": "{profile}"' in html.unescape(page.text)


# Signatures.


@pytest.mark.parametrize("by", ["post", "redirect"])
@pytest.mark.parametrize("promise", [None, False])
@pytest.mark.parametrize("sign", [False, True])
def test_a_request_may_be_signed_or_not_where_the_metadata_promises_nothing(
    bench: Any, by: str, promise: bool | None, sign: bool
) -> None:
    sp = PlainProvider(requests_signed=promise)
    bench.trust(sp, "plain")
    assert status(log_in(bench, sp, by=by, sign=sign)) == ["Success"]


@pytest.mark.parametrize("by", ["post", "redirect"])
def test_a_request_must_be_signed_where_the_metadata_promises_it(bench: Any, by: str) -> None:
    sp = PlainProvider(requests_signed=True)
    bench.trust(sp, "plain")
    assert refused(sp.ask(bench, bench.browser(), by=by)) == "AR-26"
    assert status(log_in(bench, sp, by=by, sign=True)) == ["Success"]


@pytest.mark.parametrize("by", ["post", "redirect"])
@pytest.mark.parametrize("promise", [None, True])
def test_a_request_that_is_wrongly_signed_is_refused_whatever_the_metadata_promises(
    bench: Any, by: str, promise: bool | None
) -> None:
    bench.trust(PlainProvider(requests_signed=promise), "plain")
    attacker = PlainProvider()  # the same entity id, another key
    assert refused(attacker.ask(bench, bench.browser(), by=by, sign=True)) == "AR-27"


@pytest.mark.parametrize("promise", [None, True])
def test_a_request_that_was_changed_after_signing_is_refused(bench: Any, promise: bool | None) -> None:
    sp = PlainProvider(requests_signed=promise)
    bench.trust(sp, "plain")
    signed = sp.signed(sp.plain_request(bench.sso))
    changed = signed.replace(b'Version="2.0"', b'Version="2.0" ForceAuthn="true"')
    assert changed != signed
    assert refused(bench.browser().post("/sso/1.13", sp.form(changed))) == "AR-27"


def test_an_unsigned_request_can_be_answered_at_an_address_of_the_metadata_only(
    bench: Any, plain: PlainProvider
) -> None:
    elsewhere = {"AssertionConsumerServiceURL": "https://attacker.example/acs"}
    assert refused(plain.ask(bench, bench.browser(), **elsewhere)) == "AR-16"
    there = {"AssertionConsumerServiceURL": "http://localhost:9/acs"}
    assert plain.ask(bench, bench.browser(), **there).by_testid("supplier")


def test_an_unsigned_request_counts_once(bench: Any, plain: PlainProvider) -> None:
    assert plain.ask(bench, bench.browser(), ID="_once").by_testid("supplier")
    assert refused(plain.ask(bench, bench.browser(), ID="_once")) == "AR-04"


def test_a_message_without_a_destination_may_come_unsigned_only(bench: Any, plain: PlainProvider) -> None:
    """Of a signed one it says for whom it was meant (SAML bindings 3.4.5.2 and 3.5.5.2)."""
    assert plain.ask(bench, bench.browser(), Destination=None).by_testid("supplier")
    assert refused(plain.ask(bench, bench.browser(), Destination=None, sign=True)) == "AR-08"


def test_the_broker_puts_its_certificate_in_what_it_signs(bench: Any, plain: PlainProvider) -> None:
    """Where libraries look for it; for the scheme it is KeyName only."""
    for part in signed_parts(log_in(bench, plain)):
        parts = [etree.QName(node).localname for node in part.find("ds:Signature/ds:KeyInfo", NS)]
        assert parts == ["KeyName", "X509Data"]


# NameID.


@pytest.mark.parametrize("asked", [None, SAML_1_1 + "unspecified", SAML_2_0 + "persistent"])
def test_a_name_that_lasts_is_the_same_each_time(bench: Any, plain: PlainProvider, asked: str | None) -> None:
    first, second = (name_id(log_in(bench, plain, name_id=asked)) for _ in range(2))
    assert first.get("Format") == SAML_2_0 + "persistent"
    assert (first.get("NameQualifier"), first.get("SPNameQualifier")) == (HM, plain.entity_id)
    assert PSEUDONYM.fullmatch(first.text)
    assert first.text == second.text
    assert name_id(log_in(bench, plain, "c.vandam", name_id=asked)).text != first.text


def test_a_name_for_once_is_another_each_time(bench: Any, plain: PlainProvider) -> None:
    first, second = (name_id(log_in(bench, plain, name_id=SAML_2_0 + "transient")) for _ in range(2))
    assert first.get("Format") == SAML_2_0 + "transient"
    assert first.text != second.text
    assert not PSEUDONYM.fullmatch(first.text)


def test_an_e_mail_address_as_name(bench: Any, plain: PlainProvider) -> None:
    found = name_id(log_in(bench, plain, name_id=SAML_1_1 + "emailAddress"))
    assert dict(found.attrib) == {"Format": SAML_1_1 + "emailAddress"}
    assert found.text == "m.devries@voorbeeld.example"


@pytest.mark.parametrize(
    ("asked", "person"),
    [
        (SAML_1_1 + "X509SubjectName", "m.devries"),
        (SAML_2_0 + "encrypted", "m.devries"),
        (SAML_2_0 + "kerberos", "m.devries"),
        ("urn:example:anything", "m.devries"),
        (SAML_1_1 + "emailAddress", "d.sanders"),  # has none
    ],
)
def test_a_name_that_cannot_be_given_is_said_to_the_provider(
    bench: Any, plain: PlainProvider, asked: str, person: str
) -> None:
    message = log_in(bench, plain, person, name_id=asked)
    assert status(message) == ["Responder", "InvalidNameIDPolicy"]
    assert message.find("saml:Assertion", NS) is None
    assert asked in message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)
    assert bench.exchanges.recent(1)[0].outcome == "declined"


# Attributes.


def test_everything_that_there_is_to_know_is_in_attributes_that_anybody_reads(
    bench: Any, plain: PlainProvider
) -> None:
    message = log_in(bench, plain)
    values = plain_values(message)
    assert values.pop("pseudonym") == [name_id(message).text]
    assert values == {
        "kvk": ["90000012"],
        "rsin": ["999900006"],
        "company": ["Stichting Openbare Scholen De Regenboog (fictief)"],
        "person": ["Mieke de Vries"],
        "email": ["m.devries@voorbeeld.example"],
        "level": ["EH3"],
    }
    formats = own(message).xpath("saml:AttributeStatement/saml:Attribute/@NameFormat", namespaces=NS)
    assert set(formats) == {BASIC}


@pytest.mark.parametrize(
    ("person", "supplier", "missing"),
    [("h.dijkstra", "kpn", "kvk"), ("g.jansen", "z-login", "rsin"), ("d.sanders", "reconi", "email")],
)
def test_what_there_is_not_is_left_out(
    bench: Any, plain: PlainProvider, person: str, supplier: str, missing: str
) -> None:
    values = plain_values(log_in(bench, plain, person, supplier))
    expected = {"kvk", "rsin", "company", "person", "email", "level", "pseudonym"} - {missing}
    assert values.keys() == expected
    assert all(value for found in values.values() for value in found)


def test_an_attribute_that_a_library_lists_as_required_does_not_end_the_login(bench: Any) -> None:
    """isRequired is a wish in SAML, and the names are those of another world."""
    more = (
        '<md:AttributeConsumingService index="1"><md:ServiceName xml:lang="en">Portal</md:ServiceName>'
        '<md:RequestedAttribute Name="urn:oid:0.9.2342.19200300.100.1.3" isRequired="true"/>'
        "</md:AttributeConsumingService>"
    )
    sp = PlainProvider(more=more)
    bench.trust(sp, "plain")
    assert plain_values(log_in(bench, sp))["kvk"] == ["90000012"]
    assert sp.ask(bench, bench.browser()).said("service") == "Portal"


# Level.


def test_the_level_is_what_the_scheme_calls_it_where_nothing_is_set(bench: Any, plain: PlainProvider) -> None:
    assert plain.ask(bench, bench.browser()).said("level") == "EH3"
    assert class_ref(log_in(bench, plain)) == LOA + "loa3"


@pytest.mark.parametrize(("level", "lets_in"), [("EH2+", True), ("EH3", False)])
def test_the_level_that_is_needed_is_a_setting(
    bench: Any, plain: PlainProvider, level: str, lets_in: bool
) -> None:
    settle(bench, plain, level=level)
    browser = bench.browser()
    page = plain.ask(bench, browser)
    assert page.said("level") == level
    assert kind(walk(browser, page, "n.postma")) == ("answer" if lets_in else "level")


def test_a_level_may_be_called_otherwise_and_the_attribute_keeps_its_name(
    bench: Any, plain: PlainProvider
) -> None:
    settle(bench, plain, level="EH2+", levels={"EH3": "urn:example:high"})
    message = log_in(bench, plain)
    assert class_ref(message) == "urn:example:high"
    assert plain_values(message)["level"] == ["EH3"]
    assert class_ref(log_in(bench, plain, "n.postma")) == LOA + "loa2plus"


def test_a_level_that_is_asked_by_the_providers_own_name_is_understood(
    bench: Any, plain: PlainProvider
) -> None:
    settle(bench, plain, levels={"EH2+": "urn:example:low", "EH3": "urn:example:high"})
    page = plain.ask(bench, bench.browser(), context=context(LOA + "loa2plus"))
    assert page.said("level") == "EH2+"


def test_a_level_that_is_asked_by_a_name_of_the_setting_counts(bench: Any, plain: PlainProvider) -> None:
    settle(bench, plain, levels={"EH2+": "urn:example:low", "EH3": "urn:example:high"})
    page = plain.ask(bench, bench.browser(), context=context("urn:example:low"))
    assert page.said("level") == "EH2+"


@pytest.mark.parametrize("refs", [(PASSWORD,), (PASSWORD, "urn:federation:authentication:windows")])
def test_a_context_that_is_no_level_is_noted_and_does_not_stop_the_login(
    bench: Any, plain: PlainProvider, refs: tuple[str, ...]
) -> None:
    """Libraries ask for a password by default, and every login here has one."""
    message = log_in(bench, plain, context=context(*refs))
    assert (status(message), class_ref(message)) == (["Success"], LOA + "loa3")
    found = bench.exchanges.recent(1)[0].last("request")["findings"]
    assert [(one["rule"], one["severity"]) for one in found] == [("AR-34", "N")]


# Encryption.


def test_an_encrypted_assertion_for_who_has_a_key(bench: Any, plain: PlainProvider) -> None:
    settle(bench, plain, encrypt_assertion=True)
    holder = log_in(bench, plain).find("saml:EncryptedAssertion", NS)
    inside = opened(holder, plain).element
    assert inside.find("saml:AttributeStatement", NS) is not None


def test_who_has_no_key_to_encrypt_for_is_told_so(bench: Any) -> None:
    sp = PlainProvider(keys=("signing",))
    bench.trust(sp, "plain")
    assert status(log_in(bench, sp)) == ["Success"]
    settle(bench, sp, encrypt_assertion=True)
    message = log_in(bench, sp)
    assert status(message) == ["Responder", "RequestUnsupported"]
    assert "certificate" in message.findtext("samlp:Status/samlp:StatusMessage", namespaces=NS)


# Two worlds at one broker.


def test_one_broker_serves_both_each_by_its_own_profile(bench: Any, plain: PlainProvider) -> None:
    assert "kvk" in plain_values(log_in(bench, plain))
    assert isinstance(bench.sp, ServiceProvider)
    strict = bench.ask(xml=etree.tostring(bench.sp.request(bench.sso)))
    assert refused(strict) == "AR-26"
