"""Metadata and service catalogues judged by the rules, with what this broker knows around them.

For the console, the API and the report it is what is in force that is judged, as it lies there: lines and columns
count in the ``xml`` that the API gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from broker.configuration import Snapshot
from broker.rules import metadata, service_catalogue
from broker.rules.engine import Report
from broker.rules.metadata.seen import Surroundings
from broker.rules.service_catalogue.seen import Beside
from broker.settings import OIN, VERSIONS
from broker.trusted.documents import Listed
from broker.wire.metadata import SpMetadata
from broker.wire.service_catalogue import CatalogueService

EIDAS_TYPES = frozenset({"eIDASLegalIdentifier"})


def of_provider(current: Snapshot, sp: SpMetadata, now: datetime) -> Report:
    """By the profile that its requests are judged by."""
    services = [service for id_, service in current.catalogue.listings.items() if _oin(sp) in id_]
    around = Surroundings(
        now,
        encrypts=current.shape_of(sp.entity_id, VERSIONS[-1]).encrypts,
        saml=current.is_saml(sp),
        catalogue={service.service_id: service for service in services},
        in_yaml=frozenset(id_ for id_ in current.catalogue.described if _oin(sp) in id_),
        eidas=eidas(services),
        versions=VERSIONS,
    )
    (seen,) = metadata.see(sp.xml, around)
    return metadata.RULES.run(seen, current.against(sp, sp.xml))


def of_catalogue(current: Snapshot, listed: Listed, now: datetime) -> Report:
    """By the profile of the provider whose OIN it has, where metadata of one is in force."""
    sp = next(
        (sp for sp in current.catalogue.sps.values() if _oin(sp).strip(":") in listed.catalogue.oins), None
    )
    beside = Beside(
        OIN,
        now,
        "" if sp is None else sp.entity_id,
        encryption_in_metadata=sp is not None and bool(sp.encryption),
    )
    data = listed.xml.encode()
    seen = service_catalogue.see(data, beside)
    return service_catalogue.RULES.run(seen, current.against(sp, data))


def catalogues_of(current: Snapshot, sp: SpMetadata) -> list[Listed]:
    """Those that have services of this provider, by its OIN."""
    oin = _oin(sp).strip(":")
    return [listed for listed in current.catalogues.values() if oin in listed.catalogue.oins]


def eidas(services: Iterable[CatalogueService]) -> frozenset[str]:
    """The ServiceIDs of those that are for eIDAS, by the identifiers that they ask for."""
    return frozenset(
        service.service_id
        for service in services
        if any(EIDAS_TYPES.intersection(wanted) for wanted in service.identifier_sets)
    )


def _oin(sp: SpMetadata) -> str:
    """``:OIN:``, or something that no ServiceID has."""
    parts = sp.entity_id.split(":")
    return f":{parts[3]}:" if len(parts) == 6 else "\0"
