"""Which service providers are trusted, and what their services ask: a snapshot of YAML, catalogues and metadata.

For one ServiceID the YAML comes first, then an imported service catalogue, then the provider's metadata. What
the YAML has no words for (the key to encrypt for, purposes, which attributes are required) comes from the next.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from broker.wire.artifact import source_id
from broker.wire.keys import Certificate
from broker.wire.metadata import ServiceEntry, SpMetadata
from broker.wire.service_catalogue import CatalogueService
from suppliers.ask import Level, Names
from suppliers.register.layer import Overlay
from suppliers.register.model import ServiceRecord


@dataclass(frozen=True, slots=True)
class Service:
    """One service of one provider. ``known`` is False where it is taken from metadata only (spec 8.3).

    ``attributes`` are the extra ones that metadata or catalogue ask for by RequestedAttribute, ``required``
    those of them without which there is no login, ``purposes`` why each is asked. ``certificate`` is the one
    to encrypt for, where the catalogue has it; it goes before the metadata's (spec 3.8).
    """

    service_id: str
    uuid: str
    instance_uuid: str
    name: Names
    provider: Names
    level: Level
    identifier_sets: tuple[tuple[str, ...], ...]
    branches_accepted: bool
    known: bool
    attributes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    purposes: Mapping[str, Names] = field(default_factory=dict)
    certificate: Certificate | None = None


class Catalogue:
    """Immutable. Look-ups do not grow with the number of service providers."""

    def __init__(
        self,
        sps: Iterable[SpMetadata],
        services: Iterable[ServiceRecord],
        imported: Iterable[CatalogueService] = (),
    ) -> None:
        self.sps: Mapping[str, SpMetadata] = {sp.entity_id: sp for sp in sps}
        self._services: Mapping[str, ServiceRecord] = {record.service_id: record for record in services}
        self._imported: Mapping[str, CatalogueService] = {found.service_id: found for found in imported}

    def sp_by_source_id(self, source: bytes) -> SpMetadata | None:
        """By the SHA-1 of its entity id, as an artifact has it."""
        return self._by_source_id.get(source)

    @cached_property
    def _by_source_id(self) -> Mapping[bytes, SpMetadata]:
        """Made when first asked for: few providers send their requests by artifact."""
        return {source_id(sp.entity_id): sp for sp in self.sps.values()}

    def service(self, sp: SpMetadata, entry: ServiceEntry) -> Service | None:
        """What the entry of the metadata stands for; None where it names no ServiceID."""
        if not entry.service_ids:
            return None
        service_id = entry.service_ids[0]
        return self._described(service_id, entry) or _from_metadata(sp, entry, service_id)

    def service_by_id(self, sp: SpMetadata, service_id: str) -> Service | None:
        """The same by ServiceID, for a login under way."""
        if service_id == sp.entity_id:
            return self.plain_service(sp)
        entry = next((entry for entry in sp.services if service_id in entry.service_ids), None)
        return None if entry is None else self.service(sp, entry)

    @property
    def listings(self) -> Mapping[str, CatalogueService]:
        """What imported service catalogues say, by ServiceID."""
        return self._imported

    @property
    def described(self) -> Iterable[str]:
        """The ServiceIDs that the YAML describes."""
        return self._services

    def in_yaml(self, service_id: str) -> bool:
        """Whether the YAML describes it, and so goes before what a catalogue says."""
        return service_id in self._services

    def listed(self, service_id: str) -> CatalogueService | None:
        """What an imported service catalogue says of it, if one lists it."""
        return self._imported.get(service_id)

    def service_by_uuid(self, text: str) -> Service | None:
        """By the ServiceUUID of its instance or of its definition, whether or not metadata names it."""
        return self._by_uuid.get(text.strip().lower())

    @cached_property
    def _by_uuid(self) -> Mapping[str, Service]:
        """Made when first asked for: only RequestADlist needs it."""
        found: dict[str, Service] = {}
        for service in self._everything():
            # The instance is what the scheme asks for; a definition may stand behind several.
            found[service.instance_uuid.lower()] = service
            found.setdefault(service.uuid.lower(), service)
        return found

    def _everything(self) -> Iterator[Service]:
        for service_id in {**self._services, **self._imported}:
            described = self._described(service_id, None)
            if described:
                yield described
        for sp in self.sps.values():
            for entry in sp.services:
                service = self.service(sp, entry)
                if service and not service.known:
                    yield service

    def _described(self, service_id: str, entry: ServiceEntry | None) -> Service | None:
        """What YAML and catalogues say of a service; None where neither knows it."""
        record, listed = self._services.get(service_id), self._imported.get(service_id)
        attributes, required, purposes = _attributes(entry, listed)
        certificate = None if listed is None else listed.certificate
        if record is not None:
            return Service(
                service_id=service_id,
                uuid=record.uuid,
                instance_uuid=record.instance_uuid,
                name=record.name,
                provider=record.provider,
                level=record.level,
                identifier_sets=record.identifier_sets,
                branches_accepted=record.branches_accepted,
                known=True,
                attributes=attributes,
                required=required,
                purposes=purposes,
                certificate=certificate,
            )
        if listed is not None:
            return Service(
                service_id=service_id,
                uuid=listed.uuid,
                instance_uuid=listed.instance_uuid,
                name=_names(listed.names, service_id),
                provider=_names(listed.provider, listed.oin),
                level=Level.of(listed.level),
                identifier_sets=listed.identifier_sets,
                branches_accepted=listed.branches_accepted,
                known=True,
                attributes=attributes,
                required=required,
                purposes=purposes,
                certificate=certificate,
            )
        return None

    def plain_service(self, sp: SpMetadata, level: Level = Level.EH3) -> Service:
        """The one service of a provider whose metadata names none: it is called by its entity id."""
        first = sp.services[0] if sp.services else ServiceEntry(0, None, {}, ())
        return replace(_from_metadata(sp, first, sp.entity_id), level=level)


class LaidCatalogue(Catalogue):
    """What a room adds, laid over what everybody sees, at the cost of what it adds; None where something is gone."""

    def __init__(
        self,
        under: Catalogue,
        sps: Mapping[str, SpMetadata],
        services: Mapping[str, ServiceRecord | None],
        imported: Mapping[str, CatalogueService | None],
    ) -> None:
        self._under = under
        self._own = {source_id(entity_id): sp for entity_id, sp in sps.items()}
        self.sps = Overlay(under.sps, sps)
        self._services = Overlay(under._services, services)
        self._imported = Overlay(under._imported, imported)

    def sp_by_source_id(self, source: bytes) -> SpMetadata | None:
        return self._own.get(source) or self._under.sp_by_source_id(source)


def _from_metadata(sp: SpMetadata, entry: ServiceEntry, service_id: str) -> Service:
    """Sane values, so that a service provider can log in before anybody wrote a catalogue."""
    return Service(
        service_id=service_id,
        uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, service_id)),
        instance_uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, service_id + "#instance")),
        name=_names(entry.names, service_id),
        provider=_names(sp.organization, sp.entity_id),
        level=Level.EH3,
        identifier_sets=(("KvKnr",), ("RSIN",)),
        branches_accepted=False,
        known=False,
        attributes=entry.attributes,
        required=entry.required,
    )


def _attributes(
    entry: ServiceEntry | None, listed: CatalogueService | None
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Names]]:
    """What is asked for, what of it is required, and what for. Of an attribute in both, the catalogue's word counts."""
    names = () if entry is None else entry.attributes
    required = set() if entry is None else set(entry.required)
    purposes: dict[str, Names] = {}
    for wanted in () if listed is None else listed.attributes:
        names = (*names, wanted.name)
        required = required | {wanted.name} if wanted.required else required - {wanted.name}
        if wanted.purposes:
            purposes[wanted.name] = _names(wanted.purposes, "")
    names = tuple(dict.fromkeys(names))
    return names, tuple(name for name in names if name in required), purposes


def _names(found: Mapping[str, str], default: str) -> Names:
    first = next(iter(found.values()), default)
    return Names(nl=found.get("nl", first), en=found.get("en", first))
