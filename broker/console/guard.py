"""Who may see the console and call the API: anyone on loopback, else whoever has the token."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import request

from broker.settings import Settings

COOKIE = "mock_eherkenning_token"
ASKS_TOKEN = {"WWW-Authenticate": 'Bearer realm="mock-eherkenning"'}
"""What goes with a 401 (RFC 9110, 15.5.2)."""


def allowed(settings: Settings) -> bool:
    """Loopback needs no token; elsewhere ``Authorization: Bearer``, or the cookie that ``?token=`` sets."""
    if settings.on_loopback and settings.token is None:
        return True
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    given = bearer if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    return is_token(settings, given)


def is_token(settings: Settings, given: str) -> bool:
    """Whether this is the token; there may be none to know."""
    return bool(settings.token) and hmac.compare_digest(given.encode(), (settings.token or "").encode())


def from_elsewhere(*, null_is_ours: bool = True) -> bool:
    """True where the browser says that another site made it call: a change is then refused.

    ``null_is_ours`` is of what forms on our pages are sent to: they send no referrer, so browsers of before 2023 say
    only ``Origin: null`` for them. Nothing of ours sends that to the API.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    if origin == "null":
        return not null_is_ours
    return urlsplit(origin).netloc != request.host
