"""Whether a login would work now, and if not what keeps it from working: what ``/readyz`` says."""

from __future__ import annotations

import json
from datetime import date, datetime

from broker.parts import Parts
from broker.store import Store
from broker.wire import instants
from suppliers.register.days import dutch_day
from suppliers.register.model import Means, MeansStatus, Register

KIND = "readiness"


def problems(parts: Parts) -> list[str]:
    """One line each, with what to mend; empty where a login works. Secrets are in none."""
    current = parts.current
    suppliers = frozenset(offer.slug for offer in parts.suppliers.offers())
    return [
        *current.problems,
        *(f"{url} is not trusted yet: {why}" for url, why in sorted(parts.introductions.waiting.items())),
        *_of_people(current.register, suppliers, dutch_day(parts.now())),
        *_of_keys(parts),
        *_of_store(parts.store, parts.new_uuid(), parts.now()),
    ]


def _of_people(register: Register, suppliers: frozenset[str], today: date) -> list[str]:
    if any(_works(means, suppliers, today) for person in register.people.values() for means in person.means):
        return []
    return [
        "nobody can log in: eherkenning.yaml has no person with an active means at one of the suppliers; add one, or "
        "PUT /api/v1/people/KEY"
    ]


def _works(means: Means, suppliers: frozenset[str], today: date) -> bool:
    return (
        means.supplier in suppliers
        and means.status in (None, MeansStatus.ACTIVE)
        and (means.until is None or means.until >= today)
    )


def _of_keys(parts: Parts) -> list[str]:
    """Providers refuse what a certificate signed that is over, or not valid yet by the machine's clock."""
    certificate = parts.broker.key.certificate
    if certificate.valid_at(parts.now()):
        return []
    start, end = certificate.x509.not_valid_before_utc, certificate.x509.not_valid_after_utc
    return [
        f"the broker's certificate is valid from {instants.write(start)} to {instants.write(end)}, and by its clock "
        f"it is {instants.write(parts.now())}: roll the key over (mock-eherkenning keys announce), or set the clock"
    ]


def _of_store(store: Store, name: str, now: datetime) -> list[str]:
    """A full disk or a folder that became read-only shows here before it shows in a login."""
    try:
        store.put(KIND, name, json.dumps(instants.write(now)).encode(), keep=60.0)
        if store.take(KIND, name) is None:
            return [
                "what is put in state.sqlite cannot be read back: is the folder shared with another broker?"
            ]
    except Exception as error:
        return [
            f"state.sqlite cannot be written ({type(error).__name__}: {error}): is the disk full or read-only?"
        ]
    return []
