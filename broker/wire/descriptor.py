"""The broker's own metadata, for service providers (spec 8.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.wire import names
from broker.wire.assertions import Party
from broker.wire.signing import sign_with_certificate
from broker.wire.xml import Element, add, make, serialize

IDENTIFIERS = tuple(names.IDENTIFIER_TYPES.values())


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the broker listens: what it announces is what there is, nothing more."""

    sso: Mapping[str, str]
    artifact: Sequence[str]
    home: str


def describe(hm: Party, addresses: Addresses, metadata_id: str) -> bytes:
    """A signed md:EntityDescriptor, stable as long as its input is."""
    entity = make(
        "md:EntityDescriptor",
        {"ID": metadata_id, "entityID": hm.entity_id, "eme:version": "1.13"},
        prefixes="eme",
    )
    extensions = add(entity, "md:Extensions")
    attribute = add(
        add(extensions, "mdattr:EntityAttributes"),
        "saml:Attribute",
        {
            "Name": "urn:oasis:names:tc:SAML:attribute:assurance-certification",
            "NameFormat": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
        },
    )
    add(
        attribute,
        "saml:AttributeValue",
        {"xsi:type": "xs:string"},
        "urn:etoegang:core:assurance-class:loa4",
        prefixes="xs xsi",
    )
    idp = add(
        entity,
        "md:IDPSSODescriptor",
        {"WantAuthnRequestsSigned": "true", "protocolSupportEnumeration": names.SAMLP},
    )
    _key(idp, hm)
    for index, location in enumerate(addresses.artifact):
        add(
            idp,
            "md:ArtifactResolutionService",
            {
                "Binding": names.SOAP_BINDING,
                "Location": location,
                "index": str(index),
                "isDefault": "true" if index == 0 else "false",
            },
        )
    for identifier in IDENTIFIERS:
        add(idp, "md:NameIDFormat", text=identifier)
    for binding, location in addresses.sso.items():
        add(idp, "md:SingleSignOnService", {"Binding": binding, "Location": location})
    organization = add(entity, "md:Organization")
    for name in ("md:OrganizationName", "md:OrganizationDisplayName"):
        add(organization, name, {"xml:lang": "nl"}, "Mock eHerkenning (TEST)")
    add(organization, "md:OrganizationURL", {"xml:lang": "nl"}, addresses.home)
    contact = add(entity, "md:ContactPerson", {"contactType": "administrative"})
    add(contact, "md:Company", text="Mock eHerkenning (TEST)")
    add(contact, "md:EmailAddress", text="test@mock-eherkenning.example")
    sign_with_certificate(entity, hm.key)
    return serialize(entity)


def _key(descriptor: Element, party: Party) -> None:
    key = add(descriptor, "md:KeyDescriptor", {"use": "signing"})
    info = add(key, "ds:KeyInfo")
    add(info, "ds:KeyName", text=party.key.key_name)
    add(add(info, "ds:X509Data"), "ds:X509Certificate", text=party.key.certificate.base64)
