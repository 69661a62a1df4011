"""The broker's own metadata, for service providers (spec 8.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broker.wire import names
from broker.wire.assertions import Party
from broker.wire.keys import Certificate
from broker.wire.signing import sign_with_certificate
from broker.wire.xml import Element, add, make, serialize

EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
IDENTIFIERS = tuple(names.IDENTIFIER_TYPES.values())
NETWORK = "urn:etoegang:1.13:T:1"
"""Name of an EntitiesDescriptor: version, T for test, sequence (spec 1.2)."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the broker listens: what it announces is what there is, nothing more."""

    sso: Mapping[str, str]
    artifact: Sequence[str]
    home: str
    logout: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edition:
    """For whom the metadata is: a version of the scheme, or (None) a provider that knows nothing of it."""

    version: str | None = "1.13"

    @property
    def name_id_formats(self) -> tuple[str, ...]:
        """The scheme lists types of identifier here; other libraries take the first as the format to ask for."""
        return (names.PERSISTENT, names.TRANSIENT, EMAIL) if self.version is None else IDENTIFIERS


THE_SCHEME = Edition()


@dataclass(frozen=True, slots=True)
class AuthenticationService:
    """A supplier as RequestADlist names it; ``sso`` is where requests for it go."""

    entity_id: str
    name: str
    sso: Mapping[str, str]
    home: str


def describe(
    hm: Party,
    addresses: Addresses,
    metadata_id: str,
    *,
    also: Sequence[Certificate] = (),
    around: str | None = None,
    edition: Edition = THE_SCHEME,
) -> bytes:
    """A signed md:EntityDescriptor, stable as long as its input is.

    ``also`` are certificates of ours that do not sign now: the next one, or the previous one. With ``around``,
    an ID, an md:EntitiesDescriptor is put around the entity and signed instead of it, as a whole.
    """
    if around is None:
        entity = _entity(hm, addresses, metadata_id, also, edition)
        sign_with_certificate(entity, hm.key)
        return serialize(entity)
    entities = make("md:EntitiesDescriptor", {"ID": around, "Name": NETWORK})
    entities.append(_entity(hm, addresses, metadata_id, also, edition))
    sign_with_certificate(entities, hm.key)
    return serialize(entities)


def describe_services(hm: Party, services: Sequence[AuthenticationService], metadata_id: str) -> bytes:
    """The signed answer to RequestADlist: one md:EntityDescriptor a supplier, in the order given (spec 2.6)."""
    entities = make("md:EntitiesDescriptor", {"ID": metadata_id, "Name": NETWORK})
    for service in services:
        entity = add(
            entities,
            "md:EntityDescriptor",
            {"entityID": service.entity_id, "eme:version": "1.13"},
            prefixes="eme",
        )
        idp = add(
            entity,
            "md:IDPSSODescriptor",
            {"WantAuthnRequestsSigned": "true", "protocolSupportEnumeration": names.SAMLP},
        )
        for binding, location in service.sso.items():
            add(idp, "md:SingleSignOnService", {"Binding": binding, "Location": location})
        _organization(entity, service.name, service.home)
    sign_with_certificate(entities, hm.key)
    return serialize(entities)


def _entity(
    hm: Party, addresses: Addresses, metadata_id: str, also: Sequence[Certificate], edition: Edition
) -> Element:
    own = {"ID": metadata_id, "entityID": hm.entity_id}
    if edition.version is None:
        entity = make("md:EntityDescriptor", own)
    else:
        entity = make("md:EntityDescriptor", {**own, "eme:version": edition.version}, prefixes="eme")
        _highest_level(entity)
    signed = "false" if edition.version is None else "true"
    idp = add(
        entity,
        "md:IDPSSODescriptor",
        {"WantAuthnRequestsSigned": signed, "protocolSupportEnumeration": names.SAMLP},
    )
    for certificate in (hm.key.certificate, *also):
        _key(idp, certificate)
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
    for binding, location in addresses.logout.items():
        add(idp, "md:SingleLogoutService", {"Binding": binding, "Location": location})
    for identifier in edition.name_id_formats:
        add(idp, "md:NameIDFormat", text=identifier)
    for binding, location in addresses.sso.items():
        add(idp, "md:SingleSignOnService", {"Binding": binding, "Location": location})
    _organization(entity, "Mock eHerkenning (TEST)", addresses.home)
    contact = add(entity, "md:ContactPerson", {"contactType": "administrative"})
    add(contact, "md:Company", text="Mock eHerkenning (TEST)")
    add(contact, "md:EmailAddress", text="test@mock-eherkenning.example")
    return entity


def _highest_level(entity: Element) -> None:
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


def _organization(entity: Element, display_name: str, home: str) -> None:
    organization = add(entity, "md:Organization")
    for name in ("md:OrganizationName", "md:OrganizationDisplayName"):
        add(organization, name, {"xml:lang": "nl"}, display_name)
    add(organization, "md:OrganizationURL", {"xml:lang": "nl"}, home)


def _key(descriptor: Element, certificate: Certificate) -> None:
    key = add(descriptor, "md:KeyDescriptor", {"use": "signing"})
    info = add(key, "ds:KeyInfo")
    add(info, "ds:KeyName", text=certificate.key_name)
    add(add(info, "ds:X509Data"), "ds:X509Certificate", text=certificate.base64)
