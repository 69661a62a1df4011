"""A service provider on signxml and cryptography: makes requests, good and bad, and reads answers strictly."""

from __future__ import annotations

import base64
import hashlib
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLSigner, XMLVerifier
from signxml.algorithms import CanonicalizationMethod

NS = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "xc": "urn:oasis:names:tc:xacml:2.0:context:schema:os",
}
ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
LOA = "urn:etoegang:core:assurance-class:"
EXPECT = SignatureConfiguration(
    require_x509=False,
    location="./",
    signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


def make_key(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sign(element: etree._Element, key: Any, certificate: x509.Certificate, **how: Any) -> etree._Element:
    """Enveloped, after Issuer, KeyInfo with the KeyName only, as the scheme wants it."""
    namespaces = how.get("namespaces", {"ds": NS["ds"]})
    placeholder = etree.Element(f"{{{NS['ds']}}}Signature", Id="placeholder", nsmap=namespaces)
    element.insert(1, placeholder)
    signer = XMLSigner(
        signature_algorithm=how.get("signature_algorithm", SignatureMethod.RSA_SHA256),
        digest_algorithm=how.get("digest_algorithm", DigestAlgorithm.SHA256),
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signer.namespaces = namespaces
    return signer.sign(element, key=key, key_name=fingerprint(certificate), reference_uri=element.get("ID"))


def fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


@dataclass
class ServiceProvider:
    """``acs`` maps index to (binding, location); the first is the default. ``ars`` maps index to the location of an
    ArtifactResolutionService, ``slo`` binding to that of a SingleLogoutService; there are none unless given."""

    entity_id: str = "urn:etoegang:DV:00000001777777770000:entities:9001"
    services: dict[int, tuple[str, str]] = field(
        default_factory=lambda: {1: ("urn:etoegang:DV:00000001777777770000:services:1", "Testdienst")}
    )
    acs: dict[int, tuple[str, str]] = field(
        default_factory=lambda: {
            1: (ARTIFACT, "http://localhost:9/acs/artifact"),
            2: (POST, "http://localhost:9/acs/post"),
        }
    )
    organization: str = "Testorganisatie (fictief)"
    ars: dict[int, str] = field(default_factory=dict)
    slo: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key, self.certificate = make_key("service provider")

    @property
    def metadata(self) -> bytes:
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        acs = "".join(
            f'<md:AssertionConsumerService index="{index}" Binding="{binding}" Location="{location}"'
            f"{' isDefault=' + chr(34) + 'true' + chr(34) if index == min(self.acs) else ''}/>"
            for index, (binding, location) in self.acs.items()
        )
        others = "".join(
            f'<md:ArtifactResolutionService index="{index}" Binding="{SOAP}" Location="{location}"/>'
            for index, location in self.ars.items()
        ) + "".join(
            f'<md:SingleLogoutService Binding="{binding}" Location="{location}"/>'
            for binding, location in self.slo.items()
        )
        services = "".join(
            f'<md:AttributeConsumingService index="{index}"'
            f"{' isDefault=' + chr(34) + 'true' + chr(34) if index == min(self.services) else ''}>"
            f'<md:ServiceName xml:lang="nl">{name}</md:ServiceName>'
            f'<md:RequestedAttribute Name="{service}"/></md:AttributeConsumingService>'
            for index, (service, name) in self.services.items()
        )
        return (
            f'<md:EntityDescriptor xmlns:md="{NS["md"]}" entityID="{self.entity_id}">'
            f'<md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" '
            f'protocolSupportEnumeration="{NS["samlp"]}"><md:KeyDescriptor><ds:KeyInfo xmlns:ds="{NS["ds"]}">'
            f"<ds:KeyName>{fingerprint(self.certificate)}</ds:KeyName><ds:X509Data><ds:X509Certificate>{der}"
            f"</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{others}{acs}{services}"
            f'</md:SPSSODescriptor><md:Organization><md:OrganizationName xml:lang="nl">{self.organization}'
            f'</md:OrganizationName><md:OrganizationDisplayName xml:lang="nl">{self.organization}'
            f'</md:OrganizationDisplayName><md:OrganizationURL xml:lang="nl">http://localhost:9/'
            f"</md:OrganizationURL></md:Organization></md:EntityDescriptor>"
        ).encode()

    def request(
        self,
        destination: str,
        *,
        level: str | None = "loa3",
        children: str = "",
        issuer: str | None = None,
        now: datetime | None = None,
        **attributes: str | None,
    ) -> etree._Element:
        """An unsigned AuthnRequest; None leaves an attribute out, anything else overrides it."""
        values: dict[str, str | None] = {
            "ID": "_" + uuid.uuid4().hex,
            "Version": "2.0",
            "IssueInstant": instant(now or datetime.now(UTC)),
            "Destination": destination,
            "ForceAuthn": "true",
            "AssertionConsumerServiceIndex": "1",
            "AttributeConsumingServiceIndex": "1",
        } | attributes
        context = (
            f'<samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef>{LOA}{level}'
            "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
            if level
            else ""
        )
        element = etree.fromstring(
            f'<samlp:AuthnRequest xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer>{children}{context}</samlp:AuthnRequest>"
        )
        for name, value in values.items():
            if value is not None:
                element.set(name, value)
        return element

    def signed(self, element: etree._Element, **how: Any) -> bytes:
        return etree.tostring(sign(element, self.key, self.certificate, **how))

    def form(self, xml: bytes, relay_state: str | None = "rs-1") -> dict[str, str]:
        data = {"SAMLRequest": base64.b64encode(xml).decode()}
        return data if relay_state is None else {**data, "RelayState": relay_state}

    def query(self, xml: bytes, relay_state: str | None = "rs-1", algorithm: str = RSA_SHA256) -> str:
        """The signed query of an HTTP-Redirect."""
        deflater = zlib.compressobj(wbits=-15)
        packed = base64.b64encode(deflater.compress(xml) + deflater.flush()).decode()
        parts = [f"SAMLRequest={quote_plus(packed)}"]
        if relay_state is not None:
            parts.append(f"RelayState={quote_plus(relay_state)}")
        parts.append(f"SigAlg={quote_plus(algorithm)}")
        octets = "&".join(parts)
        digest = hashes.SHA1() if algorithm.endswith("rsa-sha1") else hashes.SHA256()
        signature = self.key.sign(octets.encode(), padding.PKCS1v15(), digest)
        return f"{octets}&Signature={quote_plus(base64.b64encode(signature).decode())}"

    def resolve_message(self, artifact: str, destination: str | None = None, **how: Any) -> bytes:
        """A signed ArtifactResolve in its SOAP envelope."""
        element = etree.fromstring(
            f'<samlp:ArtifactResolve xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" '
            f'ID="_{uuid.uuid4().hex}" Version="2.0" IssueInstant="{instant(datetime.now(UTC))}">'
            f"<saml:Issuer>{self.entity_id}</saml:Issuer>"
            f"<samlp:Artifact>{artifact}</samlp:Artifact></samlp:ArtifactResolve>"
        )
        if destination:
            element.set("Destination", destination)
        return soap(etree.tostring(sign(element, self.key, self.certificate, **how)))

    def logout_request(
        self,
        destination: str,
        name_id: str | None,
        session_index: str | None,
        *,
        issuer: str | None = None,
        **attributes: str | None,
    ) -> etree._Element:
        """An unsigned LogoutRequest; None leaves out, an attribute given overrides."""
        values: dict[str, str | None] = {
            "ID": "_" + uuid.uuid4().hex,
            "Version": "2.0",
            "IssueInstant": instant(datetime.now(UTC)),
            "Destination": destination,
        } | attributes
        name = "" if name_id is None else f"<saml:NameID>{name_id}</saml:NameID>"
        session = "" if session_index is None else f"<samlp:SessionIndex>{session_index}</samlp:SessionIndex>"
        element = etree.fromstring(
            f'<samlp:LogoutRequest xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer>{name}{session}</samlp:LogoutRequest>"
        )
        for attribute, value in values.items():
            if value is not None:
                element.set(attribute, value)
        return element

    def artifact(self, index: int = 0, handle: bytes | None = None) -> str:
        """A new one, with our SourceID."""
        source = hashlib.sha1(self.entity_id.encode()).digest()
        handle = uuid.uuid4().bytes + b"\0\0\0\0" if handle is None else handle
        return base64.b64encode(b"\x00\x04" + index.to_bytes(2, "big") + source + handle).decode()

    def artifact_response(
        self, in_response_to: str | None, message: bytes | None, *, issuer: str | None = None, **how: Any
    ) -> bytes:
        """A signed ArtifactResponse around a message, in its SOAP envelope; ``status`` without the prefix."""
        status = how.pop("status", "Success")
        element = etree.fromstring(
            f'<samlp:ArtifactResponse xmlns:samlp="{NS["samlp"]}" xmlns:saml="{NS["saml"]}" '
            f'ID="_{uuid.uuid4().hex}" Version="2.0" IssueInstant="{instant(datetime.now(UTC))}">'
            f"<saml:Issuer>{issuer or self.entity_id}</saml:Issuer><samlp:Status><samlp:StatusCode "
            # As text: lxml renames the prefixes of what is put into a tree, and so breaks its signature.
            f'Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>{(message or b"").decode()}'
            "</samlp:ArtifactResponse>"
        )
        if in_response_to is not None:
            element.set("InResponseTo", in_response_to)
        return soap(etree.tostring(sign(element, self.key, self.certificate, **how)))

    def decrypt(self, encrypted_id: etree._Element) -> etree._Element:
        """The NameID inside an EncryptedID, by the EncryptedKey that names us as Recipient."""
        return decrypt(encrypted_id, self.key, self.entity_id)


def soap(message: bytes) -> bytes:
    return (
        f'<soap:Envelope xmlns:soap="{NS["soap"]}"><soap:Body>'.encode()
        + message
        + b"</soap:Body></soap:Envelope>"
    )


def decrypt(encrypted_id: etree._Element, key: rsa.RSAPrivateKey, recipient: str) -> etree._Element:
    wrapped = encrypted_id.xpath(
        "xenc:EncryptedKey[@Recipient=$recipient]/xenc:CipherData/xenc:CipherValue",
        namespaces=NS,
        recipient=recipient,
    )[0]
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
    session_key = key.decrypt(base64.b64decode(wrapped.text), oaep)
    data = base64.b64decode(
        encrypted_id.findtext("xenc:EncryptedData/xenc:CipherData/xenc:CipherValue", namespaces=NS)
    )
    decryptor = Cipher(algorithms.AES(session_key), modes.CBC(data[:16])).decryptor()
    plain = decryptor.update(data[16:]) + decryptor.finalize()
    return etree.fromstring(plain[: -plain[-1]])


def verified(element: etree._Element, certificate: x509.Certificate) -> etree._Element:
    """What signxml, a second implementation, says was signed; raises where it is not good."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return XMLVerifier().verify(alone, x509_cert=certificate, expect_config=EXPECT).signed_xml


def certificates_of(metadata: bytes) -> list[x509.Certificate]:
    root = etree.fromstring(metadata)
    found = root.xpath("//md:KeyDescriptor//ds:X509Certificate/text()", namespaces=NS)
    return [x509.load_der_x509_certificate(base64.b64decode(text)) for text in found]


@dataclass
class Landed:
    """What reached the provider: the form of a POST, or the query of a redirect."""

    url: str
    fields: dict[str, str]

    @classmethod
    def of_redirect(cls, location: str) -> Landed:
        split = urlsplit(location)
        fields = {name: values[0] for name, values in parse_qs(split.query).items()}
        return cls(location.partition("?")[0], fields)
