"""Everything that a service provider needs of this broker, from the same sources as the broker's metadata."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from broker.metadata import rollover
from broker.parts import Parts
from broker.settings import VERSIONS
from broker.wire import instants
from broker.wire.bindings import FRONT_CHANNEL
from broker.wire.keys import Certificate
from suppliers.ask import Level


@dataclass(frozen=True, slots=True)
class Key:
    """``role`` is ``signs`` or, while keys are rolled over, ``beside``. ``one_line`` is the base64 between the lines of
    the PEM; fingerprints are hexadecimal, of the DER."""

    role: str
    pem: str
    one_line: str
    sha1: str
    sha256: str
    key_name: str
    not_after: str


@dataclass(frozen=True, slots=True)
class Given:
    """The addresses of one version of the interface."""

    entity_id: str
    metadata: str
    metadata_entities: str
    metadata_saml: str
    versions: tuple[str, ...]
    version: str
    sso: str
    slo: str
    ars: str
    bindings: tuple[str, ...]
    keys: tuple[Key, ...]
    levels: tuple[tuple[str, str], ...]

    @property
    def key(self) -> Key:
        return self.keys[0]


def given(parts: Parts, version: str = VERSIONS[-1]) -> Given:
    settings = parts.settings
    url = settings.metadata_url
    other = "" if version == VERSIONS[-1] else f"version={version}"
    own = parts.broker.key
    keys = [_key("signs", own.certificate), *(_key("beside", one) for one in rollover(parts).others)]
    return Given(
        entity_id=settings.entity_id,
        metadata=f"{url}?{other}" if other else url,
        metadata_entities=f"{url}?{'&'.join(filter(None, (other, 'form=entities')))}",
        metadata_saml=f"{url}?profile=saml",
        versions=VERSIONS,
        version=version,
        sso=settings.sso_url_of(version),
        slo=settings.logout_url_of(version),
        ars=settings.artifact_url,
        bindings=FRONT_CHANNEL,
        keys=tuple(keys),
        levels=tuple((level.label, level.urn) for level in Level),
    )


def _key(role: str, certificate: Certificate) -> Key:
    x509 = certificate.x509
    return Key(
        role=role,
        pem=x509.public_bytes(Encoding.PEM).decode(),
        one_line=certificate.base64,
        sha1=hashlib.sha1(certificate.der, usedforsecurity=False).hexdigest(),
        sha256=certificate.fingerprint,
        key_name=certificate.key_name,
        not_after=instants.write(x509.not_valid_after_utc),
    )
