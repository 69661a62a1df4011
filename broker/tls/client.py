"""Which certificate the caller of the back channel showed: over our own TLS, or to a proxy that we trust."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from broker.rules.resolve import Caller
from broker.settings import Settings
from broker.wire.keys import Certificate

CERTIFICATE = "mock_eherkenning.client_certificate"
"""The key of the WSGI environ that holds it, in DER. A header cannot set it: those all begin with HTTP_."""
ASKED = "mock_eherkenning.asks_client"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def caller(settings: Settings, environ: Mapping[str, Any]) -> Caller:
    """What is known of whoever made this request, besides its message."""
    name = settings.client_certificate_header
    if name and _from_trusted_proxy(settings, str(environ.get("REMOTE_ADDR", ""))):
        # What came over TLS to us is then the proxy's own certificate, not the caller's.
        given = str(environ.get("HTTP_" + name.upper().replace("-", "_"), "")).strip()
        return _shown(_der(given), f"{name} holds no certificate") if given else Caller(asked=True)
    der = environ.get(CERTIFICATE)
    if der is not None:
        return _shown(der, "a client certificate that cannot be read")
    return Caller(asked=bool(environ.get(ASKED)))


def _from_trusted_proxy(settings: Settings, address: str) -> bool:
    try:
        # Without the zone of a link-local address.
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # A listener on :: sees IPv4 clients by their mapped address.
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in settings.trusted_proxies)


def _shown(der: bytes | None, problem: str) -> Caller:
    if der is None:
        return Caller(asked=True, problem=problem)
    certificate = Certificate(der)
    try:
        # Read once what is asked of it later, so that a bad one is refused here.
        given = certificate.x509
        _ = given.subject.rfc4514_string(), given.not_valid_before_utc, given.not_valid_after_utc
        certificate.subject_public_key  # noqa: B018
    except Exception:
        # cryptography has several kinds of refusal for what strangers may make of a certificate.
        return Caller(asked=True, problem=problem)
    return Caller(certificate, asked=True)


def _der(text: str) -> bytes | None:
    """As proxies write it: PEM, URL-encoded or with its line ends as blanks, or base64 of DER, bare or between
    colons (RFC 9440). None where it is anything else, or more than one."""
    body = unquote(text).strip().removeprefix(BEGIN).removesuffix(END).strip().strip(":")
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except ValueError:
        return None
