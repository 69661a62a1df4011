"""Rooms: what is remembered of logins with a tag is kept apart, so that tests beside each other do not meet.

A kind of records has one more kind for each room. ``all_of`` knows the rooms in which anything is remembered.
"""

from __future__ import annotations

import re

from suppliers.store import Store

MOST_TAG = 100
_TAG = re.compile(rf"[A-Za-z0-9_.:-]{{0,{MOST_TAG}}}")
KIND = "room"
"""One record for each tag under which something is remembered."""


def tag_of(text: str) -> str:
    """The tag that somebody sent with a request; none where it is not one."""
    return text if _TAG.fullmatch(text) else ""


def of_room(kind: str, tag: str) -> str:
    """The kind under which a room keeps its records; that of no room is the kind itself."""
    return f"{kind}/{tag}" if tag else kind


def enter(store: Store, tag: str) -> None:
    """Before something is remembered in a room: it can be found, and dropped, from now on."""
    if tag and store.get(KIND, tag) is None:
        store.add(KIND, tag, b"")


def leave(store: Store, tag: str) -> None:
    """Nothing of it is remembered any more."""
    store.delete(KIND, tag)


def all_of(store: Store) -> list[str]:
    """The tags under which something is, or was, remembered; oldest first."""
    return [tag for tag, _ in store.records(KIND)]
