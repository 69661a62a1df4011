"""Hostile answers: each beside the good login, before the eyes of a strict provider, with a good login after it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from broker.keys import Step
from broker.metadata import OUT_OF_DATE, out_of_date
from broker.scenarios.catalogue import CATALOGUE
from broker.scenarios.model import NeedsProvider
from support import hostile
from support.answers import call
from support.hostile import (
    ENCRYPTED,
    FORGED_NUMBER,
    GOOD_NUMBER,
    REFUSED,
    TAKEN,
    Refused,
    alone,
    number_of,
    strict,
)
from support.scenario import Went, arm, differing, go
from support.shaped import BY_POST, opened, settle
from support.sp import NS, certificates_of, fingerprint, verified

WRAPPING = [name for name in REFUSED if name.startswith("wrapping-")]


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, bench_maker: Any, keys: Any, sp: Any) -> Iterator[Any]:
    """One broker, whose clock stands still."""
    made = bench_maker(tmp_path_factory.mktemp("hostile"), keys, sp)
    made.application.clock.change("", frozen=True)
    yield made
    made.application.close()


@pytest.fixture(scope="module")
def good(still: Any) -> Went:
    return go(still)


def hit(bench: Any, name: str, **params: str) -> Went:
    """A login that gets this scenario."""
    armed = arm(bench, name, sp=bench.sp.entity_id, params=params)
    went = go(bench)
    told = bench.exchanges.get(went.exchange)
    assert (told.last("scenario")["id"], told.last("scenario")["name"]) == (armed.id, name)
    assert told.last("scenario-without-effect") == {}
    assert name.encode() not in went.xml, "the provider cannot tell it by its name"
    return went


@pytest.mark.parametrize("name", REFUSED)
def test_it_changes_this_alone_and_a_strict_provider_refuses_it(still: Any, good: Went, name: str) -> None:
    changes, reason = REFUSED[name]
    assert strict(still, good) == GOOD_NUMBER
    went = hit(still, name)
    assert went.page == "answer"
    assert differing(good, went) == changes
    assert went.events == good.events, "the person went the ordinary road"
    with pytest.raises(Refused) as refused:
        strict(still, went)
    assert refused.value.reason == reason, str(refused.value)
    after = go(still)
    assert (strict(still, after), differing(good, after)) == (GOOD_NUMBER, set()), (
        "the next one is a good one"
    )


@pytest.mark.parametrize("name", TAKEN)
def test_it_changes_this_alone_and_is_signed_well(still: Any, good: Went, name: str) -> None:
    went = hit(still, name)
    assert differing(good, went) == TAKEN[name]
    assert strict(still, went) == GOOD_NUMBER


@pytest.mark.parametrize("name", WRAPPING)
def test_a_wrapped_signature_is_good_and_over_another_assertion_than_a_careless_provider_reads(
    still: Any, name: str
) -> None:
    root = etree.fromstring(hit(still, name).xml)
    (signature,) = root.xpath("//ds:Signature[not(ancestor::saml:Advice)]", namespaces=NS)
    signed_id = signature.find("ds:SignedInfo/ds:Reference", NS).get("URI").removeprefix("#")
    everywhere = root.xpath("//saml:Assertion[not(ancestor::saml:Advice)]", namespaces=NS)
    forged, signed = sorted(everywhere, key=lambda one: one.find("saml:Advice", NS) is not None)
    assert signed.get("ID") == signed_id
    assert (forged.get("ID") == signed_id) is (name == "wrapping-same-id")
    read = {one: number_of(still, alone(one)) for one in (forged, signed)}
    assert (read[forged], read[signed]) == (FORGED_NUMBER, GOOD_NUMBER)
    if name in ("wrapping-in-signature", "wrapping-in-object"):
        # Here libraries differ in whether it is good; in its place it is.
        signed.getparent().remove(signed)
        for inside in signature.findall("ds:Object", NS):
            signature.remove(inside)
    if name in ("wrapping-in-signature", "wrapping-in-object", "wrapping-same-id"):
        signed = etree.fromstring(etree.tostring(signed, with_tail=False))
        if signed.find("ds:Signature", NS) is None:
            signed.insert(1, signature)
        signature = signed.find("ds:Signature", NS)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem_of(still), xmlsec.KeyFormat.CERT_PEM)
    context.register_id(signed, "ID")
    context.verify(signature)


def pem_of(bench: Any) -> bytes:
    return bytes(bench.certificate().public_bytes(Encoding.PEM))


def test_in_one_that_is_signed_in_part_that_part_is_signed_well(still: Any) -> None:
    response = etree.fromstring(hit(still, "signature-response-only").xml)
    verified(response, still.certificate())
    assertion = etree.fromstring(hit(still, "signature-assertion-only").xml).find("saml:Assertion", NS)
    verified(assertion, still.certificate())


def test_a_whole_value_is_read_over_a_comment_and_a_part_of_it_is_something_else(still: Any) -> None:
    root = etree.fromstring(hit(still, "comment-in-values").xml)
    (value,) = root.xpath(
        "saml:Assertion/saml:AttributeStatement/saml:Attribute[@Name='urn:etoegang:core:ServiceID']/*",
        namespaces=NS,
    )
    whole = "".join(value.xpath("text()"))
    assert whole == still.sp.services[1][0]
    assert value.text != whole


def test_padding_is_as_large_as_was_asked(still: Any, good: Went) -> None:
    assert 990_000 < len(hit(still, "padding").xml) - len(good.xml) < 1_010_000
    assert 9_000 < len(hit(still, "padding", kilobytes="10").xml) - len(good.xml) < 11_000


def test_a_doctype_names_nothing_outside_the_message(still: Any) -> None:
    start = hit(still, "doctype").xml.partition(b"<samlp:Response")[0]
    assert start.startswith(b"<!DOCTYPE samlp:Response [")
    assert b"SYSTEM" not in start
    assert b"PUBLIC" not in start


# Encryption.


@pytest.mark.parametrize("name", ENCRYPTED)
def test_what_is_encrypted_changes_in_this_and_everything_else_stays(
    still: Any, good: Went, name: str
) -> None:
    xml = hostile_xml(still, name)
    changed = hostile.changed_inside(good.xml, xml)
    if name == "broken-ciphertext":
        assert changed == {}
    else:
        inside = "//" if name == "encrypted-for-another" else "//saml:Assertion/saml:AttributeStatement//"
        readable = etree.fromstring(good.xml).xpath(
            f"{inside}*[xenc:EncryptedKey[@Recipient=$sp]]", namespaces=NS, sp=still.sp.entity_id
        )
        assert len(changed) == len(readable) > 1
        assert all(paths == ENCRYPTED[name] for paths in changed.values()), changed
    root = etree.fromstring(xml)
    verified(root, still.certificate())
    verified(root.find("saml:Assertion", NS), still.certificate())


def hostile_xml(bench: Any, name: str) -> bytes:
    """Without decrypting what cannot be."""
    armed = arm(bench, name, sp=bench.sp.entity_id)
    xml = bench.login(AssertionConsumerServiceIndex="2").fields["SAMLResponse"]
    (exchange,) = bench.exchanges.recent(1)
    assert exchange.last("scenario")["id"] == armed.id
    return base64.b64decode(xml)


def test_only_the_provider_that_picks_its_own_key_can_read_it(still: Any) -> None:
    assert number_of(still, etree.fromstring(hostile_xml(still, "other-recipient-first"))) == GOOD_NUMBER
    for name in ("encrypted-for-another", "broken-ciphertext"):
        with pytest.raises((ValueError, etree.XMLSyntaxError)):
            number_of(still, etree.fromstring(hostile_xml(still, name)))


# Keys.


def test_the_next_and_the_previous_key_sign_while_the_metadata_has_them(
    tmp_path: Any, bench_maker: Any, sp: Any
) -> None:
    (tmp_path / "keys").mkdir()
    bench = bench_maker(tmp_path, tmp_path / "keys", sp)
    before = bench.certificate()
    names = signed_by(bench, "key-next", announced="no")
    assert names.isdisjoint(in_metadata(bench))
    step(bench, Step.ANNOUNCE)
    (announced,) = signed_by(bench, "key-next")
    assert announced in in_metadata(bench) - {fingerprint(before)}
    step(bench, Step.SWITCH)
    assert signed_by(bench, "key-previous") == {fingerprint(before)} <= in_metadata(bench)
    assert go(bench).xml.count(announced.encode()) == 2, "a good login is signed with the current key"
    step(bench, Step.DROP)
    arm(bench, "key-previous", sp=bench.sp.entity_id)
    went = go(bench)
    assert "no previous key" in bench.exchanges.get(went.exchange).last("scenario-without-effect")["reason"]
    assert strict(bench, went) == GOOD_NUMBER, "where it cannot act, the login is a good one"
    bench.application.close()


@pytest.mark.parametrize("which", ["expired", "not-yet-valid"])
def test_a_certificate_that_is_out_of_date_signs_and_the_metadata_that_asks_for_it_has_it(
    still: Any, good: Went, which: str
) -> None:
    went = hit(still, f"certificate-{which}")
    assert differing(good, went) == set(), "but for the signatures and the name of the key"
    assert went.events == good.events
    with pytest.raises(Refused, match="signature"):
        strict(still, went)
    usual = bench_metadata(still)
    asked = bench_metadata(still, f"?certificate={which}")
    (out_of_date,) = [one for one in certificates_of(asked) if one not in certificates_of(usual)]
    root = etree.fromstring(went.xml)
    assert root.findtext("ds:Signature/ds:KeyInfo/ds:KeyName", namespaces=NS) == fingerprint(out_of_date)
    pem = out_of_date.public_bytes(Encoding.PEM)
    for element in (root, root.find("saml:Assertion", NS)):
        assert holds(element, pem)
    now = still.application.parts.now()
    ended, begins = out_of_date.not_valid_after_utc < now, now < out_of_date.not_valid_before_utc
    assert (ended, begins) == (which == "expired", which == "not-yet-valid")
    assert root_id(asked) != root_id(usual), "other content, other ID"
    page = still.browser().get(f"/console/exchanges/{went.exchange}")
    assert "onbekende sleutel" not in page.readable
    assert (strict(still, go(still)), bench_metadata(still)) == (GOOD_NUMBER, usual)


def holds(element: etree._Element, pem: bytes) -> bool:
    """By the key alone, whatever the dates of its certificate."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.CERT_PEM)
    context.register_id(alone, "ID")
    context.verify(alone.find("ds:Signature", NS))
    return True


def bench_metadata(bench: Any, query: str = "") -> bytes:
    return bytes(bench.browser().get(f"/metadata{query}").body)


def root_id(metadata: bytes) -> str | None:
    return etree.fromstring(metadata).get("ID")


def test_another_certificate_than_there_is_is_refused_with_those_that_there_are(still: Any) -> None:
    refused = still.browser().get("/metadata?certificate=old")
    assert (refused.status, refused.text) == (
        400,
        "certificate='old' is not known; it is expired or not-yet-valid\n",
    )


def in_metadata(bench: Any) -> set[str]:
    return {fingerprint(one) for one in certificates_of(bench.browser().get("/metadata").body)}


def signed_by(bench: Any, name: str, **params: str) -> set[str]:
    """The key names of Response and assertion, which are one, as the provider finds them."""
    root = etree.fromstring(hit(bench, name, **params).xml)
    found = root.xpath("ds:Signature//ds:KeyName | saml:Assertion/ds:Signature//ds:KeyName", namespaces=NS)
    assert len(found) == 2
    return {node.text for node in found}


def step(bench: Any, which: Step) -> None:
    parts = bench.application.parts
    entity_id = parts.settings.entity_id
    parts.keys.step(which, "broker", entity_id, entity_id.split(":")[3], parts.now())


# Who may be attacked, and where nothing can be.


@pytest.mark.parametrize("name", [one.name for one in CATALOGUE.values() if one.hostile])
def test_an_attack_is_armed_for_one_provider_by_name_or_not_at_all(bench: Any, name: str) -> None:
    with pytest.raises(NeedsProvider, match="say by its entity id"):
        arm(bench, name, person="m.devries")
    assert CATALOGUE[name].group in ("wrapping", "replay", "message")


def test_api_console_and_yaml_refuse_an_attack_on_whoever_comes(bench: Any) -> None:
    wrong = call(bench, "POST", "/api/v1/armed-scenarios", {"scenario": "wrapping-before"})
    assert wrong.status == 422
    (error,) = json.loads(wrong.body)["errors"]
    assert "wrapping-before is an attack" in json.dumps(error)
    assert error["pointer"] == "/sp"
    browser = bench.browser()
    page = browser.get("/console/scenarios/wrapping-before")
    assert "aanval" in page.readable
    refused = browser.submit(page, page.form("arm-form"))
    assert (refused.status, "Vul de entityID in" in refused.said("error-sp")) == (422, True)
    bench.rewrite("\nscenarios:\n", "\nscenarios:\n  - {scenario: wrapping-before}\n")
    (problem,) = bench.application.parts.current.problems
    assert "wrapping-before is an attack" in str(problem)


def test_an_attack_on_one_provider_leaves_the_others_alone(still: Any, good: Went) -> None:
    arm(still, "wrapping-before", sp="urn:etoegang:DV:00000001777777770000:entities:9002")
    assert strict(still, go(still)) == GOOD_NUMBER


@pytest.mark.parametrize("name", ["wrapping-before", "signature-value-changed", "comment-in-values"])
def test_where_the_whole_assertion_is_encrypted_the_login_is_a_good_one_and_says_why(
    bench: Any, name: str
) -> None:
    settle(bench, encrypt_assertion=True)
    arm(bench, name, sp=bench.sp.entity_id)
    bench.login(AssertionConsumerServiceIndex="2")
    (exchange,) = bench.exchanges.recent(1)
    assert "encrypted for this provider as a whole" in exchange.last("scenario-without-effect")["reason"]


def test_a_login_that_ends_without_an_assertion_has_nothing_to_wrap(bench: Any) -> None:
    arm(bench, "wrapping-before", sp=bench.sp.entity_id)
    browser = bench.browser()
    page = bench.ask(browser, AssertionConsumerServiceIndex="2")
    browser.submit(page, page.form("cancel"))
    (exchange,) = bench.exchanges.recent(1)
    reason = "this login ended without an assertion"
    assert exchange.last("scenario-without-effect")["reason"] == reason
    assert reason in browser.get(f"/console/exchanges/{exchange.id}").said("scenario-without-effect")


@pytest.mark.parametrize("name", [*REFUSED, *TAKEN, *ENCRYPTED])
def test_the_console_and_the_api_show_the_exchange_all_the_same(still: Any, name: str) -> None:
    arm(still, name, sp=still.sp.entity_id)
    still.login(AssertionConsumerServiceIndex="2")
    (exchange,) = still.exchanges.recent(1)
    page = still.browser().get(f"/console/exchanges/{exchange.id}")
    assert page.status == 200, page.text[:2000]
    assert name in page.text
    found = call(still, "GET", f"/api/v1/exchanges/{exchange.id}")
    assert found.status == 200, found.text[:2000]


# Whatever the provider's settings.

SHAPES: dict[str, dict[str, Any]] = {
    "assertion encrypted, and signed alone": {"encrypt_assertion": True, "sign": "assertion"},
    "1.11 in clear, response signed alone": {
        "version": "1.11",
        "identifiers": "plain",
        "advice": "none",
        "sign": "response",
    },
    "NameIDs in clear, assertion signed alone": {
        "identifiers": "decrypted-nameid",
        "advice": "none",
        "sign": "assertion",
    },
    "plain SAML": {"profile": "saml"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_scenario_acts_or_says_why_not(
    tmp_path: Any, bench_maker: Any, keys: Any, sp: Any, shape: str
) -> None:
    bench = bench_maker(tmp_path, keys, sp)
    settle(bench, **SHAPES[shape])
    bench.login(**BY_POST)
    acted = 0
    for name in (*REFUSED, *TAKEN, *ENCRYPTED, *hostile.KEYS):
        arm(bench, name, sp=bench.sp.entity_id)
        came = bench.login(**BY_POST).fields["SAMLResponse"]
        (exchange,) = bench.exchanges.recent(1)
        assert exchange.last("scenario")["name"] == name
        reason = exchange.last("scenario-without-effect").get("reason")
        acted += reason is None
        if reason is None and name.startswith("wrapping-"):
            assert carries_another_company(bench, base64.b64decode(came)), name
    assert acted > 10
    bench.application.close()


def carries_another_company(bench: Any, xml: bytes) -> bool:
    if FORGED_NUMBER.encode() in xml:
        return True
    root = etree.fromstring(xml)
    found = root.xpath(
        "//saml:Attribute[@Name='urn:etoegang:core:LegalSubjectID']//saml:EncryptedID", namespaces=NS
    )
    return any(opened(one, bench.sp).element.text == FORGED_NUMBER for one in found)


def test_a_certificate_that_is_out_of_date_is_so_whatever_the_clock_said_when_it_was_made(bench: Any) -> None:
    assert call(bench, "PUT", "/api/v1/clock", {"at": "2031-06-01T00:00:00Z"}).status == 200
    parts = bench.application.parts
    made = {which: out_of_date(parts, which).certificate.x509 for which in OUT_OF_DATE}
    for year in (2026, 2031, 2040):
        now = datetime(year, 1, 1, tzinfo=UTC)
        assert made["expired"].not_valid_after_utc < now < made["not-yet-valid"].not_valid_before_utc
