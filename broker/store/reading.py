"""What another process keeps in its SQLite file, as it is now, without changing a byte of it."""

from __future__ import annotations

import math
import sqlite3
import time
from pathlib import Path

from broker.store.memory import MemoryStore
from broker.store.sqlite import APPLICATION, VERSION, StoreError


def copied(path: Path) -> MemoryStore:
    """The records that are alive, in memory; none where there is no file. Logs are left out. Raises StoreError."""
    store = MemoryStore()
    if not path.exists():
        return store
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10.0)
        try:
            known = [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            ]
            if known != [APPLICATION, VERSION]:
                raise StoreError(
                    f"{path}: is not a store of this version; name another home, or move the file away"
                )
            now = time.time()
            rows = connection.execute(
                "SELECT kind, key, value, until FROM record WHERE until > ? ORDER BY seq", (now,)
            ).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: cannot be read ({error}); name another home, or move the file away"
        ) from error
    for kind, key, value, until in rows:
        store.put(kind, key, value, keep=None if math.isinf(until) else until - now)
    return store
