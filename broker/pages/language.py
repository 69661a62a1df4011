"""In which language a page is: that of its login, else what this browser chose before, else Dutch.

Accept-Language does not count: browsers in CI ask for en-US, and the real pages are Dutch first.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, g, request

COOKIE = "mock_eherkenning_language"
LANGUAGES = ("nl", "en")
KEEP = timedelta(days=365)

# What a service provider sent there works once: asking for it again would show another page.
ONCE = ("broker.sso", "broker.slo")


def current() -> str:
    """Of the page at hand. A view says by ``use`` where it is not what this browser chose."""
    return str(g.get("language") or asked() or remembered() or LANGUAGES[0])


def use(language: str | None, again: str | None = None) -> None:
    """Set the language of this page; ``again`` is the path that shows it by GET, "" its own."""
    g.language = language
    g.again = again


def asked() -> str | None:
    """What the switch asks."""
    return _known(request.args.get("lang"))


def remembered() -> str | None:
    """What this browser chose before. A POST from another site brings no cookie along."""
    return _known(request.cookies.get(COOKIE))


def for_templates() -> dict[str, str]:
    """``lang`` of the page, ``other_lang``, and the address of the switch between the two."""
    language = current()
    other = "nl" if language == "en" else "en"
    again = g.get("again")
    if again is None:
        # Without a path the link stays on this page, and on this site, whatever stands in the address.
        again = "" if request.method == "GET" and request.endpoint not in ONCE else "/"
    return {"lang": language, "other_lang": other, "switch": f"{again}?lang={other}"}


def remember(response: Response, *, secure: bool) -> Response:
    """After the switch: for the pages and logins to come."""
    if request.method == "GET" and (language := asked()):
        response.set_cookie(
            COOKIE, language, max_age=KEEP, path="/", secure=secure, httponly=True, samesite="Lax"
        )
    return response


def _known(language: str | None) -> str | None:
    return language if language in LANGUAGES else None
