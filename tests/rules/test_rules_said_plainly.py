"""What a finding says where it is easily unclear: it tells what came from what was expected, and is not endless."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.check.documents import check_catalogue, check_metadata
from broker.check.source import Read
from broker.rules.authn import RULES
from broker.rules.authn.examples import sent
from broker.rules.authn.wishes import BEFORE_CONTEXT
from broker.rules.engine import MOST_SAID, Profile
from broker.rules.finding import Finding
from broker.wire.bindings import BindingProblem, from_redirect

DOCUMENTS = Path(__file__).resolve().parents[1] / "sp_mistakes"
NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
ACS = "https://sp.example/acs"


def found(kind: str, rule: str, old: str, new: str) -> Finding:
    """The finding of one rule about the flawless document of that kind, with this changed everywhere."""
    text = (DOCUMENTS / kind / "flawless.xml").read_text("utf-8")
    assert old in text
    given = Read("x.xml", text.replace(old, new).encode())
    if kind == "metadata":
        (checked,) = check_metadata(given, Profile.LENIENT, NOW)
    else:
        checked = check_catalogue(given, Profile.LENIENT, NOW)
    assert checked.report.broken == ()
    (finding,) = [one for one in checked.report.findings if one.rule == rule]
    return finding


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        ('<x:Own xmlns:x="urn:example"/>' * 4_000, "AR-39-other"),
        (
            '<esp:RequestedAttributes xmlns:esp="urn:etoegang:1.9:samlp-extension">'
            + f'<md:RequestedAttribute xmlns:md="{MD}" Name="urn:x"/>' * 4_000
            + "</esp:RequestedAttributes>",
            "AR-39",
        ),
    ],
)
def test_thousands_of_extensions_give_a_finding_that_can_be_read(inside: str, rule: str) -> None:
    seen = sent((BEFORE_CONTEXT, f"<samlp:Extensions>{inside}</samlp:Extensions>{BEFORE_CONTEXT}")).make()
    (finding,) = RULES.run(seen, only=[rule]).findings
    assert len(finding.received) < MOST_SAID + 40
    assert finding.received.endswith(" characters)")


@pytest.mark.parametrize(
    ("kind", "rule", "old", "new", "received", "mend"),
    [
        ("metadata", "MD-01", MD, MD.replace("metadata", "MetaData"), "SAML:2.0:MetaData", f"namespace {MD}"),
        ("metadata", "MD-01", "xmlns:md=", 'xmlns="" xmlns:x=', "not well-formed", ""),
        ("metadata", "MD-01", "md:", "", "in no namespace", f"namespace {MD}"),
        ("metadata", "MD-24", ">Loket<", "><", "xml:lang nl, which is empty", "ServiceName"),
        (
            "metadata",
            "MD-01",
            ">TEST</md:OrganizationName>",
            "><b/></md:OrganizationName>",
            "content is not allowed",
            "Put text alone in <md:OrganizationName>",
        ),
        ("metadata", "MD-21", ACS, f" {ACS} ", f'" {ACS} "', "Take the white space around the address"),
        ("metadata", "MD-21", ACS, "", '""', "or leave out what has no address"),
        (
            "metadata",
            "MD-21",
            ACS,
            "https:/sp.example/acs",
            "https:/sp",
            "Write the whole address in Location",
        ),
        (
            "catalogues",
            "SC-01",
            "setNumber=",
            "esc:setNumber=",
            "@setNumber in the namespace urn:etoegang:1.13:service-catalog",
            "Write setNumber without a prefix",
        ),
        (
            "catalogues",
            "SC-02",
            "HerkenningsmakelaarId>00000003999999990000<",
            "HerkenningsmakelaarId>00000003<",
            "00000003",
            "Write the OIN of the broker in <esc:HerkenningsmakelaarId>",
        ),
        (
            "catalogues",
            "SC-09",
            "X509Certificate>M",
            "X509Certificate>-M",
            "X.509",
            "Put the certificate itself",
        ),
        ("catalogues", "SC-09", "ds:KeyName", "ds:MgmtData", "none", "Add ds:KeyName"),
        (
            "catalogues",
            "SC-09",
            "ds:X509Certificate",
            "ds:X509Other",
            "a md:KeyDescriptor without ds:X509Certificate",
            "Put the certificate in the md:KeyDescriptor",
        ),
    ],
)
def test_a_finding_says_what_came_and_how_to_mend_that(
    kind: str, rule: str, old: str, new: str, received: str, mend: str
) -> None:
    finding = found(kind, rule, old, new)
    assert received in finding.received
    assert mend in finding.mend
    assert finding.received != finding.expected
    assert "  " not in finding.mend


@pytest.mark.parametrize(
    "query",
    [
        b"SAMLRequest=a&amp;SigAlg=b&amp;Signature=c",
        b"x=1&amp;SAMLRequest=a",
        b"SAMLRequest=a&amp;RelayState=b",
    ],
)
def test_an_address_that_was_html_escaped_is_called_that(query: bytes) -> None:
    with pytest.raises(BindingProblem, match="HTML-escaped") as raised:
        from_redirect(query)
    assert "as it is, with & between" in raised.value.mend


def test_a_certificate_that_is_not_valid_yet_is_not_to_be_renewed() -> None:
    fault = RULES.rules["AR-33"].check(sent(now=datetime(2020, 1, 1, tzinfo=UTC)).make())
    assert fault
    assert "until this one is valid" in (fault.mend or "")
