"""A supplier's own sessions ("Ik wil ingelogd blijven"): who logged in, how, and when (spec 9).

The browser holds the id in a cookie of that supplier; the mandate is checked again at every login.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from suppliers.adapters import Adapter
from suppliers.rooms import of_room
from suppliers.store import Store

KIND = "supplier-session"
OF_ROOM = "supplier-session-of-room"
_KEEP_SECONDS = 12 * 3600.0
LIFE = timedelta(hours=2)
"""From the password on; using a session does not make it longer."""


@dataclass(frozen=True, slots=True)
class Session:
    """``username`` is that of the means, or the number of the card, ``login`` the Ask that began it. ``proof`` is
    what the means and its password were then: a session does not outlive either. ``tag`` is the room in which it
    was begun, and holds. The id stays out of the repr, and so of logs."""

    id: str = field(repr=False)
    supplier: str
    person: str
    username: str
    card: bool
    authenticated_at: datetime
    login: str = ""
    proof: str = ""
    tag: str = ""

    @property
    def until(self) -> datetime:
        return self.authenticated_at + LIFE

    def is_over(self, now: datetime) -> bool:
        return not self.authenticated_at <= now < self.until


_SESSION = Adapter(Session)


class Sessions:
    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, session: Session) -> None:
        # Kept for longer than it holds: the mock's clock decides about that, and may be set back.
        self._store.put(KIND, session.id, _SESSION.dump_json(session), keep=_KEEP_SECONDS)
        if session.tag:
            self._store.put(of_room(OF_ROOM, session.tag), session.id, b"", keep=_KEEP_SECONDS)

    def get(self, session_id: str) -> Session | None:
        raw = self._store.get(KIND, session_id) if session_id else None
        return _SESSION.validate_json(raw) if raw else None

    def all(self) -> list[Session]:
        """Also those that are over; in the order in which they began."""
        return [_SESSION.validate_json(raw) for _, raw in self._store.records(KIND)]

    def end(self, session_id: str) -> bool:
        """True if there was one."""
        return self._store.delete(KIND, session_id)


def new_id() -> str:
    return secrets.token_urlsafe(24)
