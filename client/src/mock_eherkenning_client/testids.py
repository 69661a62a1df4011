"""What to look for by ``data-testid`` on the way of a login; all there are stand in docs/testids.md of the broker."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TESTIDS: Mapping[str, str] = MappingProxyType(
    {
        "supplier": "select: the supplier, on the broker's choice",
        "remember": "checkbox: remember the choice",
        "next": "the main button of every page",
        "cancel": "button: cancel",
        "back": "link: the page before",
        "page-login": "page: user name and password",
        "username": "field: user name",
        "password": "field: password",
        "stay": "checkbox: stay logged in",
        "by-card": "button: log in with a smartcard",
        "page-channel": "page: how the PIN travels",
        "channel-sms": "radio button: by SMS",
        "channel-email": "radio button: by e-mail",
        "channel-app": "radio button: by the app",
        "channel-qr": "radio button: by a QR code",
        "page-pin": "page: the PIN",
        "pin": "field: the PIN",
        "page-app": "page: approve in the app",
        "page-qr": "page: scan the code",
        "page-mandate": "page: which organisation",
        "page-chain": "page: which client of an intermediary",
        "page-branch": "page: which branch",
        "page-consent": "page: consent to what goes along",
        "page-missing": "page: something that the service needs is not known",
        "page-nomandate": "page: no mandate that will do",
        "page-means": "page: the means cannot be used",
        "page-level": "page: the level of the means is too low",
        "error-summary": "the list of what is wrong; its links have data-code",
        "answer": "the form with the answer to the service provider",
        "refused": "the page that refuses a request",
        "finding": "one finding of that page",
    }
)
