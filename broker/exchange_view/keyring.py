"""Whose certificates are known now: of the broker, of the suppliers, and of the service providers."""

from __future__ import annotations

from collections.abc import Iterator

from broker.configuration import Snapshot
from broker.exchange_view.signatures import Keyring, Known
from broker.metadata import out_of_date_made
from broker.parts import Parts

MOST_OTHERS = 300


def keyring(parts: Parts, current: Snapshot) -> Keyring:
    """``current`` is the configuration as the exchange's room sees it."""

    def of(issuer: str) -> Iterator[Known]:
        if issuer == parts.settings.entity_id:
            yield from _own(parts)
        if sp := current.catalogue.sps.get(issuer):
            yield from (Known(issuer, certificate) for certificate in sp.signing)
        for offer in parts.suppliers.offers():
            for role, entity_id in (("ad", offer.ad), ("mr", offer.mr)):
                name = f"supplier-{offer.slug}-{role}"
                # A key is only made for whoever signs: a message that names a supplier must not make one.
                if issuer == entity_id and parts.keys.file(name).exists():
                    yield Known(issuer, parts.party(name, entity_id).key.certificate)

    def others() -> Iterator[Known]:
        left = MOST_OTHERS
        yield from _own(parts)
        for entity_id, sp in current.catalogue.sps.items():
            for certificate in sp.signing:
                if not left:
                    return
                left -= 1
                yield Known(entity_id, certificate)

    return Keyring(of, others)


def _own(parts: Parts) -> Iterator[Known]:
    entity_id = parts.settings.entity_id
    found = parts.keys.rollover("broker", entity_id, entity_id.split(":")[3], parts.now())
    for certificate in (found.current, *found.others, *out_of_date_made(parts)):
        yield Known(entity_id, certificate)
