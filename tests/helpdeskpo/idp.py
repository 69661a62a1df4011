"""A small identity provider: a broker's answers as spec 14.3 and 14.5 draw them, good or wrong on purpose.

Made with lxml and xmlsec, and without a line of helpdeskpo: a mistake there cannot hide behind the same mistake here.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from secrets import token_bytes, token_hex
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

DV = "urn:etoegang:DV:00000001999999990000:entities:9001"
HM = "urn:etoegang:HM:00000003999999990000:entities:9001"
AD = "urn:etoegang:AD:00000003888888880000:entities:9001"
MR = "urn:etoegang:MR:00000003888888880000:entities:9002"
SERVICE = "urn:etoegang:DV:00000001999999990000:services:1"
LOA = "urn:etoegang:core:assurance-class:"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
KVK = "urn:etoegang:1.9:EntityConcernedID:KvKnr"
RSIN = "urn:etoegang:1.9:EntityConcernedID:RSIN"
PSEUDO = "urn:etoegang:1.13:EntityConcernedID:Pseudo"
PSEUDONYM = "5039c4" + "ab" * 29 + "@0ae3c8" + "cd" * 13

NS = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xacml-saml": "urn:oasis:xacml:2.0:saml:assertion:schema:os",
    "xc": "urn:oasis:names:tc:xacml:2.0:context:schema:os",
}
_SAML_NS = f'xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}"'


@dataclass(frozen=True)
class Party:
    """Somebody who signs."""

    entity_id: str
    key_pem: bytes
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def certificate_base64(self) -> str:
        return "".join(self.certificate_pem.split("\n")[1:-2])

    @property
    def key_name(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


@lru_cache(maxsize=32)
def party(entity_id: str) -> Party:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, entity_id[:60])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Party(entity_id, pem, certificate)


def xml(text: str) -> Any:
    """Any: tests move elements about, and lxml's types have an opinion on each step."""
    return etree.fromstring(text, etree.XMLParser(remove_blank_text=True))


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def sign(
    node: Any,
    signer: Party,
    *,
    signature: str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    digest: str = "http://www.w3.org/2001/04/xmlenc#sha256",
    certificate_in_key_info: bool = False,
) -> None:
    """An enveloped signature right after the Issuer."""
    key_info = f"<ds:KeyName>{signer.key_name}</ds:KeyName>"
    if certificate_in_key_info:
        certificate = signer.certificate_base64
        key_info = f"<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>"
    template = xml(
        f"""<ds:Signature xmlns:ds="{NS["ds"]}"><ds:SignedInfo>
        <ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
        <ds:SignatureMethod Algorithm="{signature}"/>
        <ds:Reference URI="#{node.get("ID")}"><ds:Transforms>
        <ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
        <ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
        <ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>
        <ds:SignatureValue/><ds:KeyInfo>{key_info}</ds:KeyInfo></ds:Signature>"""
    )
    node.insert(1 if len(node) and node[0].tag.endswith("Issuer") else 0, template)
    context = xmlsec.SignatureContext()
    context.register_id(node, "ID")
    context.key = xmlsec.Key.from_memory(signer.key_pem, xmlsec.constants.KeyDataFormatPem)
    context.sign(template)


@lru_cache(maxsize=32)
def _manager(certificate_pem: str) -> Any:
    """Kept, because making one reads all certificates of the system."""
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate_pem, xmlsec.constants.KeyDataFormatCertPem))
    return manager


def encrypted_id(qualifier: str, value: str, *readers: Party) -> str:
    """An EncryptedID as the scheme nests it: the EncryptedKeys are siblings of the EncryptedData."""
    holder = xml(
        f"""<saml:EncryptedID xmlns:saml="{NS["saml"]}"><saml:NameID xmlns:saml="{NS["saml"]}"
        Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
        NameQualifier="{qualifier}">{value}</saml:NameID></saml:EncryptedID>"""
    )
    name_id = holder[0]
    # The first reader by xmlsec, which makes and wraps the session key; the others get a key that opens nothing.
    *decoys, reader = readers
    data_id, key_id = f"_ed{token_hex(8)}", f"_ek{token_hex(8)}"
    template = xmlsec.template.encrypted_data_create(
        holder,
        xmlsec.constants.TransformAes256Cbc,
        id=data_id,
        type=xmlsec.constants.TypeEncElement,
        ns="xenc",
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    key = xmlsec.template.add_encrypted_key(info, xmlsec.constants.TransformRsaOaep, id=key_id)
    xmlsec.template.encrypted_data_ensure_cipher_value(key)
    context = xmlsec.EncryptionContext(_manager(reader.certificate_pem))
    context.key = xmlsec.Key.generate(xmlsec.constants.KeyDataAes, 256, xmlsec.constants.KeyDataTypeSession)
    context.encrypt_xml(template, name_id)
    # Parsed again: lxml does not find elements that xmlsec's libxml2 has made, by their names.
    holder = xml(etree.tostring(holder).decode())
    data = holder[0]
    info = data.find("ds:KeyInfo", NS)
    key = info.find("xenc:EncryptedKey", NS)
    info.remove(key)
    key.set("Recipient", reader.entity_id)
    etree.SubElement(
        info, f"{{{NS['ds']}}}RetrievalMethod", Type=NS["xenc"] + "EncryptedKey", URI=f"#{key_id}"
    )
    for decoy in decoys:
        other = xml(etree.tostring(key).decode())
        other.set("Recipient", decoy.entity_id)
        other.set("Id", f"_ek{token_hex(8)}")
        other.find(".//xenc:CipherValue", NS).text = base64.b64encode(token_bytes(256)).decode()
        holder.append(other)
    holder.append(key)
    key.append(
        xml(
            f'<xenc:ReferenceList xmlns:xenc="{NS["xenc"]}"><xenc:DataReference URI="#{data_id}"/>'
            "</xenc:ReferenceList>"
        )
    )
    return etree.tostring(holder).decode()


@dataclass
class Answer:
    """One answer. A good one, unless a field says otherwise."""

    request_id: str
    acs: str
    reader: Party
    """The service provider's certificate, as its metadata shows it."""

    status: str = "Success"
    second_status: str = ""
    message: str = ""
    destination: str | None = None
    recipient: str | None = None
    audience: str = DV
    in_response_to: str | None = None
    confirmed_in_response_to: str | None = None
    issuer: str = HM
    assertion_issuer: str = HM
    assertion_id: str = field(default_factory=lambda: f"_as{token_hex(8)}")
    issued: datetime = field(default_factory=lambda: datetime.now(UTC))
    not_before: timedelta = timedelta(seconds=-5)
    not_on_or_after: timedelta = timedelta(minutes=2)
    confirmed_until: timedelta | None = None
    level: str = "loa3"
    service: str = SERVICE
    legal: tuple[tuple[str, str], ...] = ((KVK, "90000012"),)
    acting: tuple[tuple[str, str], ...] = ((PSEUDO, PSEUDONYM),)
    extra: str = ""
    """More Attribute elements."""
    decoys: tuple[Party, ...] = ()
    """Other readers, whose keys stand before ours."""
    advice: bool = True
    sign_response: bool = True
    sign_assertion: bool = True
    signer: Party | None = None
    sign_options: dict[str, Any] = field(default_factory=dict)
    tamper: Callable[[Any], None] | None = None
    """Called with the Response before anything is signed."""


def attribute(name: str, *values: str) -> str:
    inner = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{inner}</saml:Attribute>'


def string_attribute(name: str, value: str, xsi_type: str = "xs:string") -> str:
    return (
        f'<saml:Attribute Name="{name}"><saml:AttributeValue xmlns:xs="{NS["xs"]}" xmlns:xsi="{NS["xsi"]}" '
        f'xsi:type="{xsi_type}">{value}</saml:AttributeValue></saml:Attribute>'
    )


class Idp:
    """The broker's side of a login, without its pages."""

    def __init__(self, base: str = "http://127.0.0.1:9") -> None:
        self.base = base
        self.me = party(HM)
        self.artifacts: dict[str, bytes] = {}
        self.resolved: list[bytes] = []

    def metadata(self, *certificates: Party) -> bytes:
        keys = "".join(
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{NS["ds"]}">'
            f"<ds:KeyName>{one.key_name}</ds:KeyName><ds:X509Data><ds:X509Certificate>{one.certificate_base64}"
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for one in certificates or (self.me,)
        )
        binding = "urn:oasis:names:tc:SAML:2.0:bindings:"
        root = xml(
            f"""<md:EntityDescriptor xmlns:md="{NS["md"]}" ID="_md1" entityID="{HM}">
            <md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="{NS["samlp"]}">{keys}
            <md:ArtifactResolutionService Binding="{binding}SOAP" Location="{self.base}/ars/1.13" index="17"/>
            <md:NameIDFormat>{KVK}</md:NameIDFormat>
            <md:SingleSignOnService Binding="{binding}HTTP-POST" Location="{self.base}/sso/1.13"/>
            <md:SingleSignOnService Binding="{binding}HTTP-Redirect" Location="{self.base}/sso/1.13"/>
            </md:IDPSSODescriptor></md:EntityDescriptor>"""
        )
        sign(root, self.me)
        return etree.tostring(root)

    def response(self, a: Answer) -> bytes:
        """The Response, signed from the inside out."""
        in_response_to = a.request_id if a.in_response_to is None else a.in_response_to
        code = f'<samlp:StatusCode Value="{STATUS}{a.second_status}"/>' if a.second_status else ""
        message = f"<samlp:StatusMessage>{a.message}</samlp:StatusMessage>" if a.message else ""
        root = xml(
            f"""<samlp:Response {_SAML_NS} ID="_r{token_hex(8)}" InResponseTo="{in_response_to}" Version="2.0"
            IssueInstant="{instant(a.issued)}" Destination="{a.destination or a.acs}">
            <saml:Issuer>{a.issuer}</saml:Issuer>
            <samlp:Status><samlp:StatusCode Value="{STATUS}{a.status}">{code}</samlp:StatusCode>{message}</samlp:Status>
            </samlp:Response>"""
        )
        if a.status == "Success":
            root.append(self._assertion(a, in_response_to))
        if a.tamper:
            a.tamper(root)
        signer = a.signer or self.me
        assertion = root.find("saml:Assertion", NS)
        if a.sign_assertion and assertion is not None:
            sign(assertion, signer, **a.sign_options)
        if a.sign_response:
            sign(root, signer, **a.sign_options)
        return etree.tostring(root)

    def _assertion(self, a: Answer, in_response_to: str) -> Any:
        legal = [encrypted_id(kind, value, *a.decoys, a.reader) for kind, value in a.legal]
        acting = [encrypted_id(kind, value, *a.decoys, a.reader) for kind, value in a.acting]
        confirmed = a.not_on_or_after if a.confirmed_until is None else a.confirmed_until
        root = xml(
            f"""<saml:Assertion {_SAML_NS} ID="{a.assertion_id}" Version="2.0" IssueInstant="{instant(a.issued)}">
            <saml:Issuer>{a.assertion_issuer}</saml:Issuer>
            <saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
              NameQualifier="{AD}">0d1f6a52-6a6d-4c55-8f4d-0c2f3f1b7a11</saml:NameID>
            <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
              InResponseTo="{a.confirmed_in_response_to or in_response_to}"
              NotOnOrAfter="{instant(a.issued + confirmed)}" Recipient="{a.recipient or a.acs}"/>
            </saml:SubjectConfirmation></saml:Subject>
            <saml:Conditions NotBefore="{instant(a.issued + a.not_before)}"
              NotOnOrAfter="{instant(a.issued + a.not_on_or_after)}"><saml:AudienceRestriction>
            <saml:Audience>{a.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
            <saml:Advice/>
            <saml:AuthnStatement AuthnInstant="{instant(a.issued)}" SessionIndex="dd222286-41db-4d40-9c97-951e9aab0d92">
            <saml:AuthnContext><saml:AuthnContextClassRef>{LOA}{a.level}</saml:AuthnContextClassRef>
            <saml:AuthenticatingAuthority>{AD}</saml:AuthenticatingAuthority></saml:AuthnContext></saml:AuthnStatement>
            <saml:AttributeStatement>
            {string_attribute("urn:etoegang:core:ServiceID", a.service)}
            {string_attribute("urn:etoegang:core:ServiceUUID", "4b1c6f0e-2f0a-4f0e-9a57-52b1f4d9f001")}
            {attribute("urn:etoegang:core:LegalSubjectID", *legal) if legal else ""}
            {attribute("urn:etoegang:core:ActingSubjectID", *acting) if acting else ""}
            {a.extra}</saml:AttributeStatement></saml:Assertion>"""
        )
        advice = root.find("saml:Advice", NS)
        if a.advice:
            self._advice(advice, a)
        else:
            root.remove(advice)
        return root

    def _advice(self, advice: Any, a: Answer) -> None:
        """The AD's and the MR's assertions, each signed by its own maker. What they say must not be believed by the SP:
        the AD assertion names another service and a company of its own."""
        ad = xml(
            f"""<saml:Assertion {_SAML_NS} ID="_ad{token_hex(8)}" Version="2.0" IssueInstant="{instant(a.issued)}">
            <saml:Issuer>{AD}</saml:Issuer>
            <saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">x</saml:NameID>
            <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
              InResponseTo="_hm1" NotOnOrAfter="{instant(a.issued)}" Recipient="{self.base}/acs"/>
            </saml:SubjectConfirmation></saml:Subject>
            <saml:AuthnStatement AuthnInstant="{instant(a.issued)}"><saml:AuthnContext>
            <saml:AuthnContextClassRef>{LOA}loa4</saml:AuthnContextClassRef>
            <saml:AuthenticatingAuthority>00000003888888880000</saml:AuthenticatingAuthority>
            </saml:AuthnContext></saml:AuthnStatement>
            <saml:AttributeStatement>
            {string_attribute("urn:etoegang:core:Representation", "true", "xs:boolean")}
            {string_attribute("urn:etoegang:core:ServiceID", SERVICE[:-1] + "2")}
            {attribute("urn:etoegang:core:LegalSubjectID", encrypted_id(KVK, "99999999", a.reader))}
            {attribute("urn:etoegang:core:ActingSubjectID", encrypted_id(PSEUDO, "x", party(MR)))}
            </saml:AttributeStatement></saml:Assertion>"""
        )
        sign(ad, party(AD))
        linked = ad.findtext("ds:Signature/ds:SignatureValue", namespaces=NS)
        mr = xml(
            f"""<saml:Assertion {_SAML_NS} ID="_mr{token_hex(8)}" Version="2.0" IssueInstant="{instant(a.issued)}">
            <saml:Issuer>{MR}</saml:Issuer>
            <saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
              NameQualifier="{MR}">y</saml:NameID></saml:Subject>
            <saml:Conditions NotBefore="{instant(a.issued)}"/>
            <saml:Advice><saml:AssertionIDRef>{ad.get("ID")}</saml:AssertionIDRef></saml:Advice>
            {self._decision(a, linked)}</saml:Assertion>"""
        )
        sign(mr, party(MR))
        advice.extend([ad, mr])

    def _decision(self, a: Answer, linked: str) -> str:
        text = f'DataType="{NS["xs"]}#string"'
        encrypted = f'DataType="{NS["saml"]}#EncryptedID" Issuer="{MR}"'
        binary = f'DataType="{NS["xs"]}#base64Binary" Issuer="{MR}"'
        base = "urn:etoegang:core:"

        def value(name: str, kind: str, content: str) -> str:
            return (
                f'<xc:Attribute AttributeId="{name}" {kind}><xc:AttributeValue>{content}</xc:AttributeValue>'
                "</xc:Attribute>"
            )

        return f"""<saml:Statement xmlns:xsi="{NS["xsi"]}" xmlns:xacml-saml="{NS["xacml-saml"]}" xmlns:xc="{NS["xc"]}"
            xsi:type="xacml-saml:XACMLAuthzDecisionStatementType">
            <xc:Response><xc:Result><xc:Decision>Permit</xc:Decision><xc:Status><xc:StatusCode
              Value="urn:oasis:names:tc:xacml:1.0:status:ok"/></xc:Status></xc:Result></xc:Response>
            <xc:Request>
            <xc:Subject SubjectCategory="urn:oasis:names:tc:xacml:1.0:subject-category:access-subject">
            {value(base + "ActingSubjectID", encrypted, encrypted_id(PSEUDO, PSEUDONYM, a.reader))}
            {value(base + "LinkedDeclarationSignatureValue", binary, linked)}
            {value(base + "LegalSubjectID", encrypted, encrypted_id(KVK, "90000012", a.reader))}</xc:Subject>
            <xc:Resource>{value(base + "ServiceID", text, SERVICE)}
            {value(base + "LevelOfAssurance", text, LOA + "loa3")}
            {value(base + "LevelOfAssuranceUsed", f'{text} Issuer="{MR}"', LOA + "loa3")}</xc:Resource>
            <xc:Action>{value("urn:oasis:names:tc:xacml:1.0:action:action-id", text, "Authenticate")}</xc:Action>
            <xc:Environment/></xc:Request></saml:Statement>"""

    def keep(self, response: bytes, index: int = 17) -> str:
        """An artifact for this Response."""
        raw = b"\x00\x04" + index.to_bytes(2, "big") + hashlib.sha1(HM.encode()).digest() + token_bytes(20)
        artifact = base64.b64encode(raw).decode()
        self.artifacts[artifact] = response
        return artifact

    def resolve(self, body: bytes, **options: Any) -> bytes:
        """The SOAP answer to a SOAP question."""
        self.resolved.append(body)
        question = xml(body.decode()).find("soap:Body/samlp:ArtifactResolve", NS)
        artifact = question.findtext("samlp:Artifact", namespaces=NS)
        return self.artifact_response(self.artifacts.pop(artifact, b""), question.get("ID"), **options)

    def artifact_response(
        self, response: bytes, question_id: str, *, signer: Party | None = None, signed: bool = True
    ) -> bytes:
        root = xml(
            f"""<samlp:ArtifactResponse {_SAML_NS} ID="_arr{token_hex(8)}" InResponseTo="{question_id}" Version="2.0"
            IssueInstant="{instant(datetime.now(UTC))}"><saml:Issuer>{HM}</saml:Issuer><samlp:Status>
            <samlp:StatusCode Value="{STATUS}Success"/></samlp:Status></samlp:ArtifactResponse>"""
        )
        if response:
            root.append(xml(response.decode()))
        if signed:
            sign(root, signer or self.me)
        envelope = xml(f'<soap:Envelope xmlns:soap="{NS["soap"]}"><soap:Body/></soap:Envelope>')
        envelope[0].append(root)
        return etree.tostring(envelope)


def redirect_request(location: str, certificate: x509.Certificate) -> tuple[Any, dict[str, str]]:
    """The AuthnRequest of a Redirect whose signature holds, and the query."""
    raw = urlsplit(location).query
    query = dict(parse_qsl(raw, strict_parsing=True))
    signed = raw.partition("&Signature=")[0]
    assert query["SigAlg"].endswith("#rsa-sha256")
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(query["Signature"]), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return xml(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15).decode()), query
