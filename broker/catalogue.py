"""Which service providers are trusted, and what their services ask: a snapshot of YAML and metadata folder."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from broker.wire.keys import Certificate
from broker.wire.metadata import ServiceEntry, SpMetadata
from suppliers.ask import Level, Names
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

    def __init__(self, sps: Iterable[SpMetadata], services: Iterable[ServiceRecord]) -> None:
        self.sps: Mapping[str, SpMetadata] = {sp.entity_id: sp for sp in sps}
        self._services: Mapping[str, ServiceRecord] = {record.service_id: record for record in services}

    def service(self, sp: SpMetadata, entry: ServiceEntry) -> Service | None:
        """What the entry of the metadata stands for; None where it names no ServiceID."""
        if not entry.service_ids:
            return None
        service_id = entry.service_ids[0]
        record = self._services.get(service_id)
        if record is None:
            return _from_metadata(sp, entry, service_id)
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
            attributes=entry.attributes,
        )

    def service_by_id(self, sp: SpMetadata, service_id: str) -> Service | None:
        """The same by ServiceID, for a login under way."""
        if service_id == sp.entity_id:
            return self.plain_service(sp)
        entry = next((entry for entry in sp.services if service_id in entry.service_ids), None)
        return None if entry is None else self.service(sp, entry)

    def plain_service(self, sp: SpMetadata, level: Level = Level.EH3) -> Service:
        """The one service of a provider whose metadata names none: it is called by its entity id."""
        first = sp.services[0] if sp.services else ServiceEntry(0, None, {}, ())
        return replace(_from_metadata(sp, first, sp.entity_id), level=level)


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
    )


def _names(found: Mapping[str, str], default: str) -> Names:
    first = next(iter(found.values()), default)
    return Names(nl=found.get("nl", first), en=found.get("en", first))
