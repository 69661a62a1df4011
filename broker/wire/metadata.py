"""Metadata of service providers, as far as a broker needs it (spec 8.1). Reads; the rules judge."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from broker.wire import names
from broker.wire.keys import Certificate, KeyProblem
from broker.wire.names import qname
from broker.wire.request import is_true
from broker.wire.xml import Element, XmlProblem, child, children, named, parse, serialize, text_of


class MetadataProblem(ValueError):
    """What is wrong, and on which line of the file (0 where there is none)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Endpoint:
    binding: str
    location: str
    index: int | None = None
    is_default: bool | None = None
    response_location: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """An AttributeConsumingService. ``service_ids`` are the RequestedAttributes that are ServiceIDs.

    ``required`` are those of ``attributes`` that have isRequired.
    """

    index: int
    is_default: bool | None
    names: dict[str, str]
    service_ids: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpMetadata:
    """One service provider; certificates come in the order of the file.

    ``requests_signed`` is its promise AuthnRequestsSigned. ``of_the_scheme`` is False where nothing in the
    metadata is of eHerkenning: no URN in the entity id, no ServiceID, no metadata extension.
    """

    entity_id: str
    signing: tuple[Certificate, ...]
    encryption: tuple[Certificate, ...]
    acs: tuple[Endpoint, ...]
    services: tuple[ServiceEntry, ...]
    organization: dict[str, str]
    xml: bytes
    requests_signed: bool = False
    of_the_scheme: bool = True
    artifact_resolution: tuple[Endpoint, ...] = ()
    single_logout: tuple[Endpoint, ...] = ()

    @property
    def default_acs(self) -> Endpoint:
        """The one marked default, else the first not marked otherwise, else the first (metadata 2.4.4.1)."""
        return _default(self.acs)

    @property
    def default_service(self) -> ServiceEntry | None:
        """The one marked default or the only one; None where it is left open (spec 2.2)."""
        marked = [entry for entry in self.services if entry.is_default]
        if marked:
            return marked[0]
        return self.services[0] if len(self.services) == 1 else None

    def acs_at(self, index: int) -> Endpoint | None:
        return next((endpoint for endpoint in self.acs if endpoint.index == index), None)

    def service_at(self, index: int) -> ServiceEntry | None:
        return next((entry for entry in self.services if entry.index == index), None)


def read(data: bytes) -> list[SpMetadata]:
    """Every service provider in a file: one EntityDescriptor, or an EntitiesDescriptor of them.

    Raises MetadataProblem, with the line, where there is none or one cannot be used.
    """
    try:
        root = parse(data)
    except XmlProblem as problem:
        raise MetadataProblem(f"this is not metadata: {problem.reason}", problem.line) from None
    if root.tag == qname("md:EntityDescriptor"):
        entities = [root]
    elif root.tag == qname("md:EntitiesDescriptor"):
        entities = list(root.iter(qname("md:EntityDescriptor")))
    else:
        raise MetadataProblem(
            f"this is not metadata: the root is {named(root)}, expected <md:EntityDescriptor>",
            root.sourceline or 0,
        )
    found = [
        _entity(entity, descriptor)
        for entity in entities
        for descriptor in children(entity, "md:SPSSODescriptor")[:1]
    ]
    if not found:
        raise MetadataProblem(
            "there is no <md:SPSSODescriptor> in it: this is not the metadata of a service provider",
            root.sourceline or 0,
        )
    return found


def _entity(entity: Element, descriptor: Element) -> SpMetadata:
    entity_id = entity.get("entityID")
    if not entity_id:
        raise MetadataProblem("<md:EntityDescriptor> has no entityID", entity.sourceline or 0)
    acs = tuple(_endpoint(node) for node in children(descriptor, "md:AssertionConsumerService"))
    if not acs:
        raise MetadataProblem(
            f"{entity_id} has no <md:AssertionConsumerService>: there is nowhere to send an answer",
            descriptor.sourceline or 0,
        )
    organization = child(entity, "md:Organization")
    return SpMetadata(
        entity_id=entity_id,
        signing=_certificates(descriptor, "signing"),
        encryption=_certificates(descriptor, "encryption"),
        acs=acs,
        services=tuple(_service(node) for node in children(descriptor, "md:AttributeConsumingService")),
        organization={} if organization is None else _names(organization, "md:OrganizationDisplayName"),
        xml=serialize(entity),
        requests_signed=is_true(descriptor.get("AuthnRequestsSigned")),
        of_the_scheme=_of_the_scheme(entity, entity_id),
        artifact_resolution=_others(descriptor, "md:ArtifactResolutionService"),
        single_logout=_others(descriptor, "md:SingleLogoutService"),
    )


def _of_the_scheme(entity: Element, entity_id: str) -> bool:
    marks = [entity_id, *(str(name).strip("{") for name in entity.attrib)]
    marks += [node.get("Name", "") for node in entity.iter(qname("md:RequestedAttribute"))]
    return any(mark.startswith(names.ETOEGANG) for mark in marks)


def _endpoint(node: Element) -> Endpoint:
    location = node.get("Location", "")
    for name in ("Location", "ResponseLocation"):
        if (url := node.get(name)) is None and name != "Location":
            continue
        if not _usable(url or ""):
            raise MetadataProblem(
                f'{named(node)} has {name}="{url or ""}"; expected an http or https URL', node.sourceline or 0
            )
    default = node.get("isDefault")
    return Endpoint(
        binding=node.get("Binding", ""),
        location=location,
        index=_index(node, required=False),
        is_default=None if default is None else is_true(default),
        response_location=node.get("ResponseLocation"),
    )


def _usable(url: str) -> bool:
    """An address that a browser may be sent to, and that can stand in a policy: plain host and port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = not re.search(r"[\s;,'\"<>]", parts.netloc) and not re.search(r"\s", url)
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and port != 0
        and parts.username is None
        and plain
    )


def _others(descriptor: Element, prefixed: str) -> tuple[Endpoint, ...]:
    """Endpoints that a login can do without: one that cannot be used does not take the metadata with it."""
    found = []
    for node in children(descriptor, prefixed):
        with suppress(MetadataProblem):
            found.append(_endpoint(node))
    return tuple(found)


def _service(node: Element) -> ServiceEntry:
    items = children(node, "md:RequestedAttribute")
    requested = [item.get("Name", "") for item in items]
    attributes = tuple(name for name in requested if not name.startswith("urn:etoegang:DV:"))
    required = {item.get("Name", "") for item in items if is_true(item.get("isRequired"))}
    default = node.get("isDefault")
    index = _index(node, required=True)
    assert index is not None
    return ServiceEntry(
        index=index,
        is_default=None if default is None else is_true(default),
        names=_names(node, "md:ServiceName"),
        service_ids=tuple(name for name in requested if name.startswith("urn:etoegang:DV:")),
        attributes=attributes,
        required=tuple(name for name in attributes if name in required),
    )


def _index(node: Element, *, required: bool) -> int | None:
    text = node.get("index")
    if text is None and not required:
        return None
    # An xs:unsignedShort. Python refuses to read numbers of thousands of digits, in its own way.
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 5:
        raise MetadataProblem(
            f'{named(node)} has index="{(text or "")[:20]}"; expected a whole number', node.sourceline or 0
        )
    return int(text)


def _names(node: Element, prefixed: str) -> dict[str, str]:
    return {
        item.get(qname("xml:lang"), "nl"): text
        for item in children(node, prefixed)
        if (text := text_of(item))
    }


def _certificates(descriptor: Element, use: str) -> tuple[Certificate, ...]:
    """Those for this use, and those for any."""
    found = []
    for node in children(descriptor, "md:KeyDescriptor"):
        info = child(node, "ds:KeyInfo")
        if node.get("use", use) != use or info is None:
            continue
        name = text_of(child(info, "ds:KeyName"))
        for item in info.iter(qname("ds:X509Certificate")):
            try:
                found.append(Certificate.of_base64(text_of(item) or "", name or None))
            except KeyProblem as problem:
                raise MetadataProblem(f"{named(item)}: {problem}", item.sourceline or 0) from None
    return tuple(found)


def _default(endpoints: tuple[Endpoint, ...]) -> Endpoint:
    for wanted in (True, None):
        for endpoint in endpoints:
            if endpoint.is_default is wanted:
                return endpoint
    return endpoints[0]


ARTIFACT_OR_POST = (names.HTTP_ARTIFACT, names.HTTP_POST)
"""The bindings by which an answer can be sent (spec 3.1)."""
