"""What leaves the broker, read as a service provider reads it: by other code than that which wrote it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml import InvalidSignature

from broker.wire.keys import SigningKey
from support.answers import (
    artifact_response,
    attribute,
    call,
    identifiers,
    resolve,
    response,
    response_xml,
    status,
)
from support.schemas import errors_in
from support.sp import NS, decrypt, verified
from support.walk import landed, walk

AD = "urn:etoegang:AD:00000003999900410000:entities:9041"
MR = "urn:etoegang:MR:00000003999900410000:entities:9042"
HM = "urn:etoegang:HM:00000003999999990000:entities:9001"
LOA = "urn:etoegang:core:assurance-class:"
XACML = NS | {"xs": "urn:oasis:xacml:2.0:saml:assertion:schema:os"}
BY_POST = {"AssertionConsumerServiceIndex": "2"}


def supplier_key(bench: Any, role: str) -> SigningKey:
    """What the supplier has on disk; the provider never sees the private half."""
    file = bench.home / "certs" / f"supplier-reconi-{role}.pem"
    return SigningKey.of_pem(file.read_bytes(), str(file))


def cut_out(element: etree._Element) -> etree._Element:
    """Alone, with the namespaces that it needs, as a receiver would keep it."""
    return etree.fromstring(etree.tostring(element, with_tail=False))


def instants(element: etree._Element, path: str, *names: str) -> list[datetime]:
    found = element.find(path, NS) if path else element
    return [datetime.strptime(found.get(name), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for name in names]


@pytest.fixture
def answer(bench: Any) -> etree._Element:
    """The Response to one login of m.devries at Reconi, by POST, verified."""
    return response(bench, bench.login(**BY_POST))


@pytest.fixture
def own(answer: etree._Element) -> etree._Element:
    return answer.find("saml:Assertion", NS)


@pytest.fixture
def ad(own: etree._Element) -> etree._Element:
    return own.findall("saml:Advice/saml:Assertion", NS)[0]


@pytest.fixture
def mr(own: etree._Element) -> etree._Element:
    return own.findall("saml:Advice/saml:Assertion", NS)[1]


# Schemas.


def cancelled(bench: Any) -> bytes:
    browser = bench.browser()
    page = bench.ask(browser, **BY_POST)
    return response_xml(bench, landed(browser.submit(page, page.form("cancel"))))


def declined(bench: Any) -> bytes:
    return response_xml(bench, landed(bench.ask(level="loa4", **BY_POST)))


def for_a_branch(bench: Any) -> bytes:
    """At a service that takes branches, for somebody who may act for one only."""
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  mine:\n    name: Mine\n    provider: Me\n    service_id: {bench.sp.services[1][0]}\n"
        "    level: EH3\n    identifiers: [[KvKnr, RSIN]]\n    branches: true\n",
    )
    return response_xml(bench, bench.login(person="o.kuipers", **BY_POST))


MESSAGES: dict[str, Callable[[Any], bytes]] = {
    "success by POST": lambda bench: response_xml(bench, bench.login(**BY_POST)),
    "success for a branch, two identifiers": for_a_branch,
    "cancelled": cancelled,
    "declined": declined,
    "success in SOAP": lambda bench: resolve(bench, bench.login().fields["SAMLart"]).body,
    "unknown artifact in SOAP": lambda bench: resolve(bench, "AAQA").body,
    "SOAP fault": lambda bench: resolve(bench, "", message=b"<nothing/>").body,
    "metadata": lambda bench: bench.browser().get("/metadata").body,
}


@pytest.mark.parametrize("make", MESSAGES.values(), ids=MESSAGES)
def test_every_message_is_valid_against_the_schemas_of_saml_and_xacml(
    bench: Any, make: Callable[[Any], bytes]
) -> None:
    assert errors_in(make(bench)) == []


def test_the_schemas_find_a_fault_in_each_layer(bench: Any) -> None:
    """Or else the test above proves nothing."""
    message = response_xml(bench, bench.login(**BY_POST))
    for there, wrong in (
        (b"samlp:Status>", b"samlp:State>"),
        (b"saml:Subject>", b"saml:Object>"),
        (b"xacml-context:Decision>Permit", b"xacml-context:Decision>Perhaps"),
        (b"<xacml-context:Environment/>", b""),
        (b"xenc:CipherData>", b"xenc:Data>"),
    ):
        assert there in message, f"the message has no {there!r} to break"
        assert errors_in(message.replace(there, wrong)), f"{wrong!r} was not noticed"


def test_a_namespace_has_one_prefix_in_the_whole_message(bench: Any) -> None:
    """Libraries that decrypt in place rename others, which breaks the signature around it."""
    for body in (
        response_xml(bench, bench.login(**BY_POST)),
        resolve(bench, bench.login().fields["SAMLart"]).body,
        bench.browser().get("/metadata").body,
    ):
        prefixes: dict[str, set[str | None]] = {}
        for element in etree.fromstring(body).iter(etree.Element):
            for prefix, namespace in element.nsmap.items():
                prefixes.setdefault(namespace, set()).add(prefix)
        assert {name: found for name, found in prefixes.items() if len(found) > 1} == {}
        assert not any(None in found for found in prefixes.values()), "no default namespace"


# Signatures.


@pytest.mark.parametrize(
    ("what", "name"),
    [("Response", "samlp:Response"), ("Assertion", "saml:Assertion"), ("metadata", "md:EntityDescriptor")],
)
def test_the_program_xmlsec1_verifies_what_we_sign(bench: Any, tmp_path: Path, what: str, name: str) -> None:
    program = shutil.which("xmlsec1")
    if program is None:
        assert not os.environ.get("CI"), "xmlsec1 is not installed, and under CI that is a failure"
        pytest.skip("the program xmlsec1 is not installed")
    if what == "metadata":
        element = etree.fromstring(bench.browser().get("/metadata").body)
    else:
        element = etree.fromstring(response_xml(bench, bench.login(**BY_POST)))
    found = element if what != "Assertion" else element.find(name, NS)
    prefix, _, local = name.partition(":")
    message, key = tmp_path / "message.xml", tmp_path / "key.pem"
    message.write_bytes(etree.tostring(cut_out(found)))
    key.write_bytes(bench.certificate().public_bytes(serialization.Encoding.PEM))
    command = [program, "--verify", "--id-attr:ID", f"{NS[prefix]}:{local}", "--pubkey-cert-pem", str(key)]

    good = subprocess.run([*command, str(message)], capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr

    message.write_bytes(message.read_bytes().replace(b"9001", b"9002", 1))
    bad = subprocess.run([*command, str(message)], capture_output=True, text=True, check=False)
    assert bad.returncode != 0, "xmlsec1 accepts a changed message: this test proves nothing"


def test_the_assertion_of_the_broker_verifies_alone(bench: Any, own: etree._Element) -> None:
    assert verified(own, bench.certificate()).get("ID") == own.get("ID")


@pytest.mark.parametrize(("role", "issuer"), [("ad", AD), ("mr", MR)])
def test_each_assertion_in_advice_verifies_alone_with_the_key_of_that_supplier(
    bench: Any, own: etree._Element, role: str, issuer: str
) -> None:
    found = own.xpath(f"saml:Advice/saml:Assertion[saml:Issuer='{issuer}']", namespaces=NS)
    assert len(found) == 1
    alone = cut_out(found[0])
    key = supplier_key(bench, role)

    assert verified(alone, key.certificate.x509).findtext("saml:Issuer", namespaces=NS) == issuer
    with pytest.raises(InvalidSignature):
        verified(alone, bench.certificate())
    alone.set("IssueInstant", "2001-01-01T00:00:00Z")
    with pytest.raises(InvalidSignature):
        verified(alone, key.certificate.x509)


def test_ad_mr_and_broker_each_have_a_key_of_their_own(bench: Any, answer: etree._Element) -> None:
    names = answer.xpath("//saml:Assertion/ds:Signature/ds:KeyInfo/ds:KeyName/text()", namespaces=NS)
    assert len(set(names)) == 3
    assert names[1:] == [supplier_key(bench, "ad").key_name, supplier_key(bench, "mr").key_name]


def test_signatures_are_as_the_scheme_wants_them(answer: etree._Element, own: etree._Element) -> None:
    """The root by its ID, RSA-SHA256 over SHA-256, exclusive canonicalisation, KeyInfo with KeyName only."""
    for signature in own.getroottree().iter(f"{{{NS['ds']}}}Signature"):
        algorithms = [node.get("Algorithm") for node in signature.iter() if node.get("Algorithm")]
        assert algorithms == [
            "http://www.w3.org/2001/10/xml-exc-c14n#",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            "http://www.w3.org/2001/10/xml-exc-c14n#",
            "http://www.w3.org/2001/04/xmlenc#sha256",
        ]
        assert [etree.QName(child).localname for child in signature.find("ds:KeyInfo", NS)] == ["KeyName"]
        parent = signature.getparent()
        assert signature.find("ds:SignedInfo/ds:Reference", NS).get("URI") == f"#{parent.get('ID')}"
        assert etree.QName(signature.getprevious()).localname == "Issuer"


def test_the_linked_declaration_is_the_signature_of_the_ad(ad: etree._Element, mr: etree._Element) -> None:
    linked = mr.xpath(
        "//xc:Attribute[@AttributeId='urn:etoegang:core:LinkedDeclarationSignatureValue']"
        "/xc:AttributeValue/text()",
        namespaces=NS,
    )
    signature = ad.findtext("ds:Signature/ds:SignatureValue", namespaces=NS)
    assert [base64.b64decode(text) for text in linked] == [base64.b64decode(signature)]
    assert mr.findtext("saml:Advice/saml:AssertionIDRef", namespaces=NS) == ad.get("ID")


# Content: spec 3.2 to 3.6.


def test_the_response_answers_the_request_and_nothing_else(bench: Any) -> None:
    request = bench.sp.request(bench.sso, **BY_POST)
    browser = bench.browser()
    page = bench.ask(browser, bench.sp.signed(request))
    answer = response(bench, landed(walk(browser, page)))

    assert answer.get("InResponseTo") == request.get("ID")
    assert answer.get("Destination") == bench.sp.acs[2][1]
    assert status(answer) == ["Success"]
    own = answer.find("saml:Assertion", NS)
    confirmation = own.find("saml:Subject/saml:SubjectConfirmation", NS)
    assert confirmation.get("Method") == "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    data = dict(confirmation[0].attrib)
    assert (data.pop("InResponseTo"), data.pop("Recipient")) == (request.get("ID"), bench.sp.acs[2][1])
    assert list(data) == ["NotOnOrAfter"], "no NotBefore and no Address"
    for issuer in (answer[0], own[0]):
        assert (issuer.text, dict(issuer.attrib)) == (HM, {})


def test_the_assertion_holds_from_five_seconds_ago_for_two_minutes(own: etree._Element) -> None:
    (issued,) = instants(own, "", "IssueInstant")
    start, end = instants(own, "saml:Conditions", "NotBefore", "NotOnOrAfter")
    (until,) = instants(own, "saml:Subject/saml:SubjectConfirmation/*", "NotOnOrAfter")
    assert (issued - start, end - issued) == (timedelta(seconds=5), timedelta(minutes=2))
    assert until == end


def test_how_long_the_assertion_holds_is_a_setting(bench: Any) -> None:
    bench.rewrite("\nservices:\n", "\nbroker: {assertion_seconds: 301}\nservices:\n")
    own = response(bench, bench.login(**BY_POST)).find("saml:Assertion", NS)
    (issued,), (until,) = (
        instants(own, "", "IssueInstant"),
        instants(own, "saml:Conditions", "NotOnOrAfter"),
    )
    assert until - issued == timedelta(seconds=301)


def test_the_audience_is_the_provider_alone(bench: Any, own: etree._Element) -> None:
    audience = own.xpath("saml:Conditions/saml:AudienceRestriction/saml:Audience/text()", namespaces=NS)
    assert audience == [bench.sp.entity_id]


@pytest.mark.parametrize("asked", ["loa2plus", "loa3"])
def test_the_level_is_the_one_that_was_reached(bench: Any, asked: str) -> None:
    """It may be above the one that was asked; what was asked stands in the MR's statement."""
    answer = response(bench, bench.login(level=asked, **BY_POST))
    context = answer.find("saml:Assertion/saml:AuthnStatement/saml:AuthnContext", NS)
    assert context.findtext("saml:AuthnContextClassRef", namespaces=NS) == LOA + "loa3"
    assert xacml(answer, "Resource")["urn:etoegang:core:LevelOfAssurance"] == LOA + asked


def test_the_subject_has_the_name_that_the_ad_gave_for_this_login_only(
    bench: Any, own: etree._Element, ad: etree._Element, mr: etree._Element
) -> None:
    names = [assertion.find("saml:Subject/saml:NameID", NS) for assertion in (own, ad, mr)]
    assert {name.get("Format") for name in names} == {"urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}
    assert [name.get("NameQualifier") for name in names] == [AD, None, MR]
    assert names[0].text == names[1].text
    assert names[0].text != names[2].text, "the MR gives a name of its own"
    again = response(bench, bench.login(**BY_POST)).find("saml:Assertion/saml:Subject/saml:NameID", NS)
    assert again.text != names[0].text, "a name is renewed at every login"


def test_the_statement_names_the_service_and_who_authenticated(bench: Any, own: etree._Element) -> None:
    statement = own.find("saml:AttributeStatement", NS)
    names = [item.get("Name") for item in statement]
    assert names == [
        f"urn:etoegang:core:{name}"
        for name in ("ServiceID", "ServiceUUID", "LegalSubjectID", "ActingSubjectID")
    ]
    assert not statement.xpath("saml:Attribute/@NameFormat", namespaces=NS)
    assert statement[0][0].text == bench.sp.services[1][0]
    authorities = own.xpath("saml:AuthnStatement//saml:AuthenticatingAuthority/text()", namespaces=NS)
    assert authorities == [AD]


def test_the_assertion_of_the_ad_is_for_broker_provider_and_mr(bench: Any, ad: etree._Element) -> None:
    audience = ad.xpath(".//saml:Audience/text()", namespaces=NS)
    assert audience == [HM, bench.sp.entity_id, MR]
    (issued,) = instants(ad, "", "IssueInstant")
    start, end = instants(ad, "saml:Conditions", "NotBefore", "NotOnOrAfter")
    assert (issued - start, end - issued) == (timedelta(minutes=10), timedelta(minutes=10))
    assert ad.xpath(".//saml:SubjectConfirmationData/@Recipient", namespaces=NS) == [
        f"{bench.base_url}/acs/1.13"
    ]
    assert ad.findtext(".//saml:AuthenticatingAuthority", namespaces=NS) == AD.split(":")[3], "the bare OIN"
    values = {
        item.get("Name").rpartition(":")[2]: item.findtext("saml:AttributeValue", namespaces=NS)
        for item in ad.find("saml:AttributeStatement", NS)
    }
    assert values["Representation"] == "true"
    assert values["AuthorizationRegistryID"] == MR


def xacml(answer: etree._Element, part: str) -> dict[str, str]:
    """The attributes of one part of the request in the MR's statement."""
    found = answer.xpath(f"//xc:Request/xc:{part}/xc:Attribute", namespaces=NS)
    return {item.get("AttributeId"): item.findtext("xc:AttributeValue", namespaces=NS) for item in found}


def test_the_mr_permits_the_person_to_act_at_this_service(
    bench: Any, answer: etree._Element, mr: etree._Element
) -> None:
    kind = mr.find("saml:Statement", NS).get("{http://www.w3.org/2001/XMLSchema-instance}type")
    assert kind == "xacml-saml:XACMLAuthzDecisionStatementType"
    assert mr.findtext(".//xc:Decision", namespaces=NS) == "Permit"
    assert mr.find(".//xc:StatusCode", NS).get("Value") == "urn:oasis:names:tc:xacml:1.0:status:ok"
    assert mr.find(".//xc:Request/xc:Subject", NS).get("SubjectCategory").endswith(":access-subject")
    assert list(xacml(answer, "Subject")) == [
        f"urn:etoegang:core:{name}"
        for name in ("ActingSubjectID", "LinkedDeclarationSignatureValue", "LegalSubjectID")
    ]
    resource = xacml(answer, "Resource")
    assert resource["urn:etoegang:core:ServiceID"] == bench.sp.services[1][0]
    assert resource["urn:etoegang:core:LevelOfAssuranceUsed"] == LOA + "loa3"
    assert xacml(answer, "Action") == {"urn:oasis:names:tc:xacml:1.0:action:action-id": "Authenticate"}
    assert len(mr.find(".//xc:Environment", NS)) == 0
    assert mr.find("saml:Conditions/saml:AudienceRestriction", NS) is None
    by_mr = mr.xpath("//xc:Request/xc:Subject/xc:Attribute/@Issuer", namespaces=NS)
    assert by_mr == [MR] * 3


def test_a_mandate_for_one_branch_says_which_and_any_other_says_none(bench: Any) -> None:
    for message, branch in ((for_a_branch(bench), "000090000013"), (plain(bench), None)):
        answer = etree.fromstring(message)
        own = answer.find("saml:Assertion/saml:AttributeStatement", NS)
        name = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"
        found = own.xpath(f"saml:Attribute[@Name='{name}']/saml:AttributeValue/text()", namespaces=NS)
        assert found == ([branch] if branch else [])
        assert xacml(answer, "Resource").get(name) == branch


def plain(bench: Any) -> bytes:
    return response_xml(bench, bench.login(**BY_POST))


# Identifiers.


def test_identifiers_decrypt_to_what_the_register_says(bench: Any, answer: etree._Element) -> None:
    assert identifiers(bench.sp, answer, "LegalSubjectID") == {"KvKnr": "90000012"}
    (acting,) = [bench.sp.decrypt(value[0]) for value in attribute(answer, "ActingSubjectID")]
    assert acting.get("NameQualifier") == "urn:etoegang:1.13:EntityConcernedID:Pseudo"
    assert acting.get("Format") == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    person, _, provider = acting.text.partition("@")
    assert (len(person), len(provider)) == (64, 32)
    assert set(person + provider) <= set("0123456789abcdef")


def test_a_set_of_two_identifiers_gives_both_each_with_a_key_of_its_own(bench: Any) -> None:
    answer = etree.fromstring(for_a_branch(bench))
    assert identifiers(bench.sp, answer, "LegalSubjectID") == {"KvKnr": "90000012", "RSIN": "999900006"}
    wrapped = answer.xpath("//xenc:EncryptedKey//xenc:CipherValue/text()", namespaces=NS)
    assert len(set(wrapped)) == len(wrapped), "no two values share a key"
    ids = answer.xpath("//@Id | //@ID")
    assert len(set(ids)) == len(ids), "an ID stands there twice"


def test_the_provider_cannot_read_what_the_ad_tells_the_mr(bench: Any, ad: etree._Element) -> None:
    (encrypted,) = ad.findall(".//saml:EncryptedID", NS)
    keys = encrypted.findall("xenc:EncryptedKey", NS)
    assert [key.get("Recipient") for key in keys] == [MR]
    with pytest.raises(ValueError):
        decrypt(encrypted, bench.sp.key, MR)
    inside = decrypt(encrypted, supplier_key(bench, "mr").private_key, MR)
    assert inside.get("NameQualifier") == "urn:etoegang:1.9:EntityConcernedID:Pseudo"
    assert inside.text


def test_the_provider_reads_in_the_statement_of_the_mr_what_it_reads_in_that_of_the_broker(
    bench: Any, answer: etree._Element, mr: etree._Element
) -> None:
    for name in ("LegalSubjectID", "ActingSubjectID"):
        (there,) = mr.xpath(
            f"//xc:Attribute[@AttributeId='urn:etoegang:core:{name}']//saml:EncryptedID", namespaces=NS
        )
        here = attribute(answer, name)[0][0]
        assert bench.sp.decrypt(there).text == bench.sp.decrypt(here).text


def test_encryption_is_as_the_scheme_wants_it(bench: Any, answer: etree._Element) -> None:
    """AES-256-CBC under RSA-OAEP; the key beside the data, which points at it by ID and back."""
    for value in attribute(answer, "LegalSubjectID") + attribute(answer, "ActingSubjectID"):
        (encrypted,) = value
        data, key = encrypted
        assert data.find("xenc:EncryptionMethod", NS).get("Algorithm").endswith("#aes256-cbc")
        assert key.find("xenc:EncryptionMethod", NS).get("Algorithm").endswith("#rsa-oaep-mgf1p")
        assert data.find("ds:KeyInfo/ds:RetrievalMethod", NS).get("URI") == f"#{key.get('Id')}"
        assert key.find("xenc:ReferenceList/xenc:DataReference", NS).get("URI") == f"#{data.get('Id')}"
        assert key.get("Recipient") == bench.sp.entity_id
        der = bench.sp.certificate.public_bytes(serialization.Encoding.DER)
        assert key.findtext("ds:KeyInfo/ds:KeyName", namespaces=NS) == hashlib.sha256(der).hexdigest()
        assert value.get("{http://www.w3.org/2001/XMLSchema-instance}type") is None


def test_nothing_that_identifies_anybody_is_in_clear_in_the_message(bench: Any) -> None:
    text = response_xml(bench, bench.login(**BY_POST)).decode()
    assert [word for word in ("90000012", "999900006", "m.devries", "Mieke") if word in text] == []


# Artifact.


def test_an_artifact_is_type_4_endpoint_0_of_this_broker_with_20_random_bytes(bench: Any) -> None:
    artifacts = [base64.b64decode(bench.login().fields["SAMLart"]) for _ in range(2)]
    assert [len(artifact) for artifact in artifacts] == [44, 44]
    assert artifacts[0][:4] == b"\x00\x04\x00\x00"
    assert artifacts[0][4:24] == hashlib.sha1(HM.encode(), usedforsecurity=False).digest()
    assert artifacts[0][24:] != artifacts[1][24:]


def test_the_answer_on_the_back_channel_is_signed_around_a_response_that_is_signed(bench: Any) -> None:
    page = resolve(bench, bench.login().fields["SAMLart"])
    assert page.headers["Content-Type"].startswith("text/xml")
    outer = artifact_response(bench, page)
    assert status(outer) == ["Success"]
    inner = outer.find("samlp:Response", NS)
    assert verified(inner, bench.certificate()).get("ID") == inner.get("ID")


def test_the_true_outcome_is_in_the_inner_response(bench: Any) -> None:
    browser = bench.browser()
    page = bench.ask(browser)
    outer = artifact_response(
        bench, resolve(bench, landed(browser.submit(page, page.form("cancel"))).fields["SAMLart"])
    )
    assert status(outer) == ["Success"]
    assert status(outer.find("samlp:Response", NS)) == ["Responder", "AuthnFailed"]


def test_the_exchange_log_shows_in_clear_what_was_encrypted(bench: Any) -> None:
    landed_ = bench.login(**BY_POST)
    answer = json.loads(call(bench, "GET", "/api/v1/exchanges").body)["exchanges"][0]["answer"]
    said = {item["attribute"]: item["value"] for item in answer["identifiers"]}
    (acting,) = attribute(response(bench, landed_), "ActingSubjectID")
    assert said == {
        "LegalSubjectID": "90000012",
        "ActingSubjectID": bench.sp.decrypt(acting[0]).text,
    }
