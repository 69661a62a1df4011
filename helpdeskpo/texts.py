"""The pages for when there is no login. Their texts are ``refused.<code>.title``, ``.happened`` and ``.advice``."""

from __future__ import annotations

from typing import Final

HTTP: Final = {
    "SP-08": 200,
    "SP-09": 502,
    "unreadable": 400,
    "expired": 410,
    "broker-unreachable": 503,
    "wrong-setting": 400,
    "forged": 400,
    "not-found": 404,
    "fault": 500,
}
"""The status that a page is sent with; 403 where nothing stands here."""

CODES: Final = (
    *(f"SP-{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14)),
    "identity",
    "artifact",
    "library",
    "other-browser",
    *(code for code in HTTP if not code.startswith("SP-")),
)
"""Every code that a Refusal may have."""
