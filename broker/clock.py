"""The broker's clock: the machine's, moved or stopped by a tester. It lives in the store, for every process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from broker.store import Store


def machine_time() -> datetime:
    return datetime.now(UTC)


FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2199, 12, 31, tzinfo=UTC)


class Clock:
    """Call it for the time. ``set`` stops it at an instant, ``shift`` lets it run beside the machine's."""

    def __init__(self, store: Store, machine: Callable[[], datetime] = machine_time) -> None:
        self._store = store
        self._machine = machine

    def __call__(self) -> datetime:
        found = self._store.get("setting", "clock")
        if found is None:
            return self._machine()
        setting = json.loads(found)
        if "frozen_at" in setting:
            return datetime.fromisoformat(setting["frozen_at"])
        return self._machine() + timedelta(seconds=setting["shift_seconds"])

    def set(self, instant: datetime) -> None:
        _sane(instant)
        self._put({"frozen_at": instant.astimezone(UTC).isoformat()})

    def shift(self, by: timedelta) -> None:
        try:
            _sane(self._machine() + by)
        except OverflowError:
            raise ValueError("that is further than a calendar goes") from None
        self._put({"shift_seconds": by.total_seconds()})

    def reset(self) -> None:
        self._store.delete("setting", "clock")

    def setting(self) -> dict[str, object]:
        """What a tester set, empty if nothing."""
        found = self._store.get("setting", "clock")
        return dict(json.loads(found)) if found else {}

    def _put(self, setting: dict[str, object]) -> None:
        self._store.put("setting", "clock", json.dumps(setting).encode())


def _sane(instant: datetime) -> None:
    """ValueError outside FIRST..LAST: there must be room to count back and forth from now."""
    if not FIRST <= instant <= LAST:
        raise ValueError(f"the clock goes from {FIRST:%Y} to {LAST:%Y}")
