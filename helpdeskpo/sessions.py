"""Sessions on the server: the cookie holds a random name and nothing else.

Flask's ``session`` is backed by a table. A login gives it a new name (``rotate``), so that one that was set beforehand
is worth nothing, and it ends by the clock of the server: 15 minutes after the last request, 120 after the login.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete
from werkzeug.datastructures import CallbackDict

from helpdeskpo.database import Database
from helpdeskpo.models import WebSession
from helpdeskpo.secret import digest, make_token

COOKIE: Final = "helpdeskpo_session"
"""Cookies ignore ports, so the name must not be that of the broker's."""
IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(minutes=120)
_TOUCH: Final = timedelta(seconds=5)
_LONGEST_NAME: Final = 100


class Kept(CallbackDict[str, Any], SessionMixin):
    """One browser's. ``name`` is empty for one that is not kept yet."""

    modified = False
    accessed = True

    def __init__(self, name: str = "", data: dict[str, Any] | None = None, *, ended: bool = False) -> None:
        super().__init__(data or {}, _changed)
        self.name = name
        self.old_name = ""
        self.ended = ended
        """The browser had one, of somebody logged in, and its time was over."""
        self.made_at: datetime | None = None

    def rotate(self) -> None:
        """Under a new name from this answer on; the old one is gone. The time of 120 minutes begins anew."""
        self.old_name, self.name = self.name or self.old_name, ""
        self.made_at = None
        self.modified = True


def _changed(kept: Any) -> None:
    kept.modified = True


class InDatabase(SessionInterface):
    """Where Flask finds and keeps them."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, secure: bool) -> None:
        self._database = database
        self._clock = clock
        self._secure = secure

    def open_session(self, app: Flask, request: Request) -> Kept:
        name = request.cookies.get(COOKIE, "")
        if not name or len(name) > _LONGEST_NAME or request.path.startswith("/static/"):
            return Kept()
        with self._database.read() as session:
            row = session.get(WebSession, digest(name))
        if row is None:
            return Kept()
        data = json.loads(row.data)
        now = self._clock()
        # Who is not logged in may take longer over a form.
        idle = IDLE if "identity" in data else LONGEST
        if now >= row.made_at + LONGEST or now >= row.seen_at + idle:
            kept = Kept(ended="identity" in data)
            kept.old_name = name
            return kept
        kept = Kept(name, data)
        kept.made_at = row.made_at
        if now - row.seen_at >= _TOUCH:
            self._touch(name, now)
        return kept

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, Kept)
        if not session.modified:
            return
        now = self._clock()
        if not session.name and session:
            session.name = make_token()
            response.set_cookie(
                COOKIE, session.name, max_age=LONGEST, httponly=True, samesite="Lax", secure=self._secure
            )
        with self._database.write() as written:
            if session.old_name:
                written.execute(delete(WebSession).where(WebSession.id_hash == digest(session.old_name)))
            written.execute(delete(WebSession).where(WebSession.made_at < now - 2 * LONGEST))
            if session:
                session.made_at = session.made_at or now
                row = WebSession(
                    id_hash=digest(session.name),
                    data=json.dumps(dict(session)),
                    made_at=session.made_at,
                    seen_at=now,
                )
                written.merge(row)
            elif session.name:
                written.execute(delete(WebSession).where(WebSession.id_hash == digest(session.name)))
        if not session:
            response.delete_cookie(COOKIE, samesite="Lax", secure=self._secure, httponly=True)

    def ends(self, kept: Kept) -> tuple[datetime, datetime]:
        """When it ends if nothing more is done, and when at the latest."""
        now = self._clock()
        latest = (kept.made_at or now) + LONGEST
        return min(now + IDLE, latest), latest

    def _touch(self, name: str, now: datetime) -> None:
        with self._database.write() as session:
            if row := session.get(WebSession, digest(name)):
                row.seen_at = now
