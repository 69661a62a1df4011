"""Where a refusal shows: the page for the person, the page of the rule, and whose key it was that signed."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from broker.rules.registries import every_rule
from support import mistakes
from support.sp import ServiceProvider, make_key, sign

# The page of a rule.


def test_every_rule_has_a_page_in_the_broker_itself(bench: Any) -> None:
    browser = bench.browser()
    index = browser.get("/rules/")
    assert index.status == 200
    assert set(index.tree.xpath("//table//a/@href")) == {f"/rules/{id_}" for id_ in every_rule()}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("id_", ["AR-04", "AR-15", "AR-27", "AR-36", "AX-02", "LO-08", "MD-08", "SC-05"])
def test_the_page_of_a_rule_says_what_the_rule_says_and_needs_nothing_from_outside(
    bench: Any, id_: str, language: str
) -> None:
    page = bench.browser().get(f"/rules/{id_}?lang={language}")
    rule = every_rule()[id_]
    assert page.status == 200
    assert page.tree.get("lang") == language
    assert len(page.tree.xpath("//h1")) == 1
    assert rule.mend in page.readable
    assert (rule.firm[1:] in page.readable) if rule.firm else ("suppress:" in page.readable)
    assert rule.reference in page.tree.xpath("//a/@href")
    assert page.by_testid("bad")
    assert page.by_testid("good")
    for library in rule.mends:
        assert library in page.said("mends")
    assert not page.tree.xpath("//script|//img[starts-with(@src, 'http')]|//link[starts-with(@href, 'http')]")


@pytest.mark.parametrize("id_", ["AR-99", "ar-04", "<b>"])
def test_a_rule_that_there_is_not_has_no_page(bench: Any, id_: str) -> None:
    assert bench.browser().get(f"/rules/{id_}").status == 404


def test_the_refusal_says_line_and_column_and_leads_to_the_page(bench: Any) -> None:
    signed = bench.sp.signed(bench.sp.request(bench.sso))
    page = bench.ask(xml=signed.replace(b' Version="2.0"', b'\n  Version="2.0" Consent="urn:x"', 1))
    (section,) = page.by_testid("finding")
    assert section.get("data-rule") == "AR-27"
    text = " ".join(section.text_content().split())
    assert "@Consent of <samlp:AuthnRequest>" in text
    assert "regel 2, kolom 17" in text
    assert 'the attribute Consent="urn:x" of <samlp:AuthnRequest> was added after signing' in text
    (link,) = section.xpath('.//a[@data-testid="docs"]/@href')
    assert bench.browser().get(link).said("rule").startswith("AR-27")
    again = bench.browser().get(f"/refused/{page.said('exchange')}?lang=en")
    assert "line 2, column 17" in again.readable


# Whose key.


def received(bench: Any, message: bytes) -> str:
    page = bench.ask(xml=message)
    assert page.status == 403
    (found,) = [f for f in bench.exchanges.recent(1)[0].asked["findings"] if f["rule"] == "AR-27"]
    assert found["outcome"] == "refuse"
    return str(found["received"])


def by(key: Any, certificate: Any, bench: Any) -> bytes:
    return etree.tostring(sign(bench.sp.request(bench.sso), key, certificate))


def test_the_key_of_another_provider_that_is_known_here_is_named(bench: Any) -> None:
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    message = by(other.key, other.certificate, bench)
    assert other.entity_id not in received(bench, message)
    bench.trust(other, "other")
    message = by(other.key, other.certificate, bench)
    assert f"the key of another service provider, {other.entity_id}" in received(bench, message)


def test_the_encryption_key_of_the_provider_itself_is_named(bench: Any) -> None:
    key, certificate = make_key("encryption")
    encryption = ServiceProvider()
    encryption.key, encryption.certificate = key, certificate
    own, its = (
        metadata.partition(b"<md:KeyDescriptor>")[2].partition(b"</md:KeyDescriptor>")[0]
        for metadata in (bench.sp.metadata, encryption.metadata)
    )
    two = (
        b'<md:KeyDescriptor use="signing">' + own + b'</md:KeyDescriptor><md:KeyDescriptor use="encryption">'
        + its + b"</md:KeyDescriptor>"
    )  # fmt: skip
    whole = b"<md:KeyDescriptor>" + own + b"</md:KeyDescriptor>"
    (bench.home / "metadata" / "sp.xml").write_bytes(bench.sp.metadata.replace(whole, two))
    bench.application.parts.configuration.refresh()
    assert "the encryption key of this service provider" in received(bench, by(key, certificate, bench))


def test_the_brokers_own_key_is_named(bench: Any) -> None:
    own = bench.application.parts.broker.key
    message = by(own.private_key, own.certificate.x509, bench)
    assert "the broker's own key" in received(bench, message)


def test_a_key_that_nobody_knows_stays_unknown_and_the_certificate_in_key_info_is_told(bench: Any) -> None:
    assert "which none of these verifies" in received(bench, mistakes.by_another_key(bench.sp, bench.sso))
    text = received(bench, mistakes.by_the_key_in_key_info(bench.sp, bench.sso))
    assert "the certificate in KeyInfo" in text


def test_a_query_that_was_encoded_again_is_told_with_how_it_was_signed(bench: Any) -> None:
    query = bench.sp.query(mistakes.unsigned(bench.sp, bench.sso))
    page = bench.browser().get("/sso/1.13?" + mistakes.lower_case(query))
    (section,) = page.by_testid("finding")
    assert section.get("data-rule") == "AR-42"
    assert "with upper-case percent-encoding" in section.text_content()
