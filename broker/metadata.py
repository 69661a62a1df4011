"""The broker's own metadata: what it announces is what it has."""

from __future__ import annotations

from broker.parts import Parts
from broker.wire.descriptor import Addresses, describe
from broker.wire.names import HTTP_POST, HTTP_REDIRECT


def own_metadata(parts: Parts) -> bytes:
    """A signed EntityDescriptor, the same over restarts as long as key and base URL are."""
    settings = parts.settings
    addresses = Addresses(
        sso={HTTP_REDIRECT: settings.sso_url, HTTP_POST: settings.sso_url},
        artifact=(settings.artifact_url, settings.artifact_url),
        home=settings.base_url,
    )
    return describe(parts.broker, addresses, "_" + parts.broker.key.key_name[:32])
