"""A service catalogue (dienstencatalogus) as a service provider would hand it in, in parts that a test can change."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import serialization

KVK = "urn:etoegang:1.9:EntityConcernedID:KvKnr"
RSIN = "urn:etoegang:1.9:EntityConcernedID:RSIN"
PSEUDO = "urn:etoegang:1.9:EntityConcernedID:Pseudo"
BRANCH = "urn:etoegang:1.9:ServiceRestriction:Vestigingsnr"
DEFINITION = "11111111-1111-4111-8111-111111111111"
INSTANCE = "22222222-2222-4222-8222-222222222222"


@dataclass
class Catalogue:
    """``types`` are (URN, setNumber or None); ``attributes`` (name, isRequired, purpose)."""

    oin: str = "00000001777777770000"
    service_id: str = "urn:etoegang:DV:00000001777777770000:services:1"
    name: str = "Dienst uit de catalogus"
    provider: str = "Organisatie uit de catalogus"
    level: str = "urn:etoegang:core:assurance-class:loa2plus"
    types: list[tuple[str, str | None]] = field(default_factory=lambda: [(RSIN, "1"), (KVK, "1"), (KVK, "2")])
    restrictions: tuple[str, ...] = ()
    attributes: tuple[tuple[str, bool, str], ...] = ()
    certificate: x509.Certificate | None = None
    instance_of: str = f"<esc:InstanceOfService>{DEFINITION}</esc:InstanceOfService>"
    more: str = ""
    namespace: str = "urn:etoegang:1.13:service-catalog"

    @property
    def xml(self) -> bytes:
        types = "".join(
            f"<esc:EntityConcernedTypesAllowed{'' if number is None else f' setNumber={chr(34)}{number}{chr(34)}'}>"
            f"{urn}</esc:EntityConcernedTypesAllowed>"
            for urn, number in self.types
        )
        restrictions = "".join(
            f"<esc:ServiceRestrictionsAllowed>{urn}</esc:ServiceRestrictionsAllowed>"
            for urn in self.restrictions
        )
        attributes = "".join(
            f'<esc:RequestedAttribute Name="{name}" isRequired="{str(required).lower()}">'
            f'<esc:PurposeStatement xml:lang="nl">{purpose}</esc:PurposeStatement></esc:RequestedAttribute>'
            for name, required, purpose in self.attributes
        )
        certificate = ""
        if self.certificate is not None:
            der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
            certificate = (
                '<esc:ServiceCertificate><md:KeyDescriptor use="encryption"><ds:KeyInfo>'
                "<ds:KeyName>name-in-the-catalogue</ds:KeyName><ds:X509Data><ds:X509Certificate>"
                f"{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
                "</esc:ServiceCertificate>"
            )
        return (
            f'<esc:ServiceCatalogue xmlns:esc="{self.namespace}" '
            'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '
            'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
            'esc:IssueInstant="2026-01-01T00:00:00Z" esc:Version="urn:etoegang:1.13:53">\n'
            f'<esc:ServiceProvider esc:IsPublic="true"><esc:ServiceProviderID>{self.oin}</esc:ServiceProviderID>'
            f'<esc:OrganizationDisplayName xml:lang="nl">{self.provider}</esc:OrganizationDisplayName>\n'
            '<esc:ServiceDefinition esc:IsPublic="true">'
            f"<esc:ServiceUUID>{DEFINITION}</esc:ServiceUUID>"
            f'<esc:ServiceName xml:lang="nl">{self.name}</esc:ServiceName>'
            '<esc:ServiceDescription xml:lang="nl">Een dienst</esc:ServiceDescription>\n'
            f"<saml:AuthnContextClassRef>{self.level}</saml:AuthnContextClassRef>\n"
            "<esc:HerkenningsmakelaarId>00000003999999990000</esc:HerkenningsmakelaarId>\n"
            f"{types}{restrictions}{attributes}</esc:ServiceDefinition>\n"
            '<esc:ServiceInstance esc:IsPublic="true">'
            f"<esc:ServiceID>{self.service_id}</esc:ServiceID>\n"
            f"<esc:ServiceUUID>{INSTANCE}</esc:ServiceUUID>{self.instance_of}"
            "<esc:HerkenningsmakelaarId>00000003999999990000</esc:HerkenningsmakelaarId>"
            f"<esc:SSOSupport>true</esc:SSOSupport>{certificate}</esc:ServiceInstance>\n"
            f"</esc:ServiceProvider>{self.more}</esc:ServiceCatalogue>"
        ).encode()
