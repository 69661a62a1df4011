"""Which room a request is in (docs/tags.md)."""

from __future__ import annotations

from flask import request

from suppliers.rooms import MOST_TAG, tag_of

HEADER = "Mock-Eherkenning-Tag"
COOKIE = "mock_eherkenning_tag"


def room() -> str:
    """The tag that this request was sent with: a test's in its header, a tester's in the browser's cookie."""
    return tag_of(request.headers.get(HEADER) or request.cookies.get(COOKIE) or "")


def asked_room() -> str:
    """Whose things a list shows: of the room that its address names, of everybody where that is none; else of the
    room that the browser is in."""
    asked = request.args.get("tag")
    return room() if asked is None else asked.strip()[:MOST_TAG]


def with_room(query: dict[str, str], tag: str) -> dict[str, str]:
    """A query of such a list, with the room where the same list could not be had without it."""
    return {**query, "tag": tag} if tag or room() else query
