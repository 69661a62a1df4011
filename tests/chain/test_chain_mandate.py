"""A chain mandate on the wire: who acts, for whom, through whom; and what each link of the chain says to whom."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from signxml import InvalidSignature

from broker.answer import finish
from broker.app import create
from broker.login import ADAPTER, KIND, LoginProblem
from broker.settings import Settings
from broker.wire.keys import SigningKey
from suppliers.ask import Company, Level, Mandated, Outcome, Person, Word
from suppliers.profiles import SHIPPED
from support.answers import attribute, call, identifiers, response, response_xml
from support.schemas import errors_in
from support.shaped import BY_POST, answer, describe_service, settle
from support.sp import NS, decrypt, verified
from support.walk import landed, login_id_of, options, walk

MR = "urn:etoegang:MR:00000003999900410000:entities:9042"
KVK = "urn:etoegang:1.9:EntityConcernedID:KvKnr"
RSIN = "urn:etoegang:1.9:EntityConcernedID:RSIN"
CORE = "urn:etoegang:core:"
INTERMEDIATE_ENTITY = "urn:etoegang:1.9:IntermediateEntityID:KvKnr"
COMPANY_NAME = "urn:etoegang:1.13:attribute-intermediate:CompanyName"
REGENBOOG, KOMPAS = "90000012", "90000047"
POLICY = NS | {"xp": "urn:oasis:names:tc:xacml:2.0:policy:schema:os"}
XS_STRING = "http://www.w3.org/2001/XMLSchema#string"


def supplier_key(bench: Any, slug: str, role: str) -> SigningKey:
    file = bench.home / "certs" / f"supplier-{slug}-{role}.pem"
    return SigningKey.of_pem(file.read_bytes(), str(file))


def chained(bench: Any, **how: Any) -> etree._Element:
    """The Response to a login through the administration office; schemas and all signatures are checked."""
    return answer(bench, "y.vanleeuwen", **how)


def own(message: etree._Element) -> etree._Element:
    return message.find("saml:Assertion", NS)


def links(message: etree._Element) -> list[etree._Element]:
    return own(message).findall("saml:Advice/saml:Assertion", NS)


def plain(message: etree._Element) -> dict[str, str]:
    """Attributes of the broker's own assertion that hold text."""
    found = own(message).findall("saml:AttributeStatement/saml:Attribute", NS)
    return {one.get("Name"): one[0].text for one in found if one[0].text}


def xacml(link: etree._Element, part: str, name: str) -> list[etree._Element]:
    """The values of one attribute of the request that a register answers."""
    path = f"saml:Statement/xc:Request/xc:{part}/xc:Attribute[@AttributeId=$name]/xc:AttributeValue"
    return link.xpath(path, namespaces=NS, name=name)


def recipients(values: list[etree._Element]) -> list[str]:
    return [value.find(".//xenc:EncryptedKey", NS).get("Recipient") for value in values]


@pytest.fixture
def message(bench: Any) -> etree._Element:
    return chained(bench)


# Towards the service provider.


def test_the_provider_gets_the_company_and_through_whom(bench: Any, message: etree._Element) -> None:
    assert identifiers(bench.sp, message, "LegalSubjectID") == {"KvKnr": REGENBOOG}
    assert identifiers(bench.sp, message, "IntermediateSubjectID") == {"KvKnr": KOMPAS}
    assert plain(message)[INTERMEDIATE_ENTITY] == KOMPAS


def test_the_name_of_the_intermediary_comes_along_unasked(bench: Any, message: etree._Element) -> None:
    (sealed,) = own(message).findall("saml:AttributeStatement/saml:EncryptedAttribute", NS)
    opened = decrypt(sealed, bench.sp.key, bench.sp.entity_id)
    assert opened.get("Name") == COMPANY_NAME
    assert opened[0].text == "Administratiekantoor Het Kompas (fictief)"


@pytest.mark.parametrize("person", ["m.devries", "y.vanleeuwen"])
def test_only_a_chain_has_an_intermediary(bench: Any, person: str) -> None:
    text = response_xml(bench, bench.login(person, **BY_POST)).decode()
    assert ("Intermediate" in text) is (person == "y.vanleeuwen")
    assert ("RequireConfirmationFromNextMR" in text) is (person == "y.vanleeuwen")


@pytest.mark.parametrize(
    ("form", "version", "readable"),
    [
        ("decrypted-nameid", "1.13", {INTERMEDIATE_ENTITY, COMPANY_NAME}),
        ("plain", "1.13", {INTERMEDIATE_ENTITY, COMPANY_NAME}),
        ("plain", "1.11", {INTERMEDIATE_ENTITY}),
        ("encrypted", "1.11", {INTERMEDIATE_ENTITY}),
    ],
)
def test_the_intermediary_travels_as_the_identifiers_do(
    bench: Any, form: str, version: str, readable: set[str]
) -> None:
    settle(bench, identifiers=form, version=version)
    message = chained(bench)
    assert {name for name in plain(message) if "ntermedia" in name} == readable
    assert plain(message)[INTERMEDIATE_ENTITY] == KOMPAS
    found = attribute(message, "IntermediateSubjectID")
    if form == "decrypted-nameid":
        (name_id,) = [value.find("saml:NameID", NS) for value in found]
        assert (name_id.get("NameQualifier"), name_id.text) == (KVK, KOMPAS)
    else:
        assert found == []


def test_the_pseudonym_differs_with_the_intermediary(bench: Any) -> None:
    """One person, one company: directly and through the office are two names for the provider."""
    bench.rewrite(
        "\nmandates:\n",
        '\nmandates:\n  - {person: y.vanleeuwen, company: regenboog, service: "*", level: EH3}\n',
    )
    names = []
    for nth in (0, 1):
        browser = bench.browser()
        page = walk(browser, bench.ask(browser, **BY_POST), "y.vanleeuwen", until="mandate")
        assert len(page.by_testid("via")) == 1
        chosen = options(page)[nth]
        message = response(bench, landed(walk(browser, page, "y.vanleeuwen", mandate=chosen)))
        assert identifiers(bench.sp, message, "LegalSubjectID") == {"KvKnr": REGENBOOG}
        (value,) = attribute(message, "ActingSubjectID")
        names.append(bench.sp.decrypt(value[0]).text)
    assert names[0] != names[1]
    assert names[0].partition("@")[2] == names[1].partition("@")[2], "the part of company and provider"


def test_organisation_client_and_branch_are_chosen_and_the_advice_still_holds_three_assertions(
    bench: Any,
) -> None:
    """An office with two clients, one of them for two branches; the first service accepts branches."""
    bench.rewrite(
        "\nmandates:\n",
        "\nmandates:\n"
        '  - {person: y.vanleeuwen, company: vuurtoren, service: "*", level: EH3}\n'
        '  - {person: y.vanleeuwen, company: vuurtoren, intermediary: kantoor-kompas, service: "*", level: EH3}\n'
        '  - {person: y.vanleeuwen, company: regenboog, intermediary: kantoor-kompas, service: "*", level: EH3,'
        ' branch: "000090000013"}\n',
    )
    describe_service(bench, "[[KvKnr]]", branches=True)
    browser = bench.browser()
    page = walk(browser, bench.ask(browser, **BY_POST), "y.vanleeuwen", until="mandate")
    assert options(page) == ["intermediary:kantoor-kompas", "company:vuurtoren"]
    how = {"mandate": "intermediary:kantoor-kompas", "client": "regenboog", "branch": "000090000013"}
    page = walk(browser, page, "y.vanleeuwen", until="chain", **how)
    assert options(page) == ["regenboog", "vuurtoren"]
    assert page.by_testid("registers")
    page = walk(browser, page, "y.vanleeuwen", until="branch", **how)
    assert options(page) == ["whole", "000090000013"]
    message = response(bench, landed(walk(browser, page, "y.vanleeuwen", **how)))
    assert len(links(message)) == 3
    assert identifiers(bench.sp, message, "LegalSubjectID") == {"KvKnr": REGENBOOG}
    assert identifiers(bench.sp, message, "IntermediateSubjectID") == {"KvKnr": KOMPAS}
    assert plain(message)["urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"] == "000090000013"
    (exchange,) = json.loads(call(bench, "GET", "/api/v1/exchanges?full=true").body)["exchanges"]
    told = {event["kind"]: event for event in exchange["events"]}
    assert told["chain-confirmed"]["register"] == "reconi"
    assert told["mandate-chosen"]["branch"] == "000090000013"


def test_the_exchange_says_through_whom(bench: Any) -> None:
    bench.login("y.vanleeuwen", **BY_POST)
    (exchange,) = json.loads(call(bench, "GET", "/api/v1/exchanges?full=true").body)["exchanges"]
    assert {"attribute": "IntermediateSubjectID", "type": KVK, "value": KOMPAS} in exchange["answer"][
        "identifiers"
    ]
    (chosen,) = [event for event in exchange["events"] if event["kind"] == "mandate-chosen"]
    assert chosen["intermediary"] == "Administratiekantoor Het Kompas (fictief)"


def test_a_provider_outside_the_scheme_sees_the_intermediary_too(bench: Any) -> None:
    settle(bench, profile="saml")
    assert plain(chained(bench, level=None))["intermediary"] == KOMPAS


# Between the links.


def test_advice_holds_the_ad_and_both_registers_each_linked_to_the_one_before(
    message: etree._Element,
) -> None:
    ad, first, second = links(message)
    assert [link.findtext("saml:Issuer", namespaces=NS).split(":")[2] for link in (ad, first, second)] == [
        "AD",
        "MR",
        "MR",
    ]

    def refers_to(link: etree._Element) -> list[str]:
        return [ref.text for ref in link.findall("saml:Advice/saml:AssertionIDRef", NS)]

    def signature(link: etree._Element) -> str:
        return "".join(link.findtext("ds:Signature/ds:SignatureValue", namespaces=NS).split())

    assert refers_to(first) == [ad.get("ID")]
    assert refers_to(second) == [ad.get("ID"), first.get("ID")]
    for link, before in ((first, ad), (second, first)):
        (linked,) = xacml(link, "Subject", CORE + "LinkedDeclarationSignatureValue")
        assert linked.text == signature(before)
    transients = {link.findtext("saml:Subject/saml:NameID", namespaces=NS) for link in (ad, first, second)}
    assert len(transients) == 3, "each entity in the chain has a transient name of its own"


def test_the_first_register_permits_if_the_next_confirms(message: etree._Element) -> None:
    _, first, second = links(message)
    result = first.find("saml:Statement/xc:Response/xc:Result", NS)
    assert result.findtext("xc:Decision", namespaces=NS) == "Permit"
    (obligation,) = result.findall("xp:Obligations/xp:Obligation", POLICY)
    assert obligation.get("ObligationId") == CORE + "RequireConfirmationFromNextMR"
    assert obligation.get("FulfillOn") == "Permit"
    (assignment,) = obligation
    assert (assignment.get("DataType"), assignment.text) == (XS_STRING, MR)
    assert second.findtext("saml:Issuer", namespaces=NS) == MR
    assert second.find(".//xp:Obligations", POLICY) is None
    assert second.findtext("saml:Statement/xc:Response/xc:Result/xc:Decision", namespaces=NS) == "Permit"


def test_the_first_register_names_the_company_to_the_next_only(bench: Any, message: etree._Element) -> None:
    _, first, _ = links(message)
    legal = xacml(first, "Subject", CORE + "LegalSubjectID")
    assert set(recipients(legal)) == {MR}
    key = supplier_key(bench, "reconi", "mr").private_key
    opened = [decrypt(value[0], key, MR) for value in legal]
    assert {(item.get("NameQualifier"), item.text) for item in opened} == {
        (KVK, REGENBOOG),
        (RSIN, "999900006"),
    }


def test_the_first_register_names_the_intermediary_to_the_next_and_to_the_provider(
    bench: Any, message: etree._Element
) -> None:
    _, first, second = links(message)
    values = xacml(first, "Subject", CORE + "IntermediateSubjectID")
    assert recipients(values) == [MR, bench.sp.entity_id]
    for value, key, who in (
        (values[0], supplier_key(bench, "reconi", "mr").private_key, MR),
        (values[1], bench.sp.key, bench.sp.entity_id),
    ):
        opened = decrypt(value[0], key, who)
        assert (opened.get("NameQualifier"), opened.text) == (KVK, KOMPAS)
    assert [value.text for value in xacml(first, "Resource", INTERMEDIATE_ENTITY)] == [KOMPAS]
    assert xacml(second, "Subject", CORE + "IntermediateSubjectID") == []


def test_the_second_register_has_the_identifiers_for_the_provider(
    bench: Any, message: etree._Element
) -> None:
    second = links(message)[2]
    for name, expected in (("LegalSubjectID", REGENBOOG), ("ActingSubjectID", None)):
        (value,) = xacml(second, "Subject", CORE + name)
        assert recipients([value]) == [bench.sp.entity_id]
        (own_value,) = attribute(message, name)
        assert bench.sp.decrypt(value[0]).text == bench.sp.decrypt(own_value[0]).text
        assert expected in (None, bench.sp.decrypt(value[0]).text)


def test_each_link_verifies_alone_and_no_longer_once_changed(bench: Any, message: etree._Element) -> None:
    for link, role in zip(links(message), ("ad", "mr", "mr"), strict=True):
        alone = etree.fromstring(etree.tostring(link, with_tail=False))
        certificate = supplier_key(bench, "reconi", role).certificate.x509
        assert verified(alone, certificate).get("ID") == link.get("ID")
        alone.set("IssueInstant", "2001-01-01T00:00:00Z")
        with pytest.raises(InvalidSignature):
            verified(alone, certificate)
    assert verified(own(message), bench.certificate()).get("ID") == own(message).get("ID")


def test_the_message_is_valid_against_the_schemas_and_they_notice_a_wrong_obligation(bench: Any) -> None:
    sent = response_xml(bench, bench.login("y.vanleeuwen", **BY_POST))
    assert errors_in(sent) == []
    for there, wrong in (
        (b' FulfillOn="Permit"', b""),
        (b"xacml-policy:Obligations", b"xacml-policy:Duties"),
    ):
        assert there in sent
        assert errors_in(sent.replace(there, wrong))


def test_without_advice_the_chain_is_still_named(bench: Any) -> None:
    settle(bench, advice="none")
    message = chained(bench)
    assert links(message) == []
    assert identifiers(bench.sp, message, "IntermediateSubjectID") == {"KvKnr": KOMPAS}


def test_another_suppliers_register_may_confirm(bench: Any) -> None:
    """By the supplier's profile file, in the home folder."""
    (bench.home / "profiles").mkdir()
    profile = (SHIPPED / "reconi.yaml").read_text() + "\nnext_register: kpn\n"
    (bench.home / "profiles" / "reconi.yaml").write_text(profile)
    application = create(Settings(home=bench.home, store="memory", port=8080), watch=False)
    again = type(bench)(application, bench.sp, bench.home)
    try:
        _, first, second = links(chained(again))
        kpn = next(offer for offer in application.parts.suppliers.offers() if offer.slug == "kpn")
    finally:
        application.close()
    (assignment,) = first.findall(".//xp:AttributeAssignment", POLICY)
    assert assignment.text == second.findtext("saml:Issuer", namespaces=NS) == kpn.mr
    assert set(recipients(xacml(first, "Subject", CORE + "LegalSubjectID"))) == {kpn.mr}


@pytest.mark.parametrize("numbers", [{}, {"RSIN": "999900043"}])
def test_a_word_that_cannot_name_the_intermediary_gets_no_assertion(
    bench: Any, numbers: dict[str, str]
) -> None:
    """The broker believes its suppliers in nothing that it can check itself."""
    browser = bench.browser()
    id_ = login_id_of(walk(browser, bench.ask(browser, **BY_POST), until="login"))
    parts = bench.application.parts
    regenboog = Company("regenboog", "De Regenboog", {"KvKnr": REGENBOOG})
    said = Word(
        id=id_,
        supplier="reconi",
        outcome=Outcome.PERMIT,
        person=Person("y.vanleeuwen", "subject-1", "Yvonne van Leeuwen"),
        level=Level.EH3,
        authenticated_at=parts.now(),
        mandate=Mandated(regenboog, Level.EH3, intermediary=Company("kompas", "Het Kompas", numbers)),
    )

    class Spoken:
        offers = staticmethod(parts.suppliers.offers)
        word = staticmethod(lambda _: said)

    with pytest.raises(LoginProblem, match="no-identifier: kompas"):
        finish(replace(parts, suppliers=Spoken()), ADAPTER.validate_json(parts.store.get(KIND, id_)))
