"""A flawless service catalogue, and how each rule's example departs from it."""

from __future__ import annotations

from typing import Any

from broker.rules.engine import Example
from broker.rules.metadata.examples import NOW, OIN, key
from broker.rules.service_catalogue.seen import Beside, Pair, SeenCatalogue, see
from broker.wire.signing import sign
from broker.wire.xml import parse, serialize

HM = "00000003999999990000"
BESIDE = Beside(HM, NOW, f"urn:etoegang:DV:{OIN}:entities:9001")

KVK = (
    '<esc:EntityConcernedTypesAllowed setNumber="1">'
    "urn:etoegang:1.9:EntityConcernedID:KvKnr</esc:EntityConcernedTypesAllowed>"
)

FLAWLESS = f"""\
<esc:ServiceCatalogue xmlns:esc="urn:etoegang:1.13:service-catalog" ID="_catalogue-1"
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" esc:IssueInstant="2026-01-01T00:00:00Z"
    esc:Version="urn:etoegang:1.13:53">
  <esc:ServiceProvider esc:IsPublic="true">
    <esc:ServiceProviderID>{OIN}</esc:ServiceProviderID>
    <esc:OrganizationDisplayName xml:lang="nl">Testorganisatie (fictief)</esc:OrganizationDisplayName>
    <esc:ServiceDefinition esc:IsPublic="true">
      <esc:ServiceUUID>11111111-1111-4111-8111-111111111111</esc:ServiceUUID>
      <esc:ServiceName xml:lang="nl">Mijn loket</esc:ServiceName>
      <esc:ServiceDescription xml:lang="nl">Een aanvraag doen of inzien</esc:ServiceDescription>
      <saml:AuthnContextClassRef>urn:etoegang:core:assurance-class:loa3</saml:AuthnContextClassRef>
      <esc:HerkenningsmakelaarId>{HM}</esc:HerkenningsmakelaarId>
      {KVK}
      <esc:RequestedAttribute Name="urn:etoegang:1.9:attribute:FirstName" isRequired="false">
        <esc:PurposeStatement xml:lang="nl">Om u aan te spreken</esc:PurposeStatement>
      </esc:RequestedAttribute>
    </esc:ServiceDefinition>
    <esc:ServiceInstance esc:IsPublic="true">
      <esc:ServiceID>urn:etoegang:DV:{OIN}:services:1</esc:ServiceID>
      <esc:ServiceUUID>22222222-2222-4222-8222-222222222222</esc:ServiceUUID>
      <esc:InstanceOfService>11111111-1111-4111-8111-111111111111</esc:InstanceOfService>
      <esc:HerkenningsmakelaarId>{HM}</esc:HerkenningsmakelaarId>
      <esc:SSOSupport>true</esc:SSOSupport>
      <esc:ServiceCertificate><md:KeyDescriptor use="encryption"><ds:KeyInfo>
        <ds:KeyName>FINGERPRINT</ds:KeyName>
        <ds:X509Data><ds:X509Certificate>CERTIFICATE</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo></md:KeyDescriptor></esc:ServiceCertificate>
    </esc:ServiceInstance>
  </esc:ServiceProvider>
</esc:ServiceCatalogue>"""


def document(*edits: tuple[str, str], signed: bool = True) -> bytes:
    text = FLAWLESS
    for old, new in edits:
        if old not in text:
            raise ValueError(f"the flawless catalogue has no {old!r}")
        text = text.replace(old, new)
    text = text.replace("FINGERPRINT", key().key_name).replace("CERTIFICATE", key().certificate.base64)
    if not signed:
        return text.encode()
    root = parse(text.encode())
    sign(root, key())
    return serialize(root)


def made(*edits: tuple[str, str], **how: Any) -> SeenCatalogue:
    return see(document(*edits, **how), BESIDE)


def swap(old: str, new: str) -> Pair:
    """Good: the flawless catalogue, with ``old`` in it. Bad: with ``new`` instead of that."""
    return Pair(
        bad=Example(lambda: made((old, new)), FLAWLESS.replace(old, new)), good=Example(made, FLAWLESS)
    )
