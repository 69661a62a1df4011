"""Which identifiers of company and person a service provider gets, and how a pseudonym is made (spec 4.2, 5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from broker.wire.encryption import Identifier
from broker.wire.names import IDENTIFIER_TYPES, PSEUDO_REPRESENTED

PSEUDO = "Pseudo"


def first_filled(
    sets: Sequence[Sequence[str]], available: Mapping[str, str]
) -> tuple[Identifier, ...] | None:
    """The identifiers of the first set that the company can fill as a whole; None where it fills none.

    A set of Pseudo alone asks for nothing of the company: it is filled, and empty.
    """
    for wanted in sets:
        if all(name == PSEUDO or name in available for name in wanted):
            return tuple(
                Identifier(IDENTIFIER_TYPES[name], available[name]) for name in wanted if name != PSEUDO
            )
    return None


def pseudonym(sp: str, legal: str, intermediary: str, subject: str, version: str = "1.13") -> Identifier:
    """The person's name for this provider, company and intermediary, and for no other: 64 hex @ 32 hex.

    Two services of one provider (one OIN) see the same. The scheme does not say how it is made [I]. Only the
    URN of its type differs by version of the interface (spec 1.3).
    """
    provider = _oin(sp)
    person = _digest(provider, legal, intermediary, subject)
    type_ = PSEUDO_REPRESENTED if version == "1.13" else IDENTIFIER_TYPES[PSEUDO]
    return Identifier(type_, f"{person}@{_digest(provider, legal)[:32]}")


def internal_pseudonym(ad: str, subject: str) -> Identifier:
    """The person's name between AD and MR."""
    return Identifier(IDENTIFIER_TYPES[PSEUDO], _digest(ad, subject))


def _digest(*parts: str) -> str:
    # Escaped, or a bar inside a name could make two different rows of parts one.
    escaped = (part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return hashlib.sha256("|".join(escaped).encode()).hexdigest()


def _oin(entity_id: str) -> str:
    parts = entity_id.split(":")
    return parts[3] if entity_id.startswith("urn:etoegang:") and len(parts) > 3 else entity_id
