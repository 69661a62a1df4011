"""SP-01 to SP-13: each wrong answer is refused, by its rule, and the same answer without the fault logs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from helpdeskpo_world import Person, assertion_of, shown
from idp import (
    DV,
    HM,
    KVK,
    MR,
    NS,
    PSEUDO,
    SERVICE,
    attribute,
    encrypted_id,
    party,
    sign,
    string_attribute,
    xml,
)
from lxml import etree

MINUTE = timedelta(minutes=1)
ELSEWHERE = "http://localhost:8082/saml/acs/post"


def drop(path: str) -> Callable[[Any], None]:
    """Without this element."""

    def change(root: Any) -> None:
        element = root.find(path, NS)
        element.getparent().remove(element)

    return change


def put(path: str, **attributes: str) -> Callable[[Any], None]:
    """With these attributes; an empty one goes."""

    def change(root: Any) -> None:
        element = root.find(path, NS)
        for name, value in attributes.items():
            element.set(name, value) if value else element.attrib.pop(name, None)

    return change


def twice(path: str) -> Callable[[Any], None]:
    def change(root: Any) -> None:
        element = root.find(path, NS)
        element.addnext(xml(etree.tostring(element).decode()))

    return change


CONDITIONS = "saml:Assertion/saml:Conditions"
CONFIRMED = "saml:Assertion/saml:Subject/saml:SubjectConfirmation"
CONTEXT = "saml:Assertion/saml:AuthnStatement/saml:AuthnContext/saml:AuthnContextClassRef"
ATTACKER = party("urn:etoegang:HM:00000003999999990000:entities:9666")

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    # the signatures
    "signed by a stranger": ({"signer": ATTACKER}, "SP-01"),
    "signed by a stranger who sends the certificate along": (
        {"signer": ATTACKER, "sign_options": {"certificate_in_key_info": True}},
        "SP-01",
    ),
    "Response not signed": ({"sign_response": False}, "SP-01"),
    "Assertion not signed": ({"sign_assertion": False}, "SP-01"),
    "nothing signed": ({"sign_response": False, "sign_assertion": False}, "SP-01"),
    "SHA-1 signature": (
        {"sign_options": {"signature": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"}},
        "SP-01",
    ),
    "SHA-1 digest": ({"sign_options": {"digest": "http://www.w3.org/2000/09/xmldsig#sha1"}}, "SP-01"),
    "MD5": ({"sign_options": {"signature": "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"}}, "SP-01"),
    "from another broker": ({"issuer": HM + "0"}, "SP-01"),
    "assertion of another broker": ({"assertion_issuer": HM + "0"}, "SP-01"),
    # for whom
    "for another audience": ({"audience": DV + "0"}, "SP-02"),
    "for nobody in particular": ({"tamper": drop(CONDITIONS + "/saml:AudienceRestriction")}, "SP-02"),
    "without Conditions": ({"tamper": drop(CONDITIONS)}, "SP-02"),
    # when
    "too late": ({"not_on_or_after": -MINUTE}, "SP-03"),
    "too early": ({"not_before": MINUTE}, "SP-03"),
    "confirmation too late": ({"confirmed_until": -MINUTE}, "SP-03"),
    "for ever": ({"tamper": put(CONDITIONS, NotOnOrAfter="")}, "SP-03"),
    "confirmation for ever": (
        {"tamper": put(CONFIRMED + "/saml:SubjectConfirmationData", NotOnOrAfter="")},
        "SP-03",
    ),
    "no time but a word": ({"tamper": put(CONDITIONS, NotOnOrAfter="tomorrow")}, "SP-03"),
    # for which request
    "to another request": ({"in_response_to": "_other"}, "SP-04"),
    "to no request": ({"in_response_to": ""}, "SP-04"),
    "confirmed for another request": ({"confirmed_in_response_to": "_other"}, "SP-04"),
    # where to
    "Destination elsewhere": ({"destination": ELSEWHERE}, "SP-05"),
    "no Destination": ({"tamper": put(".", Destination="")}, "SP-05"),
    "Recipient elsewhere": ({"recipient": ELSEWHERE}, "SP-05"),
    "no Recipient": ({"tamper": put(CONFIRMED + "/saml:SubjectConfirmationData", Recipient="")}, "SP-05"),
    "no confirmation": ({"tamper": drop(CONFIRMED)}, "SP-05"),
    "not for the bearer": (
        {"tamper": put(CONFIRMED, Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")},
        "SP-05",
    ),
    "two confirmations": ({"tamper": twice(CONFIRMED)}, "SP-05"),
    # how sure
    "level too low": ({"level": "loa2plus"}, "SP-06"),
    "level of 2020": ({"level": "loa1"}, "SP-06"),
    "level that does not exist": ({"level": "loa5"}, "SP-06"),
    "no level": ({"tamper": drop(CONTEXT)}, "SP-06"),
    "two AuthnStatements": ({"tamper": twice("saml:Assertion/saml:AuthnStatement")}, "SP-06"),
    # for which service
    "another service": ({"service": SERVICE[:-1] + "2"}, "SP-07"),
    "two services": (
        {"extra": string_attribute("urn:etoegang:core:ServiceID", SERVICE[:-1] + "2")},
        "SP-07",
    ),
    "no service": ({"tamper": drop("saml:Assertion/saml:AttributeStatement")}, "SP-07"),
    # how many
    "no assertion": ({"tamper": drop("saml:Assertion")}, "SP-12"),
    "same assertion twice": ({"tamper": twice("saml:Assertion")}, "SP-12"),
    # who
    "no company": ({"legal": ()}, "identity"),
    "no person": ({"acting": ()}, "identity"),
    "two companies": ({"legal": ((KVK, "90000012"), (KVK, "90000013"))}, "identity"),
    "a company number of a kind that we do not know": ({"legal": (("urn:x", "1"),)}, "identity"),
}


@pytest.mark.parametrize(("changes", "code"), WRONG.values(), ids=WRONG.keys())
def test_refused(person: Person, changes: dict[str, Any], code: str) -> None:
    page = person.log_in(**changes)
    assert shown(page, "login-error-code") == code
    assert page.status_code == 403
    assert "90000012" not in page.text
    assert person.get("/mijn").status_code == 303, "not logged in"
    assert person.log_in().request.path == "/mijn", "the control: the same without the fault"


def test_clocks_may_differ_a_little(person: Person) -> None:
    page = person.log_in(not_before=timedelta(seconds=20), not_on_or_after=timedelta(seconds=-20))
    assert shown(page, "login-error-code") == "library", (
        "NotBefore after NotOnOrAfter: nonsense, says pysaml2"
    )
    assert person.log_in(not_before=timedelta(seconds=20)).request.path == "/mijn"
    assert person.log_in(not_on_or_after=timedelta(seconds=-4)).request.path == "/mijn"


def test_same_response_twice(person: Person) -> None:
    """SP-04."""
    response = person.idp.response(person.begin())
    assert person.end(response).request.path == "/mijn"
    assert shown(person.end(response), "login-error-code") == "SP-04"


def test_same_assertion_for_a_new_request(person: Person) -> None:
    """SP-04, were a broker to sign such a thing."""
    assert person.log_in(assertion_id="_again").request.path == "/mijn"
    assert shown(person.log_in(assertion_id="_again"), "login-error-code") == "SP-04"


def test_relay_state_of_another_login(person: Person) -> None:
    """SP-04. Both are open, both are ours; but this is not the answer to that."""
    first = person.begin()
    person.begin()
    assert shown(person.end(person.idp.response(first)), "login-error-code") == "SP-04"


@pytest.mark.parametrize("relay_state", ["", "x" * 43, "../../etc"])
def test_relay_state_unknown(person: Person, relay_state: str) -> None:
    answer = person.begin()
    person.relay_state = relay_state
    assert shown(person.end(person.idp.response(answer)), "login-error-code") == "SP-04"


def test_bad_signature_does_not_close_the_request(person: Person) -> None:
    """Or anybody who saw the RelayState could spoil the login."""
    answer = person.begin()
    assert (
        shown(person.end(person.idp.response(replace(answer, signer=ATTACKER))), "login-error-code")
        == "SP-01"
    )
    assert person.end(person.idp.response(answer)).request.path == "/mijn"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"hello",
        b"<p",
        b"<p/>",
        b'<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>',
        "<?xml version='1.0' encoding='UTF-16'?><x/>".encode("utf-16"),
        b"<x>" * 100_000,
        b"x" * 1_100_000,
    ],
    ids=["empty", "text", "cut short", "something else", "DTD", "UTF-16", "deep", "huge"],
)
def test_unreadable(person: Person, message: bytes) -> None:
    person.begin()
    page = person.end(message)
    assert (page.status_code, shown(page, "login-error-code")) == (400, "unreadable")


def test_not_base64(person: Person) -> None:
    person.begin()
    sent = {"SAMLResponse": "é" * 9, "RelayState": person.relay_state}
    page = person.follow(person.client.post("/saml/acs/post", data=sent, base_url="http://localhost:8081"))
    assert shown(page, "login-error-code") == "unreadable"


# SP-11, SP-12: what is beside the signed element, or deeper in it


def test_advice_is_not_believed(person: Person) -> None:
    """The AD's assertion in Advice says another company, another service, a higher level."""
    page = person.log_in()
    assert (shown(page, "company-id"), shown(page, "level")) == ("90000012", "EH3")


def test_advice_does_not_fill_a_gap(person: Person) -> None:
    page = person.log_in(legal=())
    assert shown(page, "login-error-code") == "identity"


def test_without_advice(person: Person) -> None:
    assert person.log_in(advice=False).request.path == "/mijn"


def _evil(root: Any, **attributes: str) -> Any:
    """A copy of the signed assertion that says another company, without its signature."""
    evil = xml(etree.tostring(assertion_of(root)).decode())
    evil.remove(evil.find("ds:Signature", NS))
    for advice in evil.findall("saml:Advice", NS):
        evil.remove(advice)
    evil.set("ID", attributes.get("ID", "_evil"))
    return evil


def _first(root: Any) -> None:
    assertion_of(root).addprevious(_evil(root))


def _last(root: Any) -> None:
    root.append(_evil(root))


def _same_id(root: Any) -> None:
    assertion_of(root).addprevious(_evil(root, ID=assertion_of(root).get("ID")))


def _wraps(root: Any) -> None:
    """The signed one goes inside the evil one."""
    signed, evil = assertion_of(root), _evil(root)
    root.replace(signed, evil)
    evil.append(signed)


def _takes_signature(root: Any) -> None:
    """The evil one carries the signature; the signed one is in its ds:Object."""
    signed, evil = assertion_of(root), _evil(root)
    signature = signed.find("ds:Signature", NS)
    root.replace(signed, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(signed)


def _in_extensions(root: Any) -> None:
    signed, evil = assertion_of(root), _evil(root)
    extensions = etree.Element(f"{{{NS['samlp']}}}Extensions")
    root.replace(signed, evil)
    root.insert(1, extensions)
    extensions.append(signed)


def _in_advice(root: Any) -> None:
    signed, evil = assertion_of(root), _evil(root)
    root.replace(signed, evil)
    advice = etree.Element(f"{{{NS['saml']}}}Advice")
    evil.find("saml:Conditions", NS).addnext(advice)
    advice.append(signed)


def _signature_elsewhere(root: Any) -> None:
    """The evil one with the signature of the signed one, which stands next to it without."""
    signed, evil = assertion_of(root), _evil(root)
    evil.insert(1, signed.find("ds:Signature", NS))
    signed.addprevious(evil)


WRAPPINGS = [
    _first,
    _last,
    _same_id,
    _wraps,
    _takes_signature,
    _in_extensions,
    _in_advice,
    _signature_elsewhere,
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
@pytest.mark.parametrize("resigned", [True, False], ids=["in a signed Response", "in an unsigned Response"])
def test_wrapped(person: Person, wrap: Callable[[Any], None], resigned: bool) -> None:
    """SP-12. Even where the broker would have signed the Response around it."""
    root = xml(person.idp.response(replace(person.begin(), sign_response=False)).decode())
    wrap(root)
    if resigned:
        sign(root, person.idp.me)
    page = person.end(etree.tostring(root))
    assert shown(page, "login-error-code") in ("SP-01", "SP-12")
    assert person.get("/mijn").status_code == 303


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_wrapped_in_an_artifact(person: Person, wrap: Callable[[Any], None]) -> None:
    root = xml(person.idp.response(replace(person.begin(answer_by="artifact"), sign_response=False)).decode())
    wrap(root)
    page = person.end_by_artifact(person.idp.keep(etree.tostring(root)))
    assert shown(page, "login-error-code") in ("SP-01", "SP-12")


def test_text_that_changed(person: Person) -> None:
    response = person.idp.response(person.begin())
    at = response.rindex(b"loa3</saml:AuthnContextClassRef>")
    changed = response[:at] + b"loa4" + response[at + 4 :]
    assert changed != response
    assert shown(person.end(changed), "login-error-code") == "SP-01"


def test_comment_does_not_cut_a_value(person: Person) -> None:
    """The signature holds with a comment put in later, and the value is read whole: comments are no part of it."""
    response = person.idp.response(person.begin())
    at = response.index(b"0d1f6a52-6a6d")
    spoiled = response[:at] + b"0d1f<!-- x -->6a52-6a6d" + response[at + 13 :]
    spoiled = spoiled.replace(SERVICE.encode() + b"</saml", SERVICE[:-1].encode() + b"<!-- -->1</saml")
    page = person.end(spoiled)
    assert page.request.path == "/mijn"
    assert shown(page, "service-id") == SERVICE


# What the library adds


def test_statement_of_the_mandate_register_is_validated(person: Person) -> None:
    """The XACML types are in pysaml2's schema: what is not XACML is refused, though signed by the broker."""

    def nonsense(root: Any) -> None:
        root.find(".//xc:Decision", NS).text = "Perhaps"

    assert shown(person.log_in(tamper=nonsense), "login-error-code") == "library"


@pytest.mark.parametrize(("fulfil_on", "path"), [("Permit", "/mijn"), ("Whenever", "/saml/klaar")])
def test_obligation_of_a_chain_mandate_is_known(person: Person, fulfil_on: str, path: str) -> None:
    """SP-15: the first register points at the next one (spec 10.2). It too is held to its type."""

    def oblige(root: Any) -> None:
        result = root.find(".//xc:Result", NS)
        result.append(
            xml(
                '<Obligations xmlns="urn:oasis:names:tc:xacml:2.0:policy:schema:os"><Obligation '
                f'ObligationId="urn:etoegang:core:RequireConfirmationFromNextMR" FulfillOn="{fulfil_on}">'
                '<AttributeAssignment AttributeId="urn:etoegang:core:AuthorizationRegistryID" '
                f'DataType="{NS["xs"]}#string">{MR}</AttributeAssignment></Obligation></Obligations>'
            )
        )

    assert person.log_in(tamper=oblige).request.path == path


def test_prefix_of_the_statement_type_is_free(person: Person) -> None:
    def rename(root: Any) -> None:
        statement = root.find(".//saml:Statement", NS)
        text = etree.tostring(statement).decode().replace("xacml-saml", "a.b_c-1")
        statement.getparent().replace(statement, xml(text))

    assert person.log_in(tamper=rename).request.path == "/mijn"


def test_schema_is_held(person: Person) -> None:
    def nonsense(root: Any) -> None:
        etree.SubElement(assertion_of(root), f"{{{NS['saml']}}}Nonsense")

    assert shown(person.log_in(tamper=nonsense), "login-error-code") == "library"


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": DV + "0"},
        {"not_on_or_after": -MINUTE},
        {"not_before": MINUTE},
        {"recipient": ELSEWHERE},
        {"destination": ELSEWHERE},
        {"confirmed_in_response_to": "_other"},
        {"signer": ATTACKER},
        {"sign_assertion": False},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_pysaml2_refuses_too(
    person: Person, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """With our own checks away, for once: the second opinion is one."""
    for name in ("destination", "assertion", "signed_by", "from_broker"):
        monkeypatch.setattr(f"helpdeskpo.checks.{name}", lambda *_args, **_kwargs: None)
    assert shown(person.log_in(**changes), "login-error-code") == "library"
    assert person.log_in().request.path == "/mijn"


# Encryption


def test_key_is_chosen_by_recipient(person: Person) -> None:
    """SP-17."""
    page = person.log_in(decoys=(party(MR), party("urn:etoegang:DV:00000001999999990000:entities:9002")))
    assert page.request.path == "/mijn"


def test_encrypted_for_another(person: Person) -> None:
    page = person.log_in(
        legal=(),
        extra=attribute("urn:etoegang:core:LegalSubjectID", encrypted_id(KVK, "90000012", party(MR))),
    )
    assert shown(page, "login-error-code") == "identity"
    assert MR in page.text


@pytest.mark.parametrize(
    ("algorithm", "other"),
    [("aes256-cbc", "aes192-cbc"), ("aes256-cbc", "tripledes-cbc"), ("rsa-oaep-mgf1p", "rsa-1_5")],
)
def test_other_ciphers_are_refused(person: Person, algorithm: str, other: str) -> None:
    def change(root: Any) -> None:
        for method in assertion_of(root).findall("saml:AttributeStatement//xenc:EncryptionMethod", NS):
            method.set("Algorithm", method.get("Algorithm").replace(algorithm, other))

    assert shown(person.log_in(tamper=change), "login-error-code") == "identity"


def test_broker_that_decrypts(person: Person) -> None:
    """Spec 3.8 (b): a bare NameID where the EncryptedID would be."""
    bare = f'<saml:NameID NameQualifier="{KVK}">90000012</saml:NameID>'
    page = person.log_in(legal=(), extra=attribute("urn:etoegang:core:LegalSubjectID", bare))
    assert shown(page, "company-id") == "90000012"


def test_pseudonym_of_the_older_kind(person: Person) -> None:
    page = person.log_in(acting=((PSEUDO.replace("1.13", "1.9"), "abc"),))
    assert shown(page, "pseudonym") == "abc"
