"""The SQLite file of MijnHelpdeskPO, by SQLAlchemy: everything that must survive a restart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

LOCK_SECONDS = 10


class Instant(TypeDecorator[datetime]):
    """A moment: UTC in the file, and aware again when it is read."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """Of all tables."""


class Unusable(ValueError):
    """The file cannot be used. One line, with what to do."""


class Database:
    """One file. Whoever writes holds the lock from the first statement, so that what was read still holds."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        # For nobody else's eyes: SQLite gives what it keeps beside the file the rights that the file has.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        self._reading = create_engine(f"sqlite:///{file}", connect_args={"timeout": LOCK_SECONDS})
        self._writing = self._reading.execution_options(begin="IMMEDIATE")
        event.listen(self._reading, "connect", _connected)
        event.listen(self._reading, "begin", _begin)

    def create(self, sow: Callable[[Session], None]) -> bool:
        """Make the tables and fill them, in one go, where there are none yet; whether that was so. Raises Unusable."""
        try:
            with self.write() as session:
                connection = session.connection()
                if inspect(connection).has_table("organisation"):
                    return False
                Base.metadata.create_all(connection)
                sow(session)
        except DatabaseError as error:
            raise Unusable(
                f"{self.file} cannot be used ({error.orig}); start with --reset for a new one"
            ) from error
        return True

    def remove(self) -> None:
        """The file, and what SQLite keeps beside it."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Everything or nothing: committed at the end, rolled back when an exception leaves it."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self._reading.dispose()


def _connected(connection: Any, _record: Any) -> None:
    # The driver's own idea of when a transaction begins is switched off: _begin says it.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")
