"""Which library made a request, and that a finding names the setting of that one."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from broker.rules.engine import Against
from broker.rules.libraries import AUTHN, HOW, RESOLVE, Library, guess
from broker.rules.registries import every_rule
from broker.wire import names
from support.shaped import settle
from support.sp import NS

HEX = "0123456789abcdef" * 3
UUID = "01234567-89ab-cdef-0123-456789abcdef"


def message(id_: str, prefix: str = "samlp", inside: str = "", after: str = "", **attributes: str) -> Any:
    others = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return etree.fromstring(
        f'<{prefix}:AuthnRequest xmlns:{prefix}="{NS["samlp"]}" ID="{id_}"{after}{others}>{inside}'
        f"</{prefix}:AuthnRequest>"
    )


POLICY = f'<samlp:NameIDPolicy xmlns:samlp="{NS["samlp"]}" AllowCreate="1"/>'
MADE = {
    Library.MAYKIN: message(f"ONELOGIN_{HEX[:40]}", ProtocolBinding=names.HTTP_ARTIFACT),
    Library.PYTHON3_SAML: message(f"ONELOGIN_{HEX[:40]}", ProtocolBinding=names.HTTP_POST),
    Library.PYSAML2: message("id-aB3dE6gH9jK2mN5pQ", "ns0"),
    Library.MELLON: message(
        "_" + HEX[:32].upper(), Consent="urn:oasis:names:tc:SAML:2.0:consent:current-implicit"
    ),
    Library.SHIBBOLETH: message("_" + HEX[:32], inside=POLICY),
    Library.SIMPLESAMLPHP: message("_" + HEX[:42]),
    Library.SPRING: message("ARQ" + UUID[1:], "saml2p"),
    Library.SUSTAINSYS: message("id" + HEX[:32], "saml2p"),
    Library.ITFOXTEC: message("_" + UUID, "saml2p"),
    Library.NODE_SAML: message(
        "_" + HEX[:20], after=' Version="2.0" IssueInstant="2026-02-02T09:00:00.000Z"'
    ),
}


@pytest.mark.parametrize("library", Library)
def test_a_library_is_known_by_its_habits_and_no_other_is_taken_for_it(library: Library) -> None:
    assert guess(MADE[library]) == (library,)
    assert HOW[library]


def test_of_a_message_by_hand_nobody_is_said_to_be_the_maker() -> None:
    assert guess(message("_1")) == ()


def test_every_mend_is_of_a_rule_and_of_a_library_that_there_is_and_is_a_line() -> None:
    for mends in (AUTHN, RESOLVE):
        for id_, lines in mends.items():
            assert id_ in every_rule()
            assert every_rule()[id_].mends == lines
            assert set(lines) <= set(Library)
            assert all(line and "\n" not in line for line in lines.values())


def test_a_finding_has_the_line_of_the_library_that_made_the_message_and_of_no_other() -> None:
    rule = every_rule()["AR-36"]
    assert rule.bad
    fault = rule.check(rule.bad.make())
    assert fault
    assert rule.finding(fault, Against()).mends == {}
    found = rule.finding(fault, Against(libraries=(Library.NODE_SAML,)))
    assert found.mends == {"node-saml": "racComparison: 'minimum'."}
    assert found.as_json()["mends"] == found.mends
    assert "node-saml: racComparison" in str(found)
    assert found.mend == rule.mend


def test_the_refusal_page_and_the_api_name_the_setting(bench: Any) -> None:
    page = bench.ask(xml=etree.tostring(bench.sp.request(bench.sso, ID="id-aB3dE6gH9jK2mN5pQ")))
    (mend,) = page.by_testid("mend-library")
    assert "authn_requests_signed" in mend.text_content()
    exchange = bench.exchanges.recent(1)[0]
    (found,) = [item for item in exchange.asked["findings"] if item["rule"] == "AR-26"]
    assert list(found["mends"]) == ["pysaml2"]


def test_a_library_that_the_configuration_names_is_not_guessed(bench: Any) -> None:
    settle(bench, library="node-saml")
    page = bench.ask(xml=etree.tostring(bench.sp.request(bench.sso, ID="id-aB3dE6gH9jK2mN5pQ")))
    (mend,) = page.by_testid("mend-library")
    assert "privateKey" in mend.text_content()


def test_pysaml2_is_known_by_a_request_that_it_really_made() -> None:
    from saml2 import BINDING_HTTP_POST
    from saml2.client import Saml2Client
    from saml2.config import SPConfig

    config = SPConfig()
    endpoints = {"assertion_consumer_service": [("https://sp.example/acs", BINDING_HTTP_POST)]}
    # It looks for a program to sign with, and never calls it here.
    binary = {"xmlsec_binary": __file__}
    config.load({"entityid": "urn:x", "metadata": {}, "service": {"sp": {"endpoints": endpoints}}} | binary)
    _, request = Saml2Client(config).create_authn_request("https://broker.example/sso")
    assert guess(etree.fromstring(str(request))) == (Library.PYSAML2,)


@pytest.mark.parametrize(
    ("binding", "library"),
    [(names.HTTP_ARTIFACT, Library.MAYKIN), (names.HTTP_POST, Library.PYTHON3_SAML)],
)
def test_python3_saml_is_known_by_a_request_that_it_really_made(binding: str, library: Library) -> None:
    from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    settings = OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": "urn:x",
                "assertionConsumerService": {"url": "https://sp.example/acs", "binding": binding},
            },
            "idp": {
                "entityId": "urn:y",
                "singleSignOnService": {"url": "https://broker.example/sso"},
                "x509cert": "MIIB",
            },
        },
        sp_validation_only=True,
    )
    assert guess(etree.fromstring(OneLogin_Saml2_Authn_Request(settings).get_xml())) == (library,)
