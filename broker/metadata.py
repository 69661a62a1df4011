"""The broker's own metadata: what it announces is what it has."""

from __future__ import annotations

import hashlib

from broker.keys import Rollover, Step
from broker.parts import Parts
from broker.settings import VERSIONS
from broker.wire.bindings import FRONT_CHANNEL
from broker.wire.descriptor import Addresses, describe


def own_metadata(parts: Parts, *, entities: bool = False) -> bytes:
    """A signed EntityDescriptor, the same over restarts as long as keys and base URL are.

    With ``entities`` an EntitiesDescriptor around it: some service providers expect what a network hands out.
    """
    hm, others = parts.broker, rollover(parts).others
    whole = hm.key.key_name
    if others:
        # Other content, other ID: who keeps metadata by its ID must see that a certificate came or went.
        whole = hashlib.sha256(" ".join([whole, *(c.fingerprint for c in others)]).encode()).hexdigest()
    around = "_" + whole[32:] if entities else None
    return describe(hm, addresses(parts), "_" + whole[:32], also=others, around=around)


def addresses(parts: Parts) -> Addresses:
    """Where we listen, as metadata says it."""
    settings = parts.settings
    return Addresses(
        sso=dict.fromkeys(FRONT_CHANNEL, settings.sso_url),
        logout=dict.fromkeys(FRONT_CHANNEL, settings.logout_url_of(VERSIONS[-1])),
        artifact=(settings.artifact_url, settings.artifact_url),
        home=settings.base_url,
    )


def rollover(parts: Parts) -> Rollover:
    """Which of the broker's certificates are in its metadata, and which step comes next."""
    return parts.keys.rollover(*_signer(parts), parts.now())


def roll(parts: Parts, step: Step) -> Rollover:
    """Take a step of the roll-over. Raises OutOfOrder for one that is not the next."""
    return parts.keys.step(step, *_signer(parts), parts.now())


def _signer(parts: Parts) -> tuple[str, str, str]:
    entity_id = parts.settings.entity_id
    return "broker", entity_id, entity_id.split(":")[3]
