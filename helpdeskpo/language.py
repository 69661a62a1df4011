"""Dutch first; English by the switch on every page, and remembered by a cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import quote

from flask import Response, g, request

LANGUAGES: Final = ("nl", "en")
COOKIE: Final = "helpdeskpo_language"
KEEP: Final = timedelta(days=365)


def asked() -> str | None:
    return _known(request.args.get("lang"))


def current() -> str:
    return asked() or _known(request.cookies.get(COOKIE)) or LANGUAGES[0]


def locale() -> str:
    """Of texts and dates: the English here is British, and so are its dates."""
    return {"en": "en_GB"}.get(current(), current())


def for_templates() -> dict[str, str]:
    """``switch``: this page in the other language, by GET. A page that a form led to says its own in ``g.again``."""
    language = current()
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    # Of a page that is not there the path is a stranger's: //elsewhere and /\\elsewhere are other sites to a browser.
    path = g.get("again") or "/" + quote(request.path.lstrip("/"))
    kept = "" if g.get("again") else "".join(f"&{n}={v}" for n, v in _kept())
    return {"language": language, "other_language": other, "switch": f"{path}?lang={other}{kept}"}


def remember(response: Response, *, secure: bool) -> Response:
    if request.method == "GET" and (language := asked()):
        response.set_cookie(
            COOKIE, language, max_age=KEEP, path="/", secure=secure, httponly=True, samesite="Lax"
        )
    return response


def _kept() -> list[tuple[str, str]]:
    """What a page needs of its address to be shown again; each a word of our own making."""
    return [
        (name, value)
        for name in ("antwoord", "code", "uitgelogd", "verlopen")
        if (value := request.args.get(name, "")) and value.replace("-", "").replace("_", "").isalnum()
    ]


def _known(language: str | None) -> str | None:
    return language if language in LANGUAGES else None
