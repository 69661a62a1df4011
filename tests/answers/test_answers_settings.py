"""Each setting of ``service_providers:`` in the YAML: what it does to an answer, and that it does nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree
from signxml import SignatureMethod

from broker import sessions
from broker.sp_settings import SpSection
from support.answers import artifact_response, call, resolve, response_xml, status
from support.golden import same_as_golden
from support.mistakes import sha1
from support.shaped import (
    BY_POST,
    HM,
    answer,
    certificate_of,
    checked,
    describe_service,
    difference,
    encrypted_parts,
    name_ids,
    opened,
    opened_by_xmlsec,
    own,
    plain_values,
    settle,
    signed_names,
    signed_parts,
    verified_as,
)
from support.sp import NS, ServiceProvider
from support.walk import landed, walk

NOW = datetime(2026, 2, 1, 9, 1, 29, tzinfo=UTC)
KVK = "urn:etoegang:1.9:EntityConcernedID:KvKnr"
PSEUDO_9 = "urn:etoegang:1.9:EntityConcernedID:Pseudo"
PSEUDO_13 = "urn:etoegang:1.13:EntityConcernedID:Pseudo"
MR = "urn:etoegang:MR:00000003999900410000:entities:9042"
COMPANY_NAME = "urn:etoegang:1.11:attribute-represented:CompanyName"

CHANGING: dict[str, dict[str, Any]] = {
    "version-1.11": {"version": "1.11"},
    "version-1.11-encrypted": {"version": "1.11", "identifiers": "encrypted"},
    "identifiers-decrypted-nameid": {"identifiers": "decrypted-nameid"},
    "identifiers-plain": {"identifiers": "plain"},
    "advice-none": {"advice": "none"},
    "sign-assertion": {"sign": "assertion"},
    "sign-response": {"sign": "response"},
    "encrypt-assertion": {"encrypt_assertion": True},
    "cipher-aes128-gcm": {"cipher": "aes128-gcm"},
    "oaep-sha256": {"oaep_digest": "sha256"},
    "statements-attributes-first": {"statements": "attributes-first"},
    "assertion-seconds": {"assertion_seconds": 600},
    "clock-offset": {"clock_offset_seconds": -3600},
    "signature-rsa-sha512": {"signature": "rsa-sha512"},
    "profile-saml": {"profile": "saml"},
}
"""Each has a file in tests/golden/ with the lines of the answer that it changes."""

LEAVING: dict[str, dict[str, Any]] = {
    "how findings are told": {"library": "pysaml2", "suppress": {"AR-31": "not before March"}},
    "what is the default anyway": {
        "version": "1.13",
        "identifiers": "encrypted",
        "advice": "full",
        "sign": "both",
        "encrypt_assertion": False,
        "signature": "rsa-sha256",
        "cipher": "aes256-cbc",
        "oaep_digest": "sha1",
        "statements": "authn-first",
        "assertion_seconds": 120,
        "clock_offset_seconds": 0,
    },
    "the profile that it has anyway": {"profile": "eherkenning"},
    "how it is judged": {"rules": "strict"},
    "how an artifact travels": {"artifact_by": "post"},
    "levels that count under saml only": {"level": "EH4", "levels": {"EH3": "urn:example:high"}},
}


@pytest.fixture
def stopped(bench: Any) -> Any:
    """The bench at an instant that does not pass, so that no time differs but by a setting."""
    bench.application.clock.set(NOW, frozen=True)
    return bench


def raw(bench: Any, path: str = "/sso/1.13", version: str = "1.13", **how: Any) -> Any:
    """A request to the address of a version; the page that follows."""
    browser = bench.browser()
    request = bench.sp.request(f"{bench.base_url}/sso/{version}", **how)
    return browser, browser.post(path, bench.sp.form(bench.sp.signed(request)))


# What a setting changes, and what it leaves.


def test_every_setting_is_tried_here() -> None:
    tried = {name for settings in (*CHANGING.values(), *LEAVING.values()) for name in settings}
    assert tried == set(SpSection.model_fields)


@pytest.mark.parametrize("name", CHANGING)
def test_a_setting_changes_what_it_says_and_nothing_else(stopped: Any, name: str) -> None:
    before = answer(stopped, now=NOW)
    settle(stopped, **CHANGING[name])
    how = {"signature": SignatureMethod.RSA_SHA512} if name == "signature-rsa-sha512" else {}
    changed = difference(before, answer(stopped, now=NOW, **how))
    assert changed, "the setting does nothing"
    same_as_golden(f"answers-{name}.diff", changed)


@pytest.mark.parametrize("name", LEAVING)
def test_what_is_not_about_the_message_leaves_it_as_it_is(stopped: Any, name: str) -> None:
    before = answer(stopped, now=NOW)
    settle(stopped, **LEAVING[name])
    assert difference(before, answer(stopped, now=NOW)) == ""


def test_the_settings_of_one_provider_are_not_those_of_another(stopped: Any) -> None:
    before = answer(stopped, now=NOW)
    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    stopped.trust(other, "other")
    settle(stopped, other, advice="none", sign="assertion", identifiers="plain", version="1.11")
    assert difference(before, answer(stopped, now=NOW)) == ""


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("{sing: both}", ("sing", "sign")),
        ("{sign: neither}", ("sign", "assertion")),
        ("{rules: saml}", ("rules", "lenient")),
        ("{levels: {EH5: x}}", ("levels", "EH4")),
        ("{assertion_seconds: 0}", ("assertion_seconds", "1")),
        ('{version: "1.9"}', ("version", "1.11")),
    ],
)
def test_a_setting_that_there_is_not_is_said_with_its_line_and_what_is_allowed(
    bench: Any, wrong: str, expected: tuple[str, str]
) -> None:
    file = bench.home / "eherkenning.yaml"
    text = file.read_text() + f'\nservice_providers:\n  "{bench.sp.entity_id}": {wrong}\n'
    file.write_text(text)
    bench.application.parts.configuration.refresh()
    (problem,) = bench.application.parts.current.problems
    assert f"eherkenning.yaml:{len(text.splitlines())}" in problem
    for word in expected:
        assert word in problem


# version


def assert_of_1_11(bench: Any, message: etree._Element) -> None:
    """Company in clear, the person's lasting pseudonym as subject, by the register's name (spec 1.3)."""
    assert plain_values(message)[KVK] == ["90000012"]
    name_id = own(message).find("saml:Subject/saml:NameID", NS)
    assert name_id.get("Format").endswith(":persistent")
    assert name_id.get("NameQualifier") == MR
    assert len(name_id.text) == 64 + 1 + 32
    assert name_ids(bench.sp, message, "ActingSubjectID") == []
    assert encrypted_parts(message) == []


def test_version_1_11_by_setting_gives_the_company_in_clear(bench: Any) -> None:
    settle(bench, version="1.11")
    assert_of_1_11(bench, answer(bench))


def test_version_1_11_by_address_gives_the_company_in_clear(bench: Any) -> None:
    browser, page = raw(bench, "/sso/1.11", "1.11", **BY_POST)
    assert_of_1_11(bench, checked(bench, response_xml(bench, landed(walk(browser, page)))))


def test_version_1_11_by_redirect_to_its_address_gives_the_company_in_clear(bench: Any) -> None:
    browser = bench.browser()
    request = etree.tostring(bench.sp.request(f"{bench.base_url}/sso/1.11", **BY_POST))
    page = browser.get("/sso/1.11?" + bench.sp.query(request))
    assert_of_1_11(bench, checked(bench, response_xml(bench, landed(walk(browser, page)))))


@pytest.mark.parametrize(("sent_to", "destination"), [("1.11", "1.13"), ("1.13", "1.11")])
def test_a_request_for_the_address_of_another_version_is_refused(
    bench: Any, sent_to: str, destination: str
) -> None:
    _, page = raw(bench, f"/sso/{sent_to}", destination)
    assert page.status == 403
    assert "AR-08" in page.text


def test_the_setting_goes_before_the_address(bench: Any) -> None:
    settle(bench, version="1.13")
    browser, page = raw(bench, "/sso/1.11", "1.11", **BY_POST)
    message = checked(bench, response_xml(bench, landed(walk(browser, page))))
    assert name_ids(bench.sp, message, "LegalSubjectID") == [(KVK, "90000012")]
    assert own(message).find("saml:Subject/saml:NameID", NS).get("Format").endswith(":transient")


def test_an_artifact_of_version_1_11_is_resolved_at_its_own_address(bench: Any) -> None:
    browser, page = raw(bench, "/sso/1.11", "1.11")
    artifact = landed(walk(browser, page)).fields["SAMLart"]
    body = bench.sp.resolve_message(artifact, f"{bench.base_url}/ars/1.11")
    page = call(bench, "POST", "/ars/1.11", body, Content_Type="text/xml")
    assert status(artifact_response(bench, page)) == ["Success"]
    inside = etree.fromstring(page.body).find(".//samlp:Response", NS)
    assert_of_1_11(bench, checked(bench, etree.tostring(inside, with_tail=False)))


def test_in_1_11_an_encrypted_pseudonym_is_called_by_its_old_name(bench: Any) -> None:
    before = name_ids(bench.sp, answer(bench), "ActingSubjectID")
    settle(bench, version="1.11", identifiers="encrypted")
    ((type_, value),) = name_ids(bench.sp, answer(bench), "ActingSubjectID")
    assert before == [(PSEUDO_13, value)]
    assert type_ == PSEUDO_9


# identifiers


def test_encrypted_identifiers_are_what_the_scheme_has(bench: Any) -> None:
    message = answer(bench)
    assert name_ids(bench.sp, message, "LegalSubjectID") == [(KVK, "90000012")]
    assert [etree.QName(part).localname for part in encrypted_parts(message)] == ["EncryptedID"] * 2
    assert b"90000012" not in etree.tostring(own(message))


def test_identifiers_that_the_broker_decrypted_are_name_ids_in_clear(bench: Any) -> None:
    before = answer(bench)
    settle(bench, identifiers="decrypted-nameid")
    message = answer(bench)
    assert encrypted_parts(message) == []
    for name in ("LegalSubjectID", "ActingSubjectID"):
        assert name_ids(bench.sp, message, name) == name_ids(bench.sp, before, name)


def test_plain_identifiers_are_attributes_by_the_name_of_their_type(bench: Any) -> None:
    pseudonym = name_ids(bench.sp, answer(bench), "ActingSubjectID")[0][1]
    settle(bench, identifiers="plain")
    message = answer(bench)
    assert encrypted_parts(message) == []
    values = plain_values(message)
    assert (values[KVK], values[PSEUDO_9]) == (["90000012"], [pseudonym])
    assert not any(name.endswith("SubjectID") for name in values)


@pytest.mark.parametrize("form", ["encrypted", "decrypted-nameid", "plain"])
def test_an_attribute_that_is_asked_for_travels_as_the_identifiers_do(bench: Any, form: str) -> None:
    sp = ServiceProvider()
    wanted = f'<md:RequestedAttribute Name="{COMPANY_NAME}"/></md:AttributeConsumingService>'.encode()
    metadata = sp.metadata.replace(b"</md:AttributeConsumingService>", wanted)
    (bench.home / "metadata" / "sp.xml").write_bytes(metadata)
    bench.sp = sp
    settle(bench, identifiers=form)
    message = answer(bench)
    name = "Stichting Openbare Scholen De Regenboog (fictief)"
    sealed = own(message).findall("saml:AttributeStatement/saml:EncryptedAttribute", NS)
    if form == "encrypted":
        (attribute,) = [opened(part, sp).element for part in sealed]
        assert attribute.get("Name") == COMPANY_NAME
        assert attribute[0].text == name
    else:
        assert sealed == []
        assert plain_values(message)[COMPANY_NAME] == [name]


# advice, statements


def test_without_advice_there_is_one_assertion_in_the_message(bench: Any) -> None:
    assert len(list(answer(bench).iter(f"{{{NS['saml']}}}Assertion"))) == 3
    settle(bench, advice="none")
    message = answer(bench)
    assert len(list(message.iter(f"{{{NS['saml']}}}Assertion"))) == 1
    assert own(message).find("saml:Advice", NS) is None


@pytest.mark.parametrize("profile", ["eherkenning", "saml"])
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("authn-first", ["AuthnStatement", "AttributeStatement"]),
        ("attributes-first", ["AttributeStatement", "AuthnStatement"]),
    ],
)
def test_the_order_of_the_statements(bench: Any, profile: str, order: str, expected: list[str]) -> None:
    settle(bench, profile=profile, statements=order)
    names = [etree.QName(node).localname for node in own(answer(bench))]
    assert [name for name in names if name.endswith("Statement")] == expected


# sign, signature


@pytest.mark.parametrize("profile", ["eherkenning", "saml"])
@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("both", ["HM Response", "HM Assertion"]),
        ("assertion", ["HM Assertion"]),
        ("response", ["HM Response"]),
    ],
)
def test_what_the_broker_signs(bench: Any, profile: str, sign: str, expected: list[str]) -> None:
    settle(bench, profile=profile, sign=sign)
    chain = ["AD Assertion", "MR Assertion"] if profile == "eherkenning" else []
    assert signed_names(answer(bench)) == expected + chain


def test_an_answer_without_an_assertion_is_signed_whatever_is_set(bench: Any) -> None:
    settle(bench, sign="assertion")
    browser = bench.browser()
    page = bench.ask(browser, **BY_POST)
    message = checked(bench, response_xml(bench, landed(browser.submit(page, page.form("cancel")))))
    assert signed_names(message) == ["HM Response"]


def test_an_artifact_response_is_signed_around_a_response_that_is_not(bench: Any) -> None:
    settle(bench, sign="assertion")
    found = artifact_response(bench, resolve(bench, bench.login().fields["SAMLart"]))
    assert signed_names(found.find("samlp:Response", NS))[0] == "HM Assertion"


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("rsa-sha256", SignatureMethod.RSA_SHA256),
        ("rsa-sha384", SignatureMethod.RSA_SHA384),
        ("rsa-sha512", SignatureMethod.RSA_SHA512),
    ],
)
def test_the_broker_signs_by_the_algorithm_that_is_set_and_the_suppliers_by_their_own(
    bench: Any, name: str, method: SignatureMethod
) -> None:
    settle(bench, signature=name)
    message = answer(bench, signature=method)
    methods = [node.get("Algorithm") for node in message.iter(f"{{{NS['ds']}}}SignatureMethod")]
    theirs = SignatureMethod.RSA_SHA256.value
    assert methods == [method.value, method.value, theirs, theirs]


def test_an_answer_that_is_not_a_success_is_signed_by_the_algorithm_that_is_set(bench: Any) -> None:
    settle(bench, signature="rsa-sha384")
    message = response_xml(bench, landed(bench.ask(level="loa4", **BY_POST)))
    assert status(checked(bench, message, SignatureMethod.RSA_SHA384))[0] == "Requester"


# encrypt_assertion, cipher, oaep_digest


@pytest.mark.parametrize("open_it", ["cryptography", "xmlsec"])
@pytest.mark.parametrize("profile", ["eherkenning", "saml"])
def test_an_encrypted_assertion_opens_to_one_whose_signatures_hold(
    bench: Any, profile: str, open_it: str
) -> None:
    settle(bench, profile=profile, encrypt_assertion=True)
    message = answer(bench)
    assert message.find("saml:Assertion", NS) is None
    holder = message.find("saml:EncryptedAssertion", NS)
    inside = (
        opened(holder, bench.sp).element if open_it == "cryptography" else opened_by_xmlsec(holder, bench.sp)
    )
    alone = checked(bench, etree.tostring(inside, with_tail=False))
    assert signed_names(alone)[0] == "HM Assertion"
    assert alone.findtext("saml:Conditions//saml:Audience", namespaces=NS) == bench.sp.entity_id
    for part in signed_parts(alone):
        issuer = part.findtext("saml:Issuer", namespaces=NS)
        verified_as(part, certificate_of(bench, issuer), SignatureMethod.RSA_SHA256)


def test_an_assertion_that_was_decrypted_in_place_still_verifies(bench: Any) -> None:
    """As libraries do it: the assertion takes the place of the EncryptedAssertion in the Response."""
    settle(bench, encrypt_assertion=True)
    message = answer(bench)
    holder = message.find("saml:EncryptedAssertion", NS)
    message.replace(holder, opened(holder, bench.sp).element)
    verified_as(own(message), certificate_of(bench, HM), SignatureMethod.RSA_SHA256)
    assert name_ids(bench.sp, message, "LegalSubjectID") == [(KVK, "90000012")]


def test_the_exchange_shows_in_clear_what_an_encrypted_assertion_holds(bench: Any) -> None:
    settle(bench, encrypt_assertion=True)
    answer(bench)
    told = bench.exchanges.recent(1)[0].last("answer")
    assert b"EncryptedAssertion" in told["xml"].encode()
    assert etree.fromstring(told["decrypted"]).tag == f"{{{NS['saml']}}}Assertion"


def test_only_the_recipient_can_open_an_encrypted_assertion(bench: Any) -> None:
    settle(bench, encrypt_assertion=True)
    stranger = ServiceProvider()
    stranger.certificate = bench.sp.certificate  # its name is on the key, and it has not the key itself
    with pytest.raises(ValueError, match=r"[Dd]ecrypt"):
        opened(answer(bench).find("saml:EncryptedAssertion", NS), stranger)


def canonical(element: etree._Element) -> bytes:
    """Exclusive: what was decrypted in place has namespaces around it that it does not use."""
    return etree.tostring(element, method="c14n", exclusive=True)


@pytest.mark.parametrize("what", [{}, {"encrypt_assertion": True}], ids=["identifiers", "assertion"])
@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("cipher", ["aes256-cbc", "aes128-cbc", "aes256-gcm", "aes128-gcm"])
def test_what_is_encrypted_opens_by_two_implementations(
    bench: Any, cipher: str, digest: str, what: dict[str, Any]
) -> None:
    settle(bench, cipher=cipher, oaep_digest=digest, **what)
    parts = encrypted_parts(answer(bench))
    assert len(parts) == (1 if what else 2)
    for part in parts:
        found = opened(part, bench.sp)
        used = (
            found.cipher.rpartition("#")[2],
            found.transport.rpartition("#")[2],
            found.digest.rpartition("#")[2],
        )
        assert used == (cipher, "rsa-oaep-mgf1p", digest)
        by_xmlsec = opened_by_xmlsec(part, bench.sp)
        assert canonical(by_xmlsec) == canonical(found.element)


# assertion_seconds, clock_offset_seconds


def instants(message: etree._Element) -> dict[str, datetime]:
    """Every instant of the broker's own assertion, by the name of its attribute; NotOnOrAfter must be one."""
    found: dict[str, set[datetime]] = {}
    for node in (
        message,
        *own(message).xpath("descendant-or-self::*[not(ancestor::saml:Advice)]", namespaces=NS),
    ):
        for name in ("IssueInstant", "NotBefore", "NotOnOrAfter", "AuthnInstant"):
            if text := node.get(name):
                found.setdefault(name, set()).add(datetime.fromisoformat(text))
    assert all(len(moments) == 1 for moments in found.values()), found
    return {name: moments.pop() for name, moments in found.items()}


@pytest.mark.parametrize("profile", ["eherkenning", "saml"])
@pytest.mark.parametrize("seconds", [1, 600, 86_400])
def test_how_long_an_assertion_holds(stopped: Any, profile: str, seconds: int) -> None:
    settle(stopped, profile=profile, assertion_seconds=seconds)
    found = instants(answer(stopped, now=NOW))
    assert found["IssueInstant"] == NOW
    assert found["NotOnOrAfter"] == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("profile", ["eherkenning", "saml"])
@pytest.mark.parametrize("offset", [-7200, 30])
def test_a_clock_that_is_off_is_off_in_every_instant_of_the_answer(
    stopped: Any, profile: str, offset: int
) -> None:
    settle(stopped, profile=profile, clock_offset_seconds=offset)
    then = NOW + timedelta(seconds=offset)
    assert instants(answer(stopped, now=NOW)) == {
        "IssueInstant": then,
        "AuthnInstant": then,
        "NotBefore": then - timedelta(seconds=5),
        "NotOnOrAfter": then + timedelta(seconds=120),
    }


def test_a_clock_that_is_off_for_an_answer_is_right_for_a_request(stopped: Any) -> None:
    settle(stopped, clock_offset_seconds=-7200)
    assert status(answer(stopped, now=NOW)) == ["Success"]
    late = landed(stopped.ask(now=NOW - timedelta(seconds=7200), **BY_POST))
    assert status(checked(stopped, response_xml(stopped, late))) == ["Requester"]


# What a LogoutRequest will name.


@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize(
    "settings", [{}, {"version": "1.11"}, {"profile": "saml"}], ids=["1.13", "1.11", "saml"]
)
def test_the_broker_remembers_the_session_by_the_name_that_went_out(
    bench: Any, settings: dict[str, Any], encrypt: bool
) -> None:
    settle(bench, encrypt_assertion=encrypt, **settings)
    message = answer(bench)
    holder = message.find("saml:EncryptedAssertion", NS)
    assertion = own(message) if holder is None else opened(holder, bench.sp).element
    name_id = assertion.findtext("saml:Subject/saml:NameID", namespaces=NS)
    (session,) = sessions.find(bench.application.parts, bench.sp.entity_id, name_id, ())
    assert session.index == assertion.find("saml:AuthnStatement", NS).get("SessionIndex")


# artifact_by


def test_an_artifact_reaches_the_provider_in_the_query(bench: Any) -> None:
    browser = bench.browser()
    page = walk(browser, bench.ask(browser))
    assert page.location
    assert landed(page).fields.keys() == {"SAMLart", "RelayState"}


def test_an_artifact_reaches_the_provider_in_a_form(bench: Any) -> None:
    settle(bench, artifact_by="post")
    browser = bench.browser()
    page = walk(browser, bench.ask(browser))
    assert page.location is None
    form = page.tree.get_element_by_id("answer")
    assert (form.method, form.get("action")) == ("POST", bench.sp.acs[1][1])
    fields = landed(page).fields
    assert fields["RelayState"] == "rs-1"
    found = artifact_response(bench, resolve(bench, fields["SAMLart"]))
    assert status(found.find("samlp:Response", NS)) == ["Success"]


def test_a_cancel_by_artifact_reaches_the_provider_in_a_form_too(bench: Any) -> None:
    settle(bench, artifact_by="post")
    browser = bench.browser()
    page = bench.ask(browser)
    got = landed(browser.submit(page, page.form("cancel")))
    found = artifact_response(bench, resolve(bench, got.fields["SAMLart"]))
    assert status(found.find("samlp:Response", NS)) == ["Responder", "AuthnFailed"]


# rules


def test_a_strict_provider_is_refused_what_a_lenient_one_is_forgiven(bench: Any) -> None:
    assert bench.ask(xml=sha1(bench.sp, bench.sso)).by_testid("supplier")
    settle(bench, rules="strict")
    page = bench.ask(xml=sha1(bench.sp, bench.sso))
    assert page.status == 403
    assert "AR-28" in page.text


def test_a_lenient_provider_is_forgiven_at_a_strict_broker(bench: Any) -> None:
    settle(bench, rules="lenient")
    file = bench.home / "eherkenning.yaml"
    file.write_text(file.read_text() + "\nbroker:\n  rules: strict\n")
    bench.application.parts.configuration.refresh()
    assert bench.ask(xml=sha1(bench.sp, bench.sso)).by_testid("supplier")

    other = ServiceProvider(entity_id="urn:etoegang:DV:00000001777777760000:entities:9001")
    bench.trust(other, "other")
    page = bench.browser().post("/sso/1.13", other.form(sha1(other, bench.sso)))
    assert page.status == 403


# profile


def test_a_provider_of_the_scheme_may_be_served_as_any_other(bench: Any) -> None:
    settle(bench, profile="saml")
    message = answer(bench)
    assert plain_values(message)["kvk"] == ["90000012"]
    assert own(message).find("saml:Advice", NS) is None


def test_a_branch_is_said_under_every_form_of_identifiers(bench: Any) -> None:
    describe_service(bench, "[[KvKnr]]", branches=True)
    for form in ("encrypted", "decrypted-nameid", "plain"):
        settle(bench, identifiers=form)
        values = plain_values(answer(bench, "o.kuipers"))
        assert values["urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"] == ["000090000013"]
