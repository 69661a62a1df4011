"""What real service providers do beside the letter of the scheme: the login goes on, and it is said."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from support.answers import company
from support.browser import Browser, Page
from support.sp import NS, ServiceProvider, sign
from support.walk import landed, walk

Send = Callable[[Any, Browser], Page]


def asking(**how: Any) -> Send:
    return lambda bench, browser: bench.ask(browser, **how)


def with_certificate_in_key_info(bench: Any, browser: Browser) -> Page:
    """As python3-saml does. KeyInfo is outside what is signed."""
    root = etree.fromstring(bench.sp.signed(bench.sp.request(bench.sso)))
    info = root.find("ds:Signature/ds:KeyInfo", NS)
    for node in list(info):
        info.remove(node)
    data = etree.SubElement(info, f"{{{NS['ds']}}}X509Data")
    der = bench.sp.certificate.public_bytes(Encoding.DER)
    etree.SubElement(data, f"{{{NS['ds']}}}X509Certificate").text = base64.b64encode(der).decode()
    return bench.ask(browser, etree.tostring(root))


def with_format_on_issuer(bench: Any, browser: Browser) -> Page:
    """As pysaml2 does."""
    element = bench.sp.request(bench.sso)
    element[0].set("Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:entity")
    return bench.ask(browser, bench.sp.signed(element))


def deflated(bench: Any, browser: Browser) -> Page:
    """DEFLATE is for HTTP-Redirect."""
    engine = zlib.compressobj(wbits=-15)
    xml = bench.sp.signed(bench.sp.request(bench.sso))
    packed = base64.b64encode(engine.compress(xml) + engine.flush()).decode()
    return browser.post("/sso/1.13", {"SAMLRequest": packed, "RelayState": "rs-1"})


NAME_ID_POLICY = '<samlp:NameIDPolicy AllowCreate="true"/>'
CASES = (
    ("X509Data in KeyInfo", with_certificate_in_key_info, "AR-31", "W", "X509Data"),
    ("Format on Issuer", with_format_on_issuer, "AR-25", "W", "Format"),
    ("ForceAuthn as 1", asking(ForceAuthn="1"), "AR-10-digit", "N", '"1"'),
    ("ForceAuthn as 0", asking(ForceAuthn="0"), "AR-10-digit", "N", '"0"'),
    ("IsPassive as 0", asking(IsPassive="0"), "AR-10-digit", "N", '"0"'),
    ("DEFLATE inside a POST", deflated, "AR-42-deflate", "N", "DEFLATE"),
    ("NameIDPolicy without Format", asking(children=NAME_ID_POLICY), "AR-37", "W", "NameIDPolicy"),
    (
        "a return address by URL",
        asking(AssertionConsumerServiceIndex=None, AssertionConsumerServiceURL="http://localhost:9/acs/artifact"),
        "AR-15",
        "W",
        "acs/artifact",
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("_", "send", "rule", "severity", "received"), CASES, ids=[case[0] for case in CASES]
)
def test_it_is_tolerated_and_recorded(
    bench: Any, _: str, send: Send, rule: str, severity: str, received: str
) -> None:
    browser = bench.browser()
    page = send(bench, browser)
    assert page.heading == "Maak een keuze", page.readable
    (exchange,) = bench.exchanges.recent()
    found = {item["rule"]: item for item in exchange.last("request")["findings"]}
    assert found[rule]["severity"] == severity
    assert received in found[rule]["received"]
    assert company(bench, landed(walk(browser, page))) == {"KvKnr": "90000012"}


@pytest.mark.parametrize(("value", "forces"), [("1", True), ("true", True), ("0", False), ("false", False)])
def test_a_boolean_means_the_same_as_a_digit_and_as_a_word(bench: Any, value: str, forces: bool) -> None:
    page = bench.ask(ForceAuthn=value)
    kept = bench.application.parts.store.get("login", page.url.rpartition("/")[2])
    assert (b'"force_authn":true' in kept) is forces


# Prefixes are free (spec 2.1): nothing to record.


@pytest.mark.parametrize(
    ("samlp", "saml", "ds"),
    [
        ("saml2p", "saml2", "dsig"),
        ("ns0", "ns1", "ns2"),
        (None, "saml", "ds"),
        ("samlp", None, None),
        ("x", "y", None),
    ],
)
def test_any_prefix_will_do_and_none_is_a_finding(
    bench: Any, samlp: str | None, saml: str | None, ds: str | None
) -> None:
    message = prefixed(bench.sp, bench.sso, samlp, saml, ds)
    browser = bench.browser()
    page = bench.ask(browser, message)
    assert page.heading == "Maak een keuze", page.readable
    (exchange,) = bench.exchanges.recent()
    assert {item["rule"] for item in exchange.last("request")["findings"]} <= {"AR-31"}
    assert company(bench, landed(walk(browser, page))) == {"KvKnr": "90000012"}


def prefixed(sp: ServiceProvider, sso: str, samlp: str | None, saml: str | None, ds: str | None) -> bytes:
    """A signed request under these prefixes; None is the default namespace of that element."""
    usual = sp.request(sso, level=None)
    made = etree.Element(usual.tag, dict(usual.attrib), nsmap={samlp: NS["samlp"]})
    etree.SubElement(made, f"{{{NS['saml']}}}Issuer", nsmap={saml: NS["saml"]}).text = sp.entity_id
    return etree.tostring(sign(made, sp.key, sp.certificate, namespaces={ds: NS["ds"]}))


# RelayState.


@pytest.mark.parametrize(
    "relay_state",
    [
        "x",
        "x" * 80,
        "x" * 81,
        "x" * 5_000,
        "é" * 41,
        "a b+c%20d&e=f#g",
        '"><script>',
        "  spaces  ",
        "\u20ac\U0001f600",
    ],
    ids=["1", "80", "81", "5000", "82 bytes in 41 signs", "signs", "markup", "spaces", "beyond ASCII"],
)
@pytest.mark.parametrize("index", ["1", "2"], ids=["by artifact", "by POST"])
@pytest.mark.parametrize("redirect", [False, True], ids=["asked by POST", "asked by Redirect"])
def test_relay_state_comes_back_to_the_letter_and_is_warned_over_80_bytes(
    bench: Any, relay_state: str, index: str, redirect: bool
) -> None:
    browser = bench.browser()
    if redirect:
        xml = etree.tostring(bench.sp.request(bench.sso, AssertionConsumerServiceIndex=index))
        page = browser.get(f"/sso/1.13?{bench.sp.query(xml, relay_state)}")
    else:
        page = bench.ask(browser, relay_state=relay_state, AssertionConsumerServiceIndex=index)
    (exchange,) = bench.exchanges.recent()
    found = {item["rule"]: item for item in exchange.last("request")["findings"]}
    size = len(relay_state.encode())
    assert ("AR-41" in found) == (size > 80)
    if size > 80:
        assert found["AR-41"]["severity"] == "W"
        assert found["AR-41"]["received"] == f"{size} bytes"
    assert landed(walk(browser, page)).fields["RelayState"] == relay_state
