"""pysaml2 with our crypto backend and our XACML types: that they are in, that they work, and what they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import saml2.sigver
import saml2.xml.schema
from helpdeskpo_world import BASE, verified
from idp import HM, KVK, NS, Answer, Idp, Party, encrypted_id, instant, party, sign, xml
from lxml import etree
from saml2 import saml, samlp
from saml2.sigver import SignatureError, pre_signature_part
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod

from helpdeskpo import seam
from helpdeskpo.broker import Broker, make_broker
from helpdeskpo.crypto import (
    RSA_SHA256,
    SHA256,
    SignatureRefused,
    Wrapped,
    find,
    parse,
    pem_certificate,
    verify,
)
from helpdeskpo.keys import KeyPair
from helpdeskpo.settings import Settings


@pytest.fixture
def broker(settings: Settings, keys: KeyPair, idp: Idp) -> Broker:
    return make_broker(settings, keys, idp.metadata())


def test_seam_is_in(broker: Broker) -> None:
    assert isinstance(broker.client.sec.crypto, seam.XmlsecBackend)
    assert isinstance(saml2.xml.schema._schema_validator_default, seam.Validator)
    seam.install("somebody else")
    assert isinstance(saml2.xml.schema._schema_validator_default, seam.Validator), "and only once"


@pytest.mark.parametrize(
    ("module", "name"),
    [(saml2.sigver, "_get_xmlsec_cryptobackend"), (saml2.xml.schema, "_schema_validator_default")],
)
def test_seam_that_moved_is_told(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """A new pysaml2 without these names must stop us here, not at somebody's login."""
    monkeypatch.delattr(module, name)
    with pytest.raises(seam.SeamChanged, match=rf"{name}.*mend helpdeskpo/seam\.py.*7\.5\.5"):
        seam.install("urn:x")


@pytest.mark.parametrize(
    ("module", "user"), [(saml2.sigver, "security_context"), (saml2.xml.schema, "validate")]
)
def test_seam_that_is_no_longer_used_is_told(monkeypatch: pytest.MonkeyPatch, module: Any, user: str) -> None:
    monkeypatch.setattr(module, user, lambda *_args: None)
    with pytest.raises(seam.SeamChanged, match="no longer"):
        seam.install("urn:x")


def test_pysaml2_signs_by_us_and_signxml_agrees(broker: Broker, keys: KeyPair) -> None:
    message = samlp.ArtifactResolve(
        id="_1",
        version="2.0",
        issue_instant=instant(Settings.__dataclass_fields__["clock"].default()),
        issuer=saml.Issuer(text="urn:x"),
        artifact=samlp.Artifact(text="AAQ="),
    )
    message.signature = pre_signature_part("_1", None, sign_alg=RSA_SHA256, digest_alg=SHA256)
    signed = str(broker.client.sign(message, sign_alg=RSA_SHA256, digest_alg=SHA256))
    assert verified(signed.encode(), keys).findtext("samlp:Artifact", namespaces=NS) == "AAQ="


def test_signxml_signs_and_pysaml2_verifies_by_us(broker: Broker, idp: Idp) -> None:
    response = xml(
        f"""<samlp:Response xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" xmlns:ds="{NS["ds"]}" ID="_1"
        Version="2.0" IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>{HM}</saml:Issuer>
        <ds:Signature Id="placeholder"/>
        <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
        </samlp:Response>"""
    )
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed = etree.tostring(
        signer.sign(
            response,
            key=idp.me.key_pem,
            cert=idp.me.certificate_pem,
            reference_uri="#_1",
            id_attribute="ID",
        )
    ).decode()
    checked = broker.client.sec.correctly_signed_response(signed, require_response_signature=True)
    assert checked.id == "_1"
    spoiled = signed.replace("status:Success", "status:Requester")
    with pytest.raises(SignatureError):
        broker.client.sec.correctly_signed_response(spoiled, require_response_signature=True)


@pytest.fixture
def good(idp: Idp, reader: Party) -> Any:
    """A signed Response as a tree that a test may spoil."""
    return xml(idp.response(Answer("_req", f"{BASE}/saml/acs/post", reader)).decode())


def refused(broker: Broker, root: Any, idp: Idp) -> None:
    """By us and by pysaml2 through us."""
    text = etree.tostring(root)
    document = parse(text)
    with pytest.raises(SignatureRefused):
        verify(document, [idp.me.certificate_pem])
    with pytest.raises((SignatureError, TypeError, AttributeError)):
        broker.client.sec.correctly_signed_response(text.decode(), require_response_signature=True)


def test_good_one_is_taken(broker: Broker, good: Any, idp: Idp) -> None:
    document = parse(etree.tostring(good))
    assert verify(document, [idp.me.certificate_pem]) is document
    assert broker.client.sec.correctly_signed_response(etree.tostring(good).decode()).id == good.get("ID")


def _signature(root: Any) -> Any:
    return root.find("ds:Signature", NS)


def _method(root: Any, name: str, value: str) -> None:
    _signature(root).find(f".//ds:{name}", NS).set("Algorithm", value)


def _another_element(root: Any) -> None:
    """The signature of the whole now points at the assertion, which is signed by the same key."""
    assertion = root.find("saml:Assertion", NS)
    root.replace(_signature(root), assertion.find("ds:Signature", NS))


def _two_references(root: Any) -> None:
    reference = _signature(root).find("ds:SignedInfo/ds:Reference", NS)
    reference.addnext(xml(etree.tostring(reference).decode()))


def _two_signatures(root: Any) -> None:
    root.insert(1, xml(etree.tostring(_signature(root)).decode()))


def _id_twice(root: Any) -> None:
    root.find("samlp:Status", NS).set("ID", root.get("ID"))


def _id_twice_by_another_name(root: Any) -> None:
    root.find(".//xenc:EncryptedData", NS).set("Id", root.get("ID"))


def _moved_down(root: Any) -> None:
    """The signature is there, but not as a child of what it signs."""
    root.find("samlp:Status", NS).append(_signature(root))


def _object(root: Any) -> None:
    etree.SubElement(_signature(root), f"{{{NS['ds']}}}Object")


def _whole_document(root: Any) -> None:
    _signature(root).find("ds:SignedInfo/ds:Reference", NS).set("URI", "")


def _xpath_transform(root: Any) -> None:
    transforms = _signature(root).find("ds:SignedInfo/ds:Reference/ds:Transforms", NS)
    etree.SubElement(
        transforms, f"{{{NS['ds']}}}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"
    )


def _hmac(root: Any) -> None:
    _method(root, "SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")


@pytest.mark.parametrize(
    "spoil",
    [
        _another_element,
        _two_references,
        _two_signatures,
        _id_twice,
        _id_twice_by_another_name,
        _moved_down,
        _object,
        _whole_document,
        _xpath_transform,
        _hmac,
        lambda root: root.remove(_signature(root)),
        lambda root: root.set("Destination", "http://elsewhere"),
        lambda root: _method(
            root, "CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
        ),
        lambda root: _method(root, "DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5"),
    ],
)
def test_spoiled(broker: Broker, good: Any, idp: Idp, spoil: Any) -> None:
    spoil(good)
    refused(broker, good, idp)


@pytest.mark.parametrize(
    "options",
    [
        {"signature": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"signature": "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"},
        {"signature": "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160"},
        {"digest": "http://www.w3.org/2000/09/xmldsig#sha1"},
    ],
    ids=str,
)
def test_weak_algorithms_with_a_right_signature(broker: Broker, idp: Idp, options: dict[str, str]) -> None:
    root = xml(
        f"""<samlp:Response xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" ID="_1" Version="2.0"
        IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>{HM}</saml:Issuer><samlp:Status><samlp:StatusCode
        Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:Response>"""
    )
    sign(root, idp.me, **options)
    refused(broker, root, idp)


@pytest.mark.parametrize("method", ["rsa-sha256", "rsa-sha384", "rsa-sha512"])
def test_strong_algorithms(idp: Idp, method: str) -> None:
    root = xml('<x ID="_1"/>')
    sign(root, idp.me, signature=f"http://www.w3.org/2001/04/xmldsig-more#{method}")
    document = parse(etree.tostring(root))
    assert verify(document, [idp.me.certificate_pem]) is document


def test_key_that_the_message_brings(broker: Broker, idp: Idp) -> None:
    """By a stranger, whose certificate is in KeyInfo, under the name of the broker."""
    attacker = party("urn:etoegang:HM:00000003999999990000:entities:9666")
    root = xml(
        f"""<samlp:Response xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" ID="_1" Version="2.0"
        IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>{HM}</saml:Issuer><samlp:Status><samlp:StatusCode
        Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:Response>"""
    )
    sign(root, attacker, certificate_in_key_info=True)
    refused(broker, root, idp)
    document = parse(etree.tostring(root))
    verify(document, [attacker.certificate_pem])  # the control: it is a right signature, of the wrong signer


def test_second_certificate_will_do_and_none_will_not(good: Any, idp: Idp) -> None:
    document = parse(etree.tostring(good))
    verify(document, [party("urn:other").certificate_pem, idp.me.certificate_pem])
    with pytest.raises(SignatureRefused, match="no key"):
        verify(document, [])
    with pytest.raises(SignatureRefused, match="cannot be read"):
        verify(document, [pem_certificate("bm9uc2Vuc2U=")])


def test_find_wants_the_tag() -> None:
    root = parse('<a ID="_1"><b ID="_2"/></a>')
    assert find(root, "b", "_2").tag == "b"
    with pytest.raises(Wrapped, match="not on a"):
        find(root, "a", "_2")
    with pytest.raises(Wrapped, match="0 times"):
        find(root, "a", "_3")


def test_parse_drops_what_a_signature_does_not_cover() -> None:
    assert parse("<a>x<!-- y -->z<?pi?>w</a>").text == "xzw"


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
)
def test_no_dtd(text: str) -> None:
    with pytest.raises(SignatureRefused, match="DTD"):
        parse(text)


def test_encrypted_attribute_is_decrypted_for_pysaml2(broker: Broker, keys: KeyPair, reader: Party) -> None:
    """Extra attributes may come encrypted; pysaml2 opens them with ``decrypt``."""
    holder = encrypted_id(KVK, "90000012", party("urn:other"), reader)
    opened = xml(broker.client.sec.decrypt(holder))
    assert opened.findtext("saml:NameID", namespaces=NS) == "90000012"
    with pytest.raises(saml2.sigver.DecryptError):
        broker.client.sec.decrypt(encrypted_id(KVK, "90000012", party("urn:other")))
    with pytest.raises(saml2.sigver.DecryptError):
        broker.client.sec.decrypt("<a/>")


def test_without_the_xmlsec1_program(tmp_path: Path) -> None:
    """A whole login in a process that has no PATH to find a program on, and may not start one."""
    code = """
import subprocess, sys
def never(*args, **kwargs):
    raise AssertionError(f"a program was started: {args}")
subprocess.Popen.__init__ = never
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-k", "test_logs_in", sys.argv[1]]))
"""
    test = Path(__file__).with_name("test_helpdeskpo_login.py")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(test)],
        cwd=tmp_path,
        env={
            "PATH": str(tmp_path),
            "PYTHONPATH": str(root),
            "HOME": str(tmp_path),
            # Plugins of others start programs as they are loaded.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **_coverage(),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def _coverage() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("COV")}
