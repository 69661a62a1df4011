"""In which language a supplier's page is: what the switch asks, else that of the visit, else what this browser chose
before, else Dutch.

Accept-Language does not count: browsers in CI ask for en-US, and the real pages are Dutch first.
"""

from __future__ import annotations

from flask import request

COOKIE = "mock_eherkenning_language"
"""The broker sets it when somebody switches, on any page."""
LANGUAGES = ("nl", "en")


def of_page(of_visit: str = "") -> str:
    """``of_visit`` is the language of the visit, or of the message that brought the person here."""
    found = (request.args.get("lang"), of_visit, request.cookies.get(COOKIE))
    return next((language for language in found if language in LANGUAGES), LANGUAGES[0])
