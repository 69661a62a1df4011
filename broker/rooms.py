"""Rooms: what is in force for who has a tag (docs/tags.md). What was changed and taken in with the tag lies over what
everybody sees, and costs as much as there is of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from broker.catalogue import Catalogue, LaidCatalogue
from broker.trusted.documents import Listed, Records, Trusted
from broker.trusted.trust import Kind, Origin, Source
from broker.wire.service_catalogue import CatalogueService
from suppliers.register.changes import NONE, Changes
from suppliers.register.layer import Layer, Overlay
from suppliers.register.model import ServiceRecord

NO_RECORDS: Records = MappingProxyType({})


@dataclass(frozen=True)
class Ground:
    """What everybody sees."""

    layer: Layer
    trusted: Trusted
    catalogue: Catalogue


@dataclass(frozen=True)
class Room:
    """Everything is made when it is first looked for: most rooms are of no use any more when something changes."""

    ground: Ground
    changes: Changes = field(default_factory=lambda: NONE)
    records: Records = field(default_factory=lambda: NO_RECORDS)

    def holds(self, other: Room) -> bool:
        """Whether the other is made of the very same."""
        return (
            self.ground.layer is other.ground.layer
            and self.ground.catalogue is other.ground.catalogue
            and self.ground.trusted is other.ground.trusted
            and self.changes is other.changes
            and self.records is other.records
        )

    def has(self, entity_id: str) -> bool:
        """Whether it has metadata of its own of this provider."""
        return (Kind.SP, entity_id) in self.records

    def number(self, kind: Kind) -> int:
        """How many it has of its own."""
        return sum(1 for of, _ in self.records if of is kind)

    @cached_property
    def layer(self) -> Layer:
        return self.ground.layer.room(self.changes)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        under = self.ground.trusted.sources
        own = {
            sp.entity_id: _over(Source.of(record.held), under.get(sp.entity_id))
            for record in self.records.values()
            for sp in record.document.sps
        }
        return Overlay(under, own) if own else under

    @cached_property
    def catalogues(self) -> Mapping[str, Listed]:
        under = self.ground.trusted.catalogues
        own = {
            id_: Listed(
                record.document.catalogue,
                _over(Source.of(record.held), under[id_].source if id_ in under else None),
                record.document.xml,
            )
            for (kind, id_), record in self.records.items()
            if kind is Kind.CATALOGUE and record.document.catalogue is not None
        }
        return Overlay(under, own) if own else under

    @cached_property
    def catalogue(self) -> Catalogue:
        sps = {sp.entity_id: sp for record in self.records.values() for sp in record.document.sps}
        services, imported = self._services(), self._imported()
        if not (sps or services or imported):
            return self.ground.catalogue
        return LaidCatalogue(self.ground.catalogue, sps, services, imported)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(record.problem for record in self.records.values() if record.problem)

    def _services(self) -> Mapping[str, ServiceRecord | None]:
        """By ServiceID, which a change may give another record."""
        over, under = self.layer.over.services, self.ground.layer.register.services
        found: dict[str, ServiceRecord | None] = {under[key].service_id: None for key in over if key in under}
        found.update((record.service_id, record) for record in over.values() if record is not None)
        return found

    def _imported(self) -> Mapping[str, CatalogueService | None]:
        """A catalogue takes the place of the one of the same provider, with all that this one lists."""
        under = self.ground.trusted.catalogues
        found: dict[str, CatalogueService | None] = {}
        own = [id_ for (kind, id_) in self.records if kind is Kind.CATALOGUE]
        for service in (one for id_ in own if id_ in under for one in under[id_].catalogue.services):
            if self.ground.catalogue.listed(service.service_id) is service:
                found[service.service_id] = None
        for id_ in own:
            catalogue = self.records[Kind.CATALOGUE, id_].document.catalogue
            if catalogue is not None:
                found.update((service.service_id, service) for service in catalogue.services)
        return found


def _over(own: Source, under: Source | None) -> Source:
    """What it lies over, for who looks for the file that does not count."""
    if under is None:
        return own
    covers = Path(under.name).name if under.origin is Origin.FILE else under.covers
    return replace(own, covers=covers)
