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
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from helpdeskpo.database import Database
from helpdeskpo.models import WebSession
from helpdeskpo.secret import digest, make_token

COOKIE: Final = "helpdeskpo_session"
"""Cookies ignore ports, so the name must not be that of the broker's."""
IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(minutes=120)
UNKNOWN: Final = timedelta(minutes=60)
"""Of somebody who is not logged in: a form of theirs may stand open this long."""
MOST_UNKNOWN: Final = 2000
"""Of those. Anybody can make them; when there are more, the oldest goes."""
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
        self.carried = False
        """What it holds comes from the row under ``old_name``, and counts only if that is still there."""
        self.ended = ended
        """The browser had one, of somebody logged in, and its time was over."""
        self.made_at: datetime | None = None

    def rotate(self, *, login: bool = False) -> None:
        """Under a new name from this answer on; the old one is gone. The time of 120 minutes begins anew.

        ``login``: what it holds from here on was proved in this very request, whatever became of the old one.
        """
        self.carried = bool(self.name) and not login
        self.old_name, self.name = self.name or self.old_name, ""
        self.made_at = None
        self.modified = True


def _changed(kept: Any) -> None:
    kept.modified = True


def _rows(result: Any) -> int:
    return int(result.rowcount)


def _make_room(written: Session, now: datetime) -> None:
    """For one more of somebody who is not logged in."""
    unknown = WebSession.data.not_like('%"identity"%')
    written.execute(delete(WebSession).where(unknown, WebSession.seen_at <= now - UNKNOWN))
    if (written.scalar(select(func.count()).where(unknown)) or 0) >= MOST_UNKNOWN:
        first = select(WebSession.id_hash).where(unknown).order_by(WebSession.seen_at).limit(1)
        written.execute(delete(WebSession).where(WebSession.id_hash == first.scalar_subquery()))


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
        idle = IDLE if "identity" in data else UNKNOWN
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
        # Where it could not be opened there is none, and the page says so.
        if not isinstance(session, Kept) or not session.modified:
            return
        with self._database.write() as written:
            made = self._write(written, session, self._clock())
        if made:
            response.set_cookie(
                COOKIE, session.name, max_age=LONGEST, httponly=True, samesite="Lax", secure=self._secure
            )
        if not session:
            response.delete_cookie(COOKIE, samesite="Lax", secure=self._secure, httponly=True)

    def _write(self, written: Session, session: Kept, now: datetime) -> bool:
        """Whether it has a new name. A row that another request took away (a log-out, a login) stays away."""
        was_there = True
        if session.old_name:
            gone = written.execute(delete(WebSession).where(WebSession.id_hash == digest(session.old_name)))
            was_there = _rows(gone) == 1
        written.execute(delete(WebSession).where(WebSession.made_at < now - 2 * LONGEST))
        mine = WebSession.id_hash == digest(session.name)
        if not session:
            if session.name:
                written.execute(delete(WebSession).where(mine))
            return False
        data = json.dumps(dict(session))
        if session.name:
            written.execute(update(WebSession).where(mine).values(data=data, seen_at=now))
            return False
        if session.carried and not was_there:
            return False
        if "identity" not in session:
            _make_room(written, now)
        session.name = make_token()
        session.made_at = session.made_at or now
        row = WebSession(id_hash=digest(session.name), data=data, made_at=session.made_at, seen_at=now)
        written.add(row)
        return True

    def ends(self, kept: Kept) -> tuple[datetime, datetime]:
        """When it ends if nothing more is done, and when at the latest."""
        now = self._clock()
        latest = (kept.made_at or now) + LONGEST
        return min(now + IDLE, latest), latest

    def _touch(self, name: str, now: datetime) -> None:
        with self._database.write() as session:
            if row := session.get(WebSession, digest(name)):
                row.seen_at = now
