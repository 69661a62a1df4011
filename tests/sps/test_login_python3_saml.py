"""python3-saml, unchanged, strict and in an environment of its own, logs people in: the broker takes profile saml
by itself from its metadata, which has nothing of the scheme in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from lxml import etree, html

from support.browser import Page
from support.running import ROOT, RunningBroker
from support.sp import NS
from support.walk import landed, walk

from .running_python3_saml import Python3SamlSP

pytestmark = pytest.mark.sp

SAML_1_1 = "urn:oasis:names:tc:SAML:1.1:nameid-format:"
SAML_2_0 = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
LOA = "urn:etoegang:core:assurance-class:"

PROVIDERS: dict[str, dict[str, Any]] = {
    "unsigned": {},
    "signed": {"security": {"authnRequestsSigned": True, "wantMessagesSigned": True}},
    "assertion": {},
    "message": {"security": {"wantMessagesSigned": True, "wantAssertionsSigned": False}},
    "encrypted": {"security": {"wantAssertionsEncrypted": True, "wantMessagesSigned": True}},
    "gcm": {"security": {"wantAssertionsEncrypted": True}},
    "email": {"NameIDFormat": SAML_1_1 + "emailAddress"},
    "transient": {"NameIDFormat": SAML_2_0 + "transient"},
    "persistent": {"NameIDFormat": SAML_2_0 + "persistent"},
    "sha512": {"security": {"wantMessagesSigned": True}},
    "levels": {"security": {"requestedAuthnContext": [LOA + "loa3"], "failOnAuthnContextMismatch": True}},
    "password": {"security": {"requestedAuthnContext": True}},
    # These expect what the broker is not set to do: they must refuse.
    "wants-messages-signed": {"security": {"wantMessagesSigned": True}},
    "wants-assertions-signed": {},
    "wants-encryption": {"security": {"wantAssertionsEncrypted": True}},
}
"""By name: what its administrator set, over strict and a signed assertion."""

SETTINGS: dict[str, dict[str, Any]] = {
    "assertion": {"sign": "assertion"},
    "message": {"sign": "response"},
    "encrypted": {"encrypt_assertion": True},
    "gcm": {"encrypt_assertion": True, "cipher": "aes256-gcm", "oaep_digest": "sha256"},
    "sha512": {"signature": "rsa-sha512"},
    "wants-messages-signed": {"sign": "assertion"},
    "wants-assertions-signed": {"sign": "response"},
}
"""What the broker's YAML says of it; of the others it says nothing."""


@pytest.fixture(scope="module")
def sp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Python3SamlSP]:
    with Python3SamlSP(tmp_path_factory.mktemp("sp"), PROVIDERS) as running:
        yield running


@pytest.fixture(scope="module")
def broker(sp: Python3SamlSP, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """Everybody's metadata lies in the folder before it starts, each in a file of its own."""
    home = tmp_path_factory.mktemp("python3-saml") / "home"
    (home / "metadata").mkdir(parents=True)
    for name in PROVIDERS:
        (home / "metadata" / f"{name}.xml").write_bytes(sp.metadata(name))
    lines = "".join(f'  "{sp.entity_id(name)}": {json.dumps(how)}\n' for name, how in SETTINGS.items())
    default = (ROOT / "broker" / "defaults" / "eherkenning.yaml").read_text()
    (home / "eherkenning.yaml").write_text(f"{default}\nservice_providers:\n{lines}")
    with RunningBroker(home) as running:
        assert running.state()["problems"] == []
        sp.configure(running.metadata_url)
        yield running


def start(sp: Python3SamlSP, broker: RunningBroker, name: str) -> tuple[requests.Session, Any, Page]:
    """Click the link at the provider, which leads to the broker."""
    session, browser = requests.Session(), broker.browser()
    leads = session.get(sp.url(name, "login"), allow_redirects=False, timeout=20).headers["Location"]
    return session, browser, browser.get(leads)


def take_back(session: requests.Session, page: Page) -> dict[str, str]:
    """Post the answer to the provider; what its landing page then says, by test id."""
    answer = landed(page)
    landing = session.post(answer.url, data=answer.fields, timeout=20)
    return {
        node.get("data-testid"): " ".join(node.text_content().split())
        for node in html.fromstring(landing.content).xpath("//*[@data-testid]")
    }


def log_in(
    sp: Python3SamlSP, broker: RunningBroker, name: str, person: str = "m.devries", supplier: str = "reconi"
) -> dict[str, str]:
    session, browser, page = start(sp, broker, name)
    return take_back(session, walk(browser, page, person, supplier))


def answered(broker: RunningBroker) -> etree._Element:
    """The Response that went out last."""
    got = requests.get(f"{broker.base_url}/api/v1/exchanges?limit=1&full=true", timeout=10).json()[
        "exchanges"
    ][0]
    return etree.fromstring(got["answer"]["xml"].encode())


def test_its_parser_reads_the_metadata_of_the_broker(sp: Python3SamlSP, broker: RunningBroker) -> None:
    idp = sp.broker["idp"]
    assert idp["entityId"] == "urn:etoegang:HM:00000003999999990000:entities:9001"
    assert idp["singleSignOnService"]["url"] == f"{broker.base_url}/sso/1.13"
    metadata = etree.fromstring(requests.get(broker.metadata_url, timeout=10).content)
    certificate = metadata.findtext(".//md:KeyDescriptor//ds:X509Certificate", namespaces=NS)
    assert idp["x509cert"] == certificate


def test_its_metadata_has_nothing_of_the_scheme(sp: Python3SamlSP) -> None:
    assert b"etoegang" not in sp.metadata("unsigned")


@pytest.mark.parametrize(
    "name",
    ["unsigned", "signed", "assertion", "message", "encrypted", "gcm", "sha512", "persistent", "levels"],
)
def test_a_person_logs_in(sp: Python3SamlSP, broker: RunningBroker, name: str) -> None:
    said = log_in(sp, broker, name)
    assert "errors" not in said, f"{said}\n{sp.log}"
    assert said["attribute-kvk"] == "90000012"
    assert said["attribute-rsin"] == "999900006"
    assert said["attribute-company"] == "Stichting Openbare Scholen De Regenboog (fictief)"
    assert said["attribute-person"] == "Mieke de Vries"
    assert said["attribute-level"] == "EH3"
    assert said["format"] == SAML_2_0 + "persistent"
    assert said["who"] == said["attribute-pseudonym"]
    assert said["class-refs"] == LOA + "loa3"


@pytest.mark.parametrize(("name", "signed"), [("unsigned", False), ("signed", True)])
def test_a_request_by_redirect_is_signed_where_its_administrator_said_so(
    sp: Python3SamlSP, broker: RunningBroker, name: str, signed: bool
) -> None:
    leads = requests.get(sp.url(name, "login"), allow_redirects=False, timeout=20).headers["Location"]
    query = parse_qs(urlsplit(leads).query)
    assert ("Signature" in query) is signed
    assert broker.browser().get(leads).by_testid("supplier")


def test_a_signed_request_that_was_tampered_with_is_refused(sp: Python3SamlSP, broker: RunningBroker) -> None:
    leads = requests.get(sp.url("signed", "login"), allow_redirects=False, timeout=20).headers["Location"]
    page = broker.browser().get(leads.replace("RelayState=", "RelayState=x"))
    assert (page.status, "AR-42" in page.text) == (403, True)  # the octets of the query, not the message


def test_a_request_without_its_signature_is_refused_where_the_metadata_promises_one(
    sp: Python3SamlSP, broker: RunningBroker
) -> None:
    leads = requests.get(sp.url("signed", "login"), allow_redirects=False, timeout=20).headers["Location"]
    page = broker.browser().get(leads.partition("&SigAlg=")[0].partition("&Signature=")[0])
    assert (page.status, "AR-26" in page.text) == (403, True)


@pytest.mark.parametrize("name", ["encrypted", "gcm"])
def test_what_it_decrypted_was_encrypted(sp: Python3SamlSP, broker: RunningBroker, name: str) -> None:
    assert log_in(sp, broker, name)["attribute-kvk"] == "90000012"
    message = answered(broker)
    assert message.find("saml:EncryptedAssertion", NS) is not None
    assert message.find("saml:Assertion", NS) is None


def test_a_person_by_an_e_mail_address(sp: Python3SamlSP, broker: RunningBroker) -> None:
    said = log_in(sp, broker, "email")
    assert (said["who"], said["format"]) == ("m.devries@voorbeeld.example", SAML_1_1 + "emailAddress")


def test_a_person_without_an_e_mail_address_is_told_that_there_is_none(
    sp: Python3SamlSP, broker: RunningBroker
) -> None:
    said = log_in(sp, broker, "email", "d.sanders")
    assert "InvalidNameIDPolicy" not in said.get("who", "")
    assert "cannot be given" in said["reason"]


def test_a_person_by_another_name_each_time(sp: Python3SamlSP, broker: RunningBroker) -> None:
    first, second = (log_in(sp, broker, "transient")["who"] for _ in range(2))
    assert first != second


def test_a_person_by_the_same_name_each_time_and_by_another_at_another_provider(
    sp: Python3SamlSP, broker: RunningBroker
) -> None:
    first, second = (log_in(sp, broker, "persistent")["who"] for _ in range(2))
    assert first == second != log_in(sp, broker, "unsigned")["who"]


def test_a_person_who_stops_comes_back_with_what_the_library_says(
    sp: Python3SamlSP, broker: RunningBroker
) -> None:
    session, browser, page = start(sp, broker, "unsigned")
    said = take_back(session, browser.submit(page, page.form("cancel")))
    assert "Authentication cancelled" in said["reason"]
    assert "who" not in said


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("wants-messages-signed", "The Message of the Response is not signed"),
        ("wants-assertions-signed", "The Assertion of the Response is not signed"),
        ("wants-encryption", "The assertion of the Response is not encrypted"),
    ],
)
def test_it_refuses_what_it_is_not_set_to_take(
    sp: Python3SamlSP, broker: RunningBroker, name: str, complaint: str
) -> None:
    """Or else the logins above prove nothing about what is signed and encrypted."""
    said = log_in(sp, broker, name)
    assert complaint in said["reason"]
    assert "who" not in said


def test_it_refuses_the_answer_to_another_persons_request(sp: Python3SamlSP, broker: RunningBroker) -> None:
    _, browser, page = start(sp, broker, "unsigned")
    mine = walk(browser, page)
    theirs, _, _ = start(sp, broker, "unsigned")
    said = take_back(theirs, mine)
    assert "InResponseTo" in said["reason"]
    assert "who" not in said


def test_a_library_that_asks_for_a_password_as_it_does_by_default_lets_people_in(
    sp: Python3SamlSP, broker: RunningBroker
) -> None:
    assert log_in(sp, broker, "password").get("attribute-kvk") == "90000012"
