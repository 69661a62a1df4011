"""Which room a request is in (docs/tags.md)."""

from __future__ import annotations

from flask import request

from suppliers.rooms import tag_of

HEADER = "Mock-Eherkenning-Tag"
COOKIE = "mock_eherkenning_tag"


def room() -> str:
    """The tag that this request was sent with: a test's in its header, a tester's in the browser's cookie."""
    return tag_of(request.headers.get(HEADER) or request.cookies.get(COOKIE) or "")
