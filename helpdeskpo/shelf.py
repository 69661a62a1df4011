"""Things kept for a while, on the server: logins under way, outcomes, messages and assertions seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import delete, func, select

from helpdeskpo.database import Database
from helpdeskpo.models import SamlId
from helpdeskpo.secret import digest

T = TypeVar("T")


class Shelf(Generic[T]):
    """A bounded kind of rows that expire. When there are too many, the row that would go first goes now.

    ``type_`` is anything that pydantic can write as JSON and read back.
    """

    def __init__(
        self,
        database: Database,
        kind: str,
        type_: type[T],
        clock: Callable[[], datetime],
        life: timedelta,
        most: int = 10_000,
    ) -> None:
        self._database = database
        self._kind = kind
        self._json: TypeAdapter[T] = TypeAdapter(type_)
        self._clock = clock
        self._life = life
        self._most = most

    def put(self, key: str, value: T) -> bool:
        """False, and nothing changes, when there is something under this key."""
        now = self._clock()
        mine = SamlId.kind == self._kind
        with self._database.write() as session:
            session.execute(delete(SamlId).where(mine, SamlId.until <= now))
            if session.get(SamlId, (self._kind, digest(key))):
                return False
            if (session.scalar(select(func.count()).where(mine)) or 0) >= self._most:
                first = select(SamlId.key_hash).where(mine).order_by(SamlId.until).limit(1).scalar_subquery()
                session.execute(delete(SamlId).where(mine, SamlId.key_hash == first))
            text = self._json.dump_json(value).decode()
            session.add(SamlId(kind=self._kind, key_hash=digest(key), value=text, until=now + self._life))
        return True

    def get(self, key: str) -> T | None:
        with self._database.read() as session:
            row = session.get(SamlId, (self._kind, digest(key)))
            return self._json.validate_json(row.value) if row and row.until > self._clock() else None

    def take(self, key: str) -> T | None:
        """The value, for one caller only."""
        with self._database.write() as session:
            row = session.get(SamlId, (self._kind, digest(key)))
            if row is None:
                return None
            gone = delete(SamlId).where(SamlId.kind == self._kind, SamlId.key_hash == digest(key))
            session.execute(gone)
            return self._json.validate_json(row.value) if row.until > self._clock() else None
