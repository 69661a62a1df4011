"""A service catalogue (dienstencatalogus) as service providers hand it in (spec 8.3).

Reads what a broker acts on: per service its names, level, identifier sets, restrictions, attributes and
encryption key. A signature is not asked for: what providers generate is often an unsigned draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from broker.wire import names
from broker.wire.keys import Certificate, KeyProblem
from broker.wire.names import qname
from broker.wire.request import is_true
from broker.wire.xml import Element, XmlProblem, child, children, named, parse, text_of

ROOT = "ServiceCatalogue"
NAMESPACE = re.compile(r"urn:etoegang:1\.1[0-3]:service-catalog")
LEVELS = tuple(f"urn:etoegang:core:assurance-class:{level}" for level in ("loa2", "loa2plus", "loa3", "loa4"))
TYPES = {
    **{urn: name for name, urn in names.IDENTIFIER_TYPES.items()},
    names.PSEUDO_REPRESENTED: "Pseudo",
    # The scheme knows these; no company in this mock has one, so a set that asks for one is never filled.
    "urn:etoegang:1.9:EntityConcernedID:BSN": "BSN",
    "urn:etoegang:1.12:EntityConcernedID:BSN": "BSN",
    "urn:etoegang:1.12:EntityConcernedID:PseudoID": "PseudoID",
    "urn:etoegang:1.11:EntityConcernedID:eIDASLegalIdentifier": "eIDASLegalIdentifier",
}
"""What EntityConcernedTypesAllowed may hold, and the short name of it (spec 4.2)."""

_OIN = re.compile(r"[0-9]{20}")
_SERVICE_ID = re.compile(r"urn:etoegang:DV:[0-9]{20}:services:[0-9]{1,4}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class CatalogueProblem(ValueError):
    """What is wrong, and on which line of the document (0 where there is none)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Wanted:
    """A RequestedAttribute. ``purposes`` by language: what the person reads before consenting."""

    name: str
    required: bool = False
    purposes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """A ServiceInstance with the ServiceDefinition behind it.

    ``uuid`` is the definition's, on which mandates hang; ``instance_uuid`` is the one in messages.
    ``level`` is one of ``LEVELS``.
    """

    service_id: str
    uuid: str
    instance_uuid: str
    oin: str
    names: dict[str, str]
    provider: dict[str, str]
    level: str
    identifier_sets: tuple[tuple[str, ...], ...]
    branches_accepted: bool
    attributes: tuple[Wanted, ...] = ()
    certificate: Certificate | None = None
    single_sign_on: bool = False


@dataclass(frozen=True, slots=True)
class ServiceCatalogue:
    """``oins`` are the ServiceProviderIDs, in the order of the document."""

    version: str
    oins: tuple[str, ...]
    services: tuple[CatalogueService, ...]


@dataclass(frozen=True, slots=True)
class _Definition:
    uuid: str
    names: dict[str, str]
    level: str
    identifier_sets: tuple[tuple[str, ...], ...]
    branches_accepted: bool
    attributes: tuple[Wanted, ...]


def is_catalogue(root: Element) -> bool:
    """By its name alone: a namespace of another version is a mistake to tell, not another kind of document."""
    return etree.QName(root).localname == ROOT


def read(data: bytes) -> ServiceCatalogue:
    """Raises CatalogueProblem, with the line, for a document that is none or that cannot be used."""
    try:
        root = parse(data)
    except XmlProblem as problem:
        raise CatalogueProblem(f"this is not a service catalogue: {problem.reason}", problem.line) from None
    if not is_catalogue(root):
        raise _wrong(root, f"this is not a service catalogue: the root is {named(root)}, expected <{ROOT}>")
    namespace = etree.QName(root).namespace or ""
    if not NAMESPACE.fullmatch(namespace):
        raise _wrong(
            root,
            f"the namespace is {_quoted(namespace)}; expected urn:etoegang:1.13:service-catalog (1.10 and up)",
        )
    return _Reader(namespace).catalogue(root)


class _Reader:
    """Everything of one catalogue is in its one namespace."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._definitions: dict[str, _Definition] = {}
        self._instances: dict[str, Element] = {}

    def catalogue(self, root: Element) -> ServiceCatalogue:
        providers = self._all(root, "ServiceProvider")
        if not providers:
            raise _wrong(root, "there is no <ServiceProvider> in it")
        # Definitions first: an instance may point to one further on, also of another provider.
        for provider in providers:
            for node in self._all(provider, "ServiceDefinition"):
                definition = self._definition(node)
                if definition.uuid in self._definitions:
                    raise _wrong(node, f"the ServiceUUID {definition.uuid} stands there twice")
                self._definitions[definition.uuid] = definition
            for node in self._all(provider, "ServiceInstance"):
                self._instances.setdefault(self._uuid(node, "ServiceUUID"), node)
        services: dict[str, CatalogueService] = {}
        for service, node in self._services(providers):
            if service.service_id in services:
                raise _wrong(node, f"the ServiceID {service.service_id} stands there twice")
            services[service.service_id] = service
        if not services:
            raise _wrong(root, "there is no <ServiceInstance> in it: no service has a ServiceID")
        return ServiceCatalogue(
            version=root.get(f"{{{self._namespace}}}Version", ""),
            oins=tuple(dict.fromkeys(self._oin(provider) for provider in providers)),
            services=tuple(services.values()),
        )

    def _services(self, providers: list[Element]) -> Iterator[tuple[CatalogueService, Element]]:
        for provider in providers:
            oin = self._oin(provider)
            display = self._languages(provider, "OrganizationDisplayName", required=True)
            for node in self._all(provider, "ServiceInstance"):
                yield self._service(node, oin, display), node

    def _service(self, node: Element, oin: str, provider: dict[str, str]) -> CatalogueService:
        service_id = self._text(node, "ServiceID")
        if not _SERVICE_ID.fullmatch(service_id):
            raise _wrong(
                node,
                f"the ServiceID is {_quoted(service_id)}; "
                "expected urn:etoegang:DV:<OIN of 20 digits>:services:<number>",
            )
        definition = self._definition_of(node, service_id)
        single_sign_on = self._first(node, "SSOSupport")
        return CatalogueService(
            service_id=service_id,
            uuid=definition.uuid,
            instance_uuid=self._uuid(node, "ServiceUUID"),
            oin=oin,
            names=definition.names,
            provider=provider,
            level=definition.level,
            # The scheme lets an instance narrow its definition: its own sets stand instead of those.
            identifier_sets=self._sets(node) or definition.identifier_sets,
            branches_accepted=definition.branches_accepted,
            attributes=definition.attributes,
            certificate=self._certificate(node),
            single_sign_on=single_sign_on is not None and is_true(text_of(single_sign_on) or ""),
        )

    def _definition_of(self, node: Element, service_id: str, hops: int = 3) -> _Definition:
        """Through InstanceOfService; or through the service that an intermediary's instance stands for."""
        if self._first(node, "InstanceOfService") is not None:
            wanted = self._uuid(node, "InstanceOfService")
            if wanted not in self._definitions:
                raise _wrong(
                    node,
                    f"{service_id} is an instance of {wanted}, and no <ServiceDefinition> has that ServiceUUID",
                )
            return self._definitions[wanted]
        if self._first(node, "IntermediatedService") is not None:
            wanted = self._uuid(node, "IntermediatedService")
            if wanted in self._definitions:
                return self._definitions[wanted]
            if wanted in self._instances and hops:
                return self._definition_of(self._instances[wanted], service_id, hops - 1)
            raise _wrong(
                node,
                f"{service_id} stands for service {wanted}, and there is no <ServiceDefinition> behind it",
            )
        raise _wrong(
            node, f"{service_id} has no <InstanceOfService>, so there is no <ServiceDefinition> behind it"
        )

    def _definition(self, node: Element) -> _Definition:
        level = child(node, "saml:AuthnContextClassRef")
        if level is None:
            raise _wrong(node, "a <ServiceDefinition> has no <saml:AuthnContextClassRef>, so no level")
        found = text_of(level) or ""
        if found not in LEVELS:
            raise _wrong(level, f"the level is {_quoted(found)}; expected one of {', '.join(LEVELS)}")
        sets = self._sets(node)
        if not sets:
            raise _wrong(
                node, "a <ServiceDefinition> has no <EntityConcernedTypesAllowed>: nothing to identify by"
            )
        restrictions = {text_of(item) for item in self._all(node, "ServiceRestrictionsAllowed")}
        return _Definition(
            uuid=self._uuid(node, "ServiceUUID"),
            names=self._languages(node, "ServiceName", required=True),
            level=found,
            identifier_sets=sets,
            branches_accepted=names.BRANCH in restrictions,
            attributes=tuple(self._wanted(item) for item in self._all(node, "RequestedAttribute")),
        )

    def _sets(self, node: Element) -> tuple[tuple[str, ...], ...]:
        """Numbered ones in the order of their numbers, all of a set together; then each without a number.

        Without setNumber any of the listed types will do, which is a set of one for each.
        """
        numbered: dict[int, list[str]] = {}
        single: list[tuple[str, ...]] = []
        for item in self._all(node, "EntityConcernedTypesAllowed"):
            urn = text_of(item) or ""
            if urn not in TYPES:
                raise _wrong(item, f"{_quoted(urn)} is no type of identifier; known are {', '.join(TYPES)}")
            number = item.get("setNumber")
            if number is None:
                single.append((TYPES[urn],))
            elif number.isascii() and number.isdigit() and len(number) < 10:
                numbered.setdefault(int(number), []).append(TYPES[urn])
            else:
                raise _wrong(item, f"setNumber={_quoted(number)}; expected a whole number")
        ordered = [tuple(dict.fromkeys(numbered[number])) for number in sorted(numbered)]
        return tuple(dict.fromkeys([*ordered, *single]))

    def _wanted(self, node: Element) -> Wanted:
        name = node.get("Name")
        if not name:
            raise _wrong(node, f"{named(node)} has no Name")
        return Wanted(name, is_true(node.get("isRequired", "")), self._languages(node, "PurposeStatement"))

    def _certificate(self, instance: Element) -> Certificate | None:
        """The first that is for encryption, or for any use."""
        for holder in self._all(instance, "ServiceCertificate"):
            for descriptor in children(holder, "md:KeyDescriptor"):
                info = child(descriptor, "ds:KeyInfo")
                if descriptor.get("use", "encryption") != "encryption" or info is None:
                    continue
                name = text_of(child(info, "ds:KeyName"))
                for item in info.iter(qname("ds:X509Certificate")):
                    try:
                        return Certificate.of_base64(text_of(item) or "", name or None)
                    except KeyProblem as problem:
                        raise _wrong(item, f"{named(item)}: {problem}") from None
        return None

    def _oin(self, provider: Element) -> str:
        oin = self._text(provider, "ServiceProviderID")
        if not _OIN.fullmatch(oin):
            raise _wrong(provider, f"the ServiceProviderID is {_quoted(oin)}; expected an OIN of 20 digits")
        return oin

    def _uuid(self, node: Element, name: str) -> str:
        text = self._text(node, name)
        if not UUID.fullmatch(text):
            raise _wrong(node, f"the {name} is {_quoted(text)}; expected a UUID")
        return text.lower()

    def _text(self, node: Element, name: str) -> str:
        text = text_of(self._first(node, name))
        if not text:
            raise _wrong(node, f"{named(node)} has no <{name}>")
        return text

    def _languages(self, node: Element, name: str, *, required: bool = False) -> dict[str, str]:
        found = {
            item.get(qname("xml:lang"), "nl"): text
            for item in self._all(node, name)
            if (text := text_of(item))
        }
        if required and not found:
            raise _wrong(node, f"{named(node)} has no <{name}>")
        return found

    def _all(self, node: Element, name: str) -> list[Element]:
        return node.findall(f"{{{self._namespace}}}{name}")

    def _first(self, node: Element, name: str) -> Element | None:
        return node.find(f"{{{self._namespace}}}{name}")


def _quoted(text: str) -> str:
    """Short: what a document says is shown to find the place, not to be read back."""
    return f'"{text[:80]}"'


def _wrong(node: Element, reason: str) -> CatalogueProblem:
    return CatalogueProblem(reason, node.sourceline or 0)
