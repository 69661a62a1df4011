"""The broker as its metadata shows it, and pysaml2's client made from that metadata.

The metadata is fetched when it is first needed, so that either side can be started first; again at a new login when it
is some time old; and again when an answer is signed by a key that it does not have (the broker changed keys).
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saml2 import BINDING_HTTP_ARTIFACT, BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP, SAMLError
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.population import Population
from saml2.s_utils import UnsupportedBinding

from helpdeskpo import seam
from helpdeskpo.crypto import RSA_SHA256, SHA256, SignatureRefused, parse, pem_certificate
from helpdeskpo.keys import KeyPair
from helpdeskpo.settings import RequestBinding, Settings
from helpdeskpo.transport import Transport, Unreachable

log = logging.getLogger(__name__)

FRESH_SECONDS = 5
WAIT_SECONDS = 3
SLOW_SECONDS = 1
AGAIN_SECONDS = 2
"""A stranger can make us fetch by sending an answer with an unknown key: not more often than this."""


@dataclass(frozen=True, slots=True)
class Broker:
    """One reading of the metadata."""

    entity_id: str
    sso: dict[RequestBinding, str]
    artifact_services: dict[int, str]
    logout: dict[RequestBinding, str]
    """Where a log-out goes, by binding; empty where the broker has no such place."""
    certificates: tuple[str, ...]
    """PEM, of the keys that its answers may be signed with."""
    client: Any
    """saml2.client.Saml2Client"""


class Nobody(Population):  # type: ignore[misc]  # pysaml2 has no types
    """pysaml2 keeps everybody who ever logged in, for ever; our sessions are our own."""

    def add_information_about_person(self, session_info: Any) -> Any:
        return session_info.get("name_id")


class BrokerMetadata:
    """Where the metadata comes from, and the last good reading of it."""

    def __init__(
        self,
        settings: Settings,
        keys: KeyPair,
        transport: Transport,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._transport = transport
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._content = b""
        self._read_at = 0.0
        self._failed_until = 0.0
        self._failure = ""
        self._broker: Broker | None = None

    def current(self) -> Broker:
        """For a new login: a few seconds old at most, so that a broker that is gone shows here. Raises Unreachable."""
        return self._at_most(FRESH_SECONDS)

    def last(self) -> Broker:
        """For an answer: whatever we sent the request with will do. Raises Unreachable."""
        return self._broker or self.current()

    def again(self) -> Broker:
        """After an unknown key. Raises Unreachable."""
        return self._at_most(AGAIN_SECONDS)

    def _at_most(self, seconds: float) -> Broker:
        """One thread fetches. The others have the last good reading, or wait a little where there is none."""
        known = self._broker
        if known is not None and self._elapsed() - self._read_at < seconds:
            return known
        if not self._lock.acquire(timeout=0 if known else WAIT_SECONDS):
            if known is None:
                raise Unreachable(f"{self._settings.idp_metadata} has not answered yet")
            return known
        try:
            if self._broker is None or self._elapsed() - self._read_at >= seconds:
                self._refresh()
            assert self._broker is not None
            return self._broker
        finally:
            self._lock.release()

    def _refresh(self) -> None:
        """Raises Unreachable. A slow failure is remembered for as long as it took: it does not hang for all in turn."""
        began = self._elapsed()
        if began < self._failed_until:
            raise Unreachable(self._failure)
        try:
            content = self._read()
            if self._broker is None or content != self._content:
                self._broker = make_broker(self._settings, self._keys, content)
                self._content = content
                name = self._broker.entity_id
                log.info("metadata of %s read: %s", name, hashlib.sha256(content).hexdigest()[:12])
        except Unreachable as reason:
            ended = self._elapsed()
            if ended - began >= SLOW_SECONDS:
                self._failed_until, self._failure = ended + (ended - began), str(reason)
            raise
        self._read_at = self._elapsed()

    def _read(self) -> bytes:
        source = self._settings.idp_metadata
        if source.startswith(("http://", "https://")):
            return self._transport.get(source)
        try:
            return Path(source).read_bytes()
        except OSError as error:
            raise Unreachable(f"{source}: {error.strerror or error}") from error


def make_broker(settings: Settings, keys: KeyPair, content: bytes) -> Broker:
    """Raises Unreachable when this is not the metadata of an identity provider that we can use."""
    seam.install(settings.entity_id)
    try:
        parse(content)
        client = Saml2Client(config=SPConfig().load(_configuration(settings, keys, content)))
    except (SignatureRefused, SAMLError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Unreachable(f"{settings.idp_metadata} is not SAML metadata: {error}") from error
    if not isinstance(client.sec.crypto, seam.XmlsecBackend):
        raise seam.SeamChanged("pysaml2 made a client without our crypto backend: see helpdeskpo/seam.py")
    client.users = Nobody()
    entities = sorted(client.metadata.identity_providers())
    if not entities:
        raise Unreachable(f"{settings.idp_metadata} has no identity provider in it")
    entity_id = str(entities[0])
    sso = _by_binding(client.metadata.single_sign_on_service, entity_id)
    artifact_services = {
        int(service["index"]): str(service["location"])
        for service in _services(
            client.metadata.artifact_resolution_service, entity_id, BINDING_SOAP, "idpsso"
        )
    }
    logout = _by_binding(client.metadata.single_logout_service, entity_id)
    certificates = [
        pem_certificate(text) for _, text in client.metadata.certs(entity_id, "idpsso", "signing")
    ]
    if not sso or not certificates:
        raise Unreachable(f"{entity_id} has no address for a login, or no key, in its metadata")
    return Broker(entity_id, sso, artifact_services, logout, tuple(dict.fromkeys(certificates)), client)


def _by_binding(look: Callable[..., Any], entity_id: str) -> dict[RequestBinding, str]:
    """The first address for each of the bindings that a request can go by."""
    found: dict[RequestBinding, str] = {}
    bindings: tuple[tuple[RequestBinding, str], ...] = (
        ("post", BINDING_HTTP_POST),
        ("redirect", BINDING_HTTP_REDIRECT),
    )
    for name, binding in bindings:
        for service in _services(look, entity_id, binding, "idpsso"):
            found.setdefault(name, service["location"])
    return found


def _services(look: Callable[..., Any], *where: str) -> list[dict[str, Any]]:
    """What pysaml2 finds; nothing where the metadata has no such service, for which it raises."""
    try:
        return look(*where) or []
    except UnsupportedBinding:
        return []


def _configuration(settings: Settings, keys: KeyPair, content: bytes) -> dict[str, Any]:
    consumers = [
        (url, {"artifact": BINDING_HTTP_ARTIFACT, "post": BINDING_HTTP_POST}[name], index)
        for name, (index, url) in settings.acs.items()
    ]
    return {
        "entityid": settings.entity_id,
        "name": settings.organisation,
        "key_file": str(keys.key_file),
        "cert_file": str(keys.certificate_file),
        "encryption_keypairs": [{"key_file": str(keys.key_file), "cert_file": str(keys.certificate_file)}],
        # pysaml2 wants the name of a file that exists. It is never run: see seam.py.
        "xmlsec_binary": str(keys.key_file),
        "metadata": {"inline": [content.decode("utf-8")]},
        "accepted_time_diff": int(settings.skew.total_seconds()),
        "allow_unknown_attributes": True,
        "only_use_keys_in_metadata": True,
        # pysaml2's own default is SHA-1.
        "signing_algorithm": RSA_SHA256,
        "digest_algorithm": SHA256,
        "service": {
            "sp": {
                "endpoints": {"assertion_consumer_service": consumers},
                "authn_requests_signed": True,
                "want_assertions_signed": True,
                # Inside a signed ArtifactResponse the Response may do without; by POST checks.py demands it.
                "want_response_signed": False,
                "allow_unsolicited": False,
            }
        },
    }
