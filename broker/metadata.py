"""The broker's own metadata: what it announces is what it has."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from broker.keys import Rollover, Step
from broker.parts import Parts
from broker.settings import VERSIONS
from broker.wire.bindings import FRONT_CHANNEL
from broker.wire.descriptor import THE_SCHEME, Addresses, Edition, describe
from broker.wire.keys import Certificate, SigningKey

OUT_OF_DATE = {"expired": datetime(2010, 1, 1, tzinfo=UTC), "not-yet-valid": datetime(2150, 1, 1, tzinfo=UTC)}
"""Certificates that are not valid now, and from when each is. Not counted from now: a tester may set the clock, and the
file is kept."""
OUT_OF_DATE_FILE = "scenario-"


def own_metadata(
    parts: Parts, *, entities: bool = False, edition: Edition = THE_SCHEME, certificate: str = ""
) -> bytes:
    """A signed EntityDescriptor, the same over restarts as long as keys and base URL are.

    With ``entities`` an EntitiesDescriptor around it: some service providers expect what a network hands out.
    An address serves one version of the interface, so each version has metadata of its own. ``certificate`` is one of
    OUT_OF_DATE, to have beside what is valid.
    """
    hm, others = parts.broker, rollover(parts).others
    if certificate:
        others = (*others, out_of_date(parts, certificate).certificate)
    whole = hm.key.key_name
    if others or edition != THE_SCHEME:
        # Other content, other ID: who keeps metadata by its ID must see that a certificate came or went.
        told = [whole, *(c.fingerprint for c in others), str(edition)]
        whole = hashlib.sha256(" ".join(told).encode()).hexdigest()
    around = "_" + whole[32:] if entities else None
    where = addresses(parts, edition.version or VERSIONS[-1])
    return describe(hm, where, "_" + whole[:32], also=others, around=around, edition=edition)


def addresses(parts: Parts, version: str = VERSIONS[-1]) -> Addresses:
    """Where we listen, as metadata says it."""
    settings = parts.settings
    return Addresses(
        sso=dict.fromkeys(FRONT_CHANNEL, settings.sso_url_of(version)),
        logout=dict.fromkeys(FRONT_CHANNEL, settings.logout_url_of(version)),
        artifact=(settings.artifact_url, settings.artifact_url),
        home=settings.base_url,
    )


def rollover(parts: Parts) -> Rollover:
    """Which of the broker's certificates are in its metadata, and which step comes next."""
    return parts.keys.rollover(*_signer(parts), parts.now())


def roll(parts: Parts, step: Step) -> Rollover:
    """Take a step of the roll-over. Raises OutOfOrder for one that is not the next."""
    return parts.keys.step(step, *_signer(parts), parts.now())


def out_of_date(parts: Parts, which: str) -> SigningKey:
    """A key of ours whose certificate is not valid now; made the first time that somebody needs it."""
    _, entity_id, oin = _signer(parts)
    return parts.keys.get(f"{OUT_OF_DATE_FILE}{which}", entity_id, oin, OUT_OF_DATE[which])


def out_of_date_made(parts: Parts) -> tuple[Certificate, ...]:
    """The certificates of those that somebody needed."""
    made = (which for which in OUT_OF_DATE if parts.keys.file(f"{OUT_OF_DATE_FILE}{which}").exists())
    return tuple(out_of_date(parts, which).certificate for which in made)


def _signer(parts: Parts) -> tuple[str, str, str]:
    entity_id = parts.settings.entity_id
    return "broker", entity_id, entity_id.split(":")[3]
