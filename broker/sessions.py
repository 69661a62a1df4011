"""The sessions that our answers began: what a LogoutRequest names (spec 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broker.login import Login
from broker.parts import Parts
from suppliers.adapters import Adapter
from suppliers.rooms import of_room

KIND = "session"
OF_NAME = "session-of-name"
OF_ROOM = "session-of-room"
KEEP = 24 * 3600.0
MOST_NAMES = 10_000
MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Session:
    """``index`` is the SessionIndex of the assertion, ``name_id`` its NameID, ``login`` the login that it ended,
    ``person`` a key of the register, ``tag`` the room."""

    index: str
    login: str
    sp: str
    service_id: str
    name_id: str
    language: str
    supplier: str = ""
    person: str = ""
    at: datetime | None = None
    tag: str = ""


ADAPTER = Adapter(Session)


def remember(parts: Parts, login: Login, session_index: str, name_id: str, person: str = "") -> None:
    """An answer goes out with this SessionIndex and this NameID."""
    session = Session(
        session_index,
        login.id,
        login.sp,
        login.service_id,
        name_id,
        login.language,
        login.supplier or "",
        person,
        parts.seen_by(login.tag).now_of(login.sp),
        login.tag,
    )
    parts.store.put(KIND, session_index, ADAPTER.dump_json(session), keep=KEEP)
    if login.tag:
        parts.store.put(of_room(OF_ROOM, login.tag), session_index, b"", keep=KEEP)
    # A LogoutRequest may leave SessionIndex out: it then means every session of the NameID (core 3.7).
    parts.store.append(
        OF_NAME,
        _name_key(login.sp, name_id, login.tag),
        session_index.encode(),
        most_groups=MOST_NAMES,
        most_bytes=MOST_BYTES,
    )


def find(parts: Parts, sp: str, name_id: str | None, indexes: tuple[str, ...]) -> tuple[Session, ...]:
    """Those that are known of the sessions that a request names: by SessionIndex, or without one by NameID, which
    is the same for a person in every room; there it is those of this room."""
    if not indexes and name_id:
        indexes = tuple(
            index.decode() for index in parts.store.group(OF_NAME, _name_key(sp, name_id, parts.tag))
        )
    records = (parts.store.get(KIND, index) for index in dict.fromkeys(indexes))
    return tuple(ADAPTER.validate_json(record) for record in records if record is not None)


def room_of(parts: Parts, indexes: tuple[str, ...]) -> str | None:
    """In which room the first of these sessions was begun; None where there is none of them."""
    for index in indexes:
        if (record := parts.store.get(KIND, index)) is not None:
            return ADAPTER.validate_json(record).tag
    return None


def every(parts: Parts) -> list[Session]:
    """In the order in which they began."""
    return [ADAPTER.validate_json(record) for _, record in parts.store.records(KIND)]


def forget(parts: Parts, session: Session) -> bool:
    """It was ended; False where it was so already."""
    return parts.store.delete(KIND, session.index)


def _name_key(sp: str, name_id: str, tag: str) -> str:
    return f"{sp} {name_id}" + (f" {tag}" if tag else "")
