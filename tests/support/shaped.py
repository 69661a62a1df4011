"""Answers to providers with settings of their own: set, checked whole, decrypted by two implementations, masked."""

from __future__ import annotations

import base64
import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier

from support.answers import response_xml
from support.golden import readable_xml
from support.schemas import errors_in
from support.sp import NS, ServiceProvider, certificates_of, fingerprint

BY_POST = {"AssertionConsumerServiceIndex": "2"}
HM = "urn:etoegang:HM:00000003999999990000:entities:9001"
BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
DIGESTS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256,
}
CBC = {"http://www.w3.org/2001/04/xmlenc#aes256-cbc": 32, "http://www.w3.org/2001/04/xmlenc#aes128-cbc": 16}
GCM = {"http://www.w3.org/2009/xmlenc11#aes256-gcm": 32, "http://www.w3.org/2009/xmlenc11#aes128-gcm": 16}


def settle(bench: Any, sp: ServiceProvider | None = None, **settings: Any) -> None:
    """Write the section of one provider as a person would, in place of the last one, and have it read."""
    file = bench.home / "eherkenning.yaml"
    text = file.read_text().partition("\nservice_providers:\n")[0]
    lines = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in settings.items())
    entity_id = (sp or bench.sp).entity_id
    file.write_text(f'{text}\nservice_providers:\n  "{entity_id}":\n{lines or "    {}" + chr(10)}')
    bench.application.parts.configuration.refresh()
    assert bench.application.parts.current.problems == ()


def describe_service(bench: Any, identifiers: str, **more: Any) -> None:
    """Put the bench's service in the YAML with these identifier sets."""
    lines = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in {"level": "EH3", **more}.items())
    bench.rewrite(
        "\nservices:\n",
        f"\nservices:\n  mine:\n    name: Mine\n    provider: Me\n    service_id: {bench.sp.services[1][0]}\n"
        f"    identifiers: {identifiers}\n{lines}",
    )
    assert bench.application.parts.current.problems == ()


def answer(bench: Any, person: str = "m.devries", supplier: str = "reconi", **how: Any) -> etree._Element:
    """A whole login by POST; the Response, checked whole."""
    how = {"signature": SignatureMethod.RSA_SHA256, **BY_POST, **how}
    signature = how.pop("signature")
    return checked(bench, response_xml(bench, bench.login(person, supplier, **how)), signature)


def checked(
    bench: Any, message: bytes, signature: SignatureMethod = SignatureMethod.RSA_SHA256
) -> etree._Element:
    """Valid against the schemas, and every signature in it verified by signxml, each by the key of its Issuer."""
    assert errors_in(message) == []
    root = etree.fromstring(message)
    assert signed_parts(root), "nothing in it is signed"
    for element in signed_parts(root):
        issuer = element.findtext("saml:Issuer", namespaces=NS)
        method = signature if issuer == HM else SignatureMethod.RSA_SHA256
        verified_as(element, certificate_of(bench, issuer), method)
    return root


def signed_parts(root: etree._Element) -> list[etree._Element]:
    """Every element that has a signature of its own, outermost first."""
    return [signature.getparent() for signature in root.iter(f"{{{NS['ds']}}}Signature")]


def signed_names(root: etree._Element) -> list[str]:
    """Who signed what, e.g. ``HM Response``, outermost first."""
    return [
        f"{element.findtext('saml:Issuer', namespaces=NS).split(':')[2]} {etree.QName(element).localname}"
        for element in signed_parts(root)
    ]


def verified_as(
    element: etree._Element, certificate: x509.Certificate, method: SignatureMethod
) -> etree._Element:
    """By signxml, with this algorithm and the digest that goes with it; raises where it is not good."""
    digest = DigestAlgorithm[method.name.removeprefix("RSA_")]
    expect = SignatureConfiguration(
        require_x509=False,
        location="./",
        signature_methods=frozenset({method}),
        digest_algorithms=frozenset({digest}),
    )
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return XMLVerifier().verify(alone, x509_cert=certificate, expect_config=expect).signed_xml


def certificate_of(bench: Any, issuer: str) -> x509.Certificate:
    """The broker's from its metadata, a supplier's from its key file, by the name in the certificate."""
    if issuer == HM:
        return certificates_of(bench.browser().get("/metadata").body)[0]
    for file in (bench.home / "certs").glob("supplier-*.pem"):
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        if certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == issuer:
            return certificate
    raise AssertionError(f"no certificate of {issuer}")


# Decryption.


@dataclass(frozen=True)
class Opened:
    """What was inside, by whom it can be read, and by which algorithms."""

    element: etree._Element
    cipher: str
    transport: str
    digest: str


def opened(holder: etree._Element, sp: ServiceProvider) -> Opened:
    """What is in an EncryptedID, EncryptedAttribute or EncryptedAssertion, by the cryptography package."""
    data, key = holder.find("xenc:EncryptedData", NS), holder.find("xenc:EncryptedKey", NS)
    assert key.get("Recipient") == sp.entity_id
    assert key.findtext("ds:KeyInfo/ds:KeyName", namespaces=NS) == fingerprint(sp.certificate)
    retrieval = data.find("ds:KeyInfo/ds:RetrievalMethod", NS)
    assert retrieval.get("URI") == f"#{key.get('Id')}"
    assert key.find("xenc:ReferenceList/xenc:DataReference", NS).get("URI") == f"#{data.get('Id')}"
    method = key.find("xenc:EncryptionMethod", NS)
    digest = method.find("ds:DigestMethod", NS).get("Algorithm")
    cipher = data.find("xenc:EncryptionMethod", NS).get("Algorithm")
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=DIGESTS[digest](), label=None)
    session_key = sp.key.decrypt(_cipher_value(key), oaep)
    plain = _plain(cipher, session_key, _cipher_value(data))
    return Opened(etree.fromstring(plain), cipher, method.get("Algorithm"), digest)


def _plain(cipher: str, key: bytes, data: bytes) -> bytes:
    assert len(key) == {**CBC, **GCM}[cipher]
    if cipher in GCM:
        return AESGCM(key).decrypt(data[:12], data[12:], None)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(data[:16])).decryptor()
    padded = decryptor.update(data[16:]) + decryptor.finalize()
    return padded[: -padded[-1]]


def _cipher_value(node: etree._Element) -> bytes:
    return base64.b64decode(node.findtext("xenc:CipherData/xenc:CipherValue", namespaces=NS))


def opened_by_xmlsec(holder: etree._Element, sp: ServiceProvider) -> etree._Element:
    """The same by the xmlsec package, which finds the key by RetrievalMethod itself."""
    alone = etree.fromstring(etree.tostring(holder, with_tail=False))
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(private_pem(sp), xmlsec.KeyFormat.PEM))
    xmlsec.tree.add_ids(alone, ["Id"])
    context = xmlsec.EncryptionContext(manager)
    return context.decrypt(alone.find("xenc:EncryptedData", NS))


def private_pem(sp: ServiceProvider) -> bytes:
    return sp.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def encrypted_parts(element: etree._Element) -> list[etree._Element]:
    """Every holder of something encrypted, but for those of the MR and AD in Advice."""
    return element.xpath(
        "descendant-or-self::*[xenc:EncryptedData][not(ancestor::saml:Advice)]", namespaces=NS
    )


# Content.


def own(message: etree._Element) -> etree._Element:
    """The broker's own assertion."""
    assertion = message.find("saml:Assertion", NS)
    assert assertion is not None, "the Response has no Assertion"
    return assertion


def plain_values(message: etree._Element) -> dict[str, list[str]]:
    """The attributes of the broker's own statement that are text, by name."""
    found = own(message).xpath("saml:AttributeStatement/saml:Attribute", namespaces=NS)
    texts = {
        attribute.get("Name"): [value.text for value in attribute if not len(value)] for attribute in found
    }
    return {name: values for name, values in texts.items() if values}


def name_ids(sp: ServiceProvider, message: etree._Element, name: str) -> list[tuple[str, str]]:
    """Type and value of each NameID in an attribute of the broker's own statement, decrypted, in order."""
    values = own(message).xpath(
        "saml:AttributeStatement/saml:Attribute[@Name=$name]/saml:AttributeValue",
        namespaces=NS,
        name=f"urn:etoegang:core:{name}",
    )
    inside = [
        opened(value[0], sp).element if value[0].tag.endswith("EncryptedID") else value[0] for value in values
    ]
    assert all(found.get("Format").endswith(":persistent") for found in inside)
    return [(found.get("NameQualifier"), found.text) for found in inside]


# Comparison.


def masked(message: etree._Element) -> str:
    """Readable, without what is new at each login: ids, UUIDs of this login, keys, and values of ciphers."""
    root = etree.fromstring(etree.tostring(message, with_tail=False))
    for node in root.iter(etree.Element):
        name = etree.QName(node).localname
        if name in ("KeyName", "X509Certificate"):
            node.text = f"[{name}]"
        if name == "NameID" and node.get("Format", "").endswith(":transient"):
            node.text = "[transient]"
        for attribute in ("SessionIndex",):
            if node.get(attribute):
                node.set(attribute, f"[{attribute}]")
    return re.sub(r"_[0-9a-f]{32}\b", "[id]", readable_xml(etree.tostring(root)))


def difference(before: etree._Element, after: etree._Element) -> str:
    """What is another in the second message, line by line; empty where nothing is."""
    lines = difflib.unified_diff(
        masked(before).splitlines(),
        masked(after).splitlines(),
        "by default",
        "with the setting",
        "",
        "",
        1,
        "",
    )
    # Without the line numbers: a change elsewhere in the message must not show in every file.
    return "".join(f"{re.sub('^@@.*@@$', '@@', line)}\n" for line in lines)
