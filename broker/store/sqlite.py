"""The store in one SQLite file, for more than one process or to outlive one."""

from __future__ import annotations

import errno
import math
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.store import Store

VERSION = 1
# In the file's header, so that another program's file is never taken for ours ("MeHs").
APPLICATION = 0x4D654873

# 9e999 is infinity: kept for ever. An index on (log) ends in the rowid, so it serves "oldest of a log" too.
_SCHEMA = (
    "CREATE TABLE record (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,"
    " value BLOB NOT NULL, until REAL NOT NULL, UNIQUE (kind, key))",
    "CREATE INDEX record_until ON record (until) WHERE until < 9e999",
    "CREATE TABLE log (name TEXT PRIMARY KEY, held INTEGER NOT NULL, size INTEGER NOT NULL,"
    " dropped INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE log_group (seq INTEGER PRIMARY KEY, log TEXT NOT NULL, name TEXT NOT NULL,"
    " size INTEGER NOT NULL, UNIQUE (log, name))",
    "CREATE INDEX log_group_log ON log_group (log)",
    "CREATE TABLE entry (seq INTEGER PRIMARY KEY, log_group INTEGER NOT NULL, value BLOB NOT NULL)",
    "CREATE INDEX entry_log_group ON entry (log_group)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)

_EXPIRED = "DELETE FROM record WHERE kind = ? AND key = ? AND until <= ? RETURNING 1"
_SWEEP = "DELETE FROM record WHERE until <= ? AND until < 9e999"
_SWEEP_AFTER = 512

_ANEW = "move it away, so that a new one is made, or name another file"
_RIGHTS = "let this user write to the file and its folder, or name another file"
_TROUBLE = {
    sqlite3.SQLITE_NOTADB: ("is not an SQLite file", _ANEW),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _ANEW),
    sqlite3.SQLITE_READONLY: ("cannot be written", _RIGHTS),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", _RIGHTS),
    sqlite3.SQLITE_PERM: ("cannot be opened", _RIGHTS),
    sqlite3.SQLITE_BUSY: ("is held by another process", "end that process or name another file"),
    sqlite3.SQLITE_FULL: ("cannot grow", "make room on the disk or name another file"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "look at the disk or name another file"),
}

# Closing any descriptor of a file lets go of every lock that the process has on it (POSIX), so no store may
# connect while another is still making the file.
_making = threading.Lock()


class StoreError(Exception):
    """One line for whoever runs the broker: which file, what is the matter with it, how to mend it."""


class _Held:
    """The connection of one thread. It goes with its thread, or earlier when the store is closed."""

    __slots__ = ("__weakref__", "connection", "using")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        # Only close() ever contends for it: closing under a running statement would pull it from beneath it.
        self.using = threading.Lock()

    def __del__(self) -> None:
        self.connection.close()


class SqliteStore(Store):
    """Make one in each process: a connection does not survive a fork.

    ``clock`` gives the seconds that ``keep`` counts in: real time, never the clock that a tester sets.
    ``patience`` is how many seconds to wait for another process before giving up.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: Callable[[], float] = time.time, patience: float = 10.0
    ) -> None:
        # Resolved, for a later chdir must not lead a new thread to another file.
        self._path = Path(path).resolve()
        self._clock = clock
        self._patience = patience
        self._local = threading.local()
        self._connections: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._opening = threading.Lock()
        # Threads queue here, as SQLite has writers poll for their turn, with sleeps of up to 0.1 s.
        self._writing = threading.Lock()
        self._closed = False
        self._puts = 0
        if sqlite3.sqlite_version_info < (3, 35):
            raise self._trouble(
                f"needs SQLite 3.35, this Python has {sqlite3.sqlite_version}", "use a newer Python"
            )
        self._make_file()
        try:
            self._set_up()
            self._write(_SWEEP, self._clock())
        except BaseException:
            self.close()
            raise

    def put(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> None:
        # An expired record is removed, not overwritten, so that the key comes last in records().
        while not self._write(
            "INSERT INTO record (kind, key, value, until) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, until = excluded.until"
            " WHERE record.until > ? RETURNING 1",
            *(kind, key, value, self._until(keep), self._clock()),
        ):
            self._write(_EXPIRED, kind, key, self._clock())
        self._sweep_now_and_then()

    def add(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> bool:
        # The insert alone decides who is first, also among those who just removed the same expired record.
        while not self._write(
            "INSERT INTO record (kind, key, value, until) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, key) DO NOTHING RETURNING 1",
            *(kind, key, value, self._until(keep)),
        ):
            if self.get(kind, key) is not None:
                return False
            self._write(_EXPIRED, kind, key, self._clock())
        self._sweep_now_and_then()
        return True

    def get(self, kind: str, key: str) -> bytes | None:
        found: list[tuple[bytes]] = self._run(
            "SELECT value FROM record WHERE kind = ? AND key = ? AND until > ?", kind, key, self._clock()
        )
        return found[0][0] if found else None

    def take(self, kind: str, key: str) -> bytes | None:
        taken: list[tuple[bytes, float]] = self._write(
            "DELETE FROM record WHERE kind = ? AND key = ? RETURNING value, until", kind, key
        )
        return taken[0][0] if taken and taken[0][1] > self._clock() else None

    def swap(self, kind: str, key: str, old: bytes, new: bytes) -> bool:
        return bool(
            self._write(
                "UPDATE record SET value = ?"
                " WHERE kind = ? AND key = ? AND value = ? AND until > ? RETURNING 1",
                *(new, kind, key, old, self._clock()),
            )
        )

    def delete(self, kind: str, key: str) -> bool:
        return self.take(kind, key) is not None

    def records(self, kind: str) -> list[tuple[str, bytes]]:
        return self._run(
            "SELECT key, value FROM record WHERE kind = ? AND until > ? ORDER BY seq", kind, self._clock()
        )

    def append(self, log: str, group: str, value: bytes, *, most_groups: int, most_bytes: int) -> int:
        with self._transaction() as db:
            dropped = 0
            found = db.execute(
                "SELECT seq FROM log_group WHERE log = ? AND name = ?", (log, group)
            ).fetchone()
            if found is None:
                written = db.execute(
                    "INSERT INTO log_group (log, name, size) VALUES (?, ?, ?)", (log, group, len(value))
                ).lastrowid
            else:
                (written,) = found
                db.execute("UPDATE log_group SET size = size + ? WHERE seq = ?", (len(value), written))
            db.execute("INSERT INTO entry (log_group, value) VALUES (?, ?)", (written, value))
            # The totals stand in a row of their own, so that no append counts groups or bytes.
            [(held, size)] = db.execute(
                "INSERT INTO log (name, held, size, dropped) VALUES (?, ?, ?, 0) ON CONFLICT (name) DO UPDATE"
                " SET held = held + excluded.held, size = size + excluded.size RETURNING held, size",
                (log, 1 if found is None else 0, len(value)),
            ).fetchall()
            while held > 1 and (held > most_groups or size > most_bytes):
                oldest, freed = db.execute(
                    "SELECT seq, size FROM log_group WHERE log = ? AND seq <> ? ORDER BY seq LIMIT 1",
                    (log, written),
                ).fetchone()
                db.execute("DELETE FROM entry WHERE log_group = ?", (oldest,))
                db.execute("DELETE FROM log_group WHERE seq = ?", (oldest,))
                db.execute(
                    "UPDATE log SET held = held - 1, size = size - ?, dropped = dropped + 1 WHERE name = ?",
                    (freed, log),
                )
                held, size, dropped = held - 1, size - freed, dropped + 1
        return dropped

    def groups(self, log: str, *, limit: int, before: str | None = None) -> list[str]:
        found: list[tuple[str]] = self._run(
            "SELECT name FROM log_group WHERE log = ? AND"
            " (? IS NULL OR seq < (SELECT seq FROM log_group WHERE log = ? AND name = ?))"
            " ORDER BY seq DESC LIMIT ?",
            *(log, before, log, before, max(limit, 0)),
        )
        return [name for (name,) in found]

    def group(self, log: str, group: str) -> list[bytes]:
        found: list[tuple[bytes]] = self._run(
            "SELECT value FROM entry WHERE log_group = (SELECT seq FROM log_group WHERE log = ? AND name = ?)"
            " ORDER BY seq",
            *(log, group),
        )
        return [value for (value,) in found]

    def drop_group(self, log: str, group: str) -> bool:
        with self._transaction() as db:
            found = db.execute(
                "DELETE FROM log_group WHERE log = ? AND name = ? RETURNING seq, size", (log, group)
            ).fetchall()
            for seq, size in found:
                db.execute("DELETE FROM entry WHERE log_group = ?", (seq,))
                db.execute("UPDATE log SET held = held - 1, size = size - ? WHERE name = ?", (size, log))
        return bool(found)

    def dropped(self, log: str) -> int:
        found: list[tuple[int]] = self._run("SELECT dropped FROM log WHERE name = ?", log)
        return found[0][0] if found else 0

    def clear(self, kind: str | None = None, log: str | None = None) -> None:
        with self._transaction() as db:
            if kind is None and log is None:
                for table in ("record", "entry", "log_group", "log"):
                    db.execute(f"DELETE FROM {table}")  # noqa: S608
            if kind is not None:
                db.execute("DELETE FROM record WHERE kind = ?", (kind,))
            if log is not None:
                db.execute(
                    "DELETE FROM entry WHERE log_group IN (SELECT seq FROM log_group WHERE log = ?)", (log,)
                )
                db.execute("DELETE FROM log_group WHERE log = ?", (log,))
                db.execute("DELETE FROM log WHERE name = ?", (log,))

    def close(self) -> None:
        with self._opening:
            self._closed = True
            connections = list(self._connections)
        for held in connections:
            with held.using:
                held.connection.close()

    def _until(self, keep: float | None) -> float:
        return math.inf if keep is None else self._clock() + keep

    def _sweep_now_and_then(self) -> None:
        # Two threads may count as one here: it matters only that a sweep comes some day.
        self._puts += 1
        if self._puts % _SWEEP_AFTER == 0:
            self._write(_SWEEP, self._clock())

    def _run(self, sql: str, *values: object) -> list[Any]:
        """Each statement is a transaction of its own, and is over only when all its rows are fetched."""
        held = self._held()
        try:
            with held.using:
                return held.connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _write(self, sql: str, *values: object) -> list[Any]:
        with self._writing:
            return self._run(sql, *values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        held = self._held()
        try:
            # IMMEDIATE: a transaction that first reads cannot wait its turn to write any more.
            with self._writing, held.using, held.connection as db:
                db.execute("BEGIN IMMEDIATE")
                yield db
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _held(self) -> _Held:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None or self._closed:
            held = self._local.held = self._connect()
        return held

    def _connect(self) -> _Held:
        with self._opening:
            if self._closed:
                raise ValueError("the store is closed")
            try:
                # mode=rw: SQLite itself would make a missing file for all to read, and empty.
                connection = sqlite3.connect(
                    f"{self._path.as_uri()}?mode=rw",
                    uri=True,
                    timeout=self._patience,
                    isolation_level=None,
                    check_same_thread=False,
                )
                try:
                    connection.execute("PRAGMA synchronous = NORMAL")
                except sqlite3.Error:
                    connection.close()
                    raise
            except sqlite3.Error as error:
                raise self._translated(error) from error
            held = _Held(connection)
            self._connections.add(held)
            return held

    def _make_file(self) -> None:
        """SQLite gives the files beside it (-wal, -shm) the mode of this one."""
        with _making:
            try:
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except FileExistsError:
                pass
            except OSError as error:
                if error.errno == errno.ENOENT:
                    raise self._trouble(
                        "its folder does not exist", "make it or name another file"
                    ) from error
                raise self._trouble(f"cannot be made ({error.strerror})", _RIGHTS) from error

    def _set_up(self) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                with self._transaction() as db:
                    self._check_or_fill(db)
                # The file remembers this. While another process does the same, SQLite may refuse it at once.
                self._run("PRAGMA journal_mode = WAL")
                return
            except StoreError as error:
                if not _is_busy(error.__cause__) or time.monotonic() > until:
                    raise
                time.sleep(0.005)

    def _check_or_fill(self, db: sqlite3.Connection) -> None:
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (things,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application, version, things) == (0, 0, 0):
            for statement in _SCHEMA:
                db.execute(statement)
        elif application != APPLICATION:
            raise self._trouble("is an SQLite file of another program", "name another file")
        elif version != VERSION:
            raise self._trouble(f"has version {version} of the store, this program knows {VERSION}", _ANEW)

    def _translated(self, error: sqlite3.Error) -> Exception:
        if self._closed:
            return ValueError("the store is closed")
        what, mend = _TROUBLE.get(_code(error), ("is refused by SQLite", _ANEW))
        return self._trouble(f"{what} ({error})", mend)

    def _trouble(self, what: str, mend: str) -> StoreError:
        return StoreError(f"{self._path}: {what}; {mend}")


def _code(error: sqlite3.Error) -> int:
    # The low byte; the rest is detail. Errors of the module itself have no code.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_BUSY
