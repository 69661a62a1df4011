"""The broker's clock: the machine's, moved or stopped by a tester; for everybody, for one service provider, or for
one room (docs/tags.md).

It lives in the store, in one record, for every process; so the time costs one look there, whoever's it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from broker.store import Store


def machine_time() -> datetime:
    return datetime.now(UTC)


FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2199, 12, 31, tzinfo=UTC)
MOST_PROVIDERS = 500
MOST_ROOMS = 1_000

_KIND, _KEY = "setting", "clock"
_PROVIDERS = "service_providers"
_ROOMS = "tags"


class Clock:
    """Call it for the time, ``of`` for the time of one provider's logins (by entity id), in a room (by its tag)."""

    def __init__(self, store: Store, machine: Callable[[], datetime] = machine_time) -> None:
        self._store = store
        self._machine = machine

    def __call__(self) -> datetime:
        return self.of("")

    def of(self, sp: str | None, tag: str = "") -> datetime:
        """The room's time where it has a clock of its own, else the provider's, else the broker's."""
        found = self._store.get(_KIND, _KEY)
        machine = self._machine()
        if found is None:
            return machine
        whole = json.loads(found)
        return _time(_setting(whole, sp or "", tag), machine)

    def set(self, instant: datetime, *, frozen: bool = False, sp: str = "") -> None:
        """It runs on from there, or stands there. ValueError outside FIRST..LAST."""
        self.change(sp, at=instant, frozen=frozen)

    def shift(self, by: timedelta, sp: str = "") -> None:
        """It runs beside the machine's. ValueError outside FIRST..LAST."""
        self.change(sp, shift=by)

    def change(
        self,
        sp: str = "",
        *,
        tag: str = "",
        at: datetime | None = None,
        shift: timedelta | None = None,
        further: timedelta | None = None,
        frozen: bool | None = None,
    ) -> None:
        """Set it ``at`` an instant, ``shift`` away from the machine's, or ``further`` than it is; or none of these.

        It runs from there unless ``frozen``; with ``further`` it goes on standing if it stood. With a ``tag`` it is
        the room's. Raises ValueError where that is outside FIRST..LAST, or too many have a clock of their own.
        """

        def changed(was: Mapping[str, Any]) -> dict[str, Any]:
            machine = self._machine()
            try:
                base = machine if shift is not None else _time(was, machine)
                wanted = at or base + (shift or further or timedelta())
            except OverflowError:
                raise ValueError("that is further than a calendar goes") from None
            if not FIRST <= wanted <= LAST:
                # There must be room to count back and forth from now.
                raise ValueError(f"the clock goes from {FIRST:%Y} to {LAST:%Y}")
            if frozen or (frozen is None and further is not None and "frozen_at" in was):
                return {"frozen_at": wanted.astimezone(UTC).isoformat()}
            return {"shift_seconds": (wanted - machine if shift is None else shift).total_seconds()}

        def decide(whole: dict[str, Any]) -> dict[str, Any]:
            if not (sp or tag):
                return changed(_alone(whole)) | _own(whole)
            group, name = (_ROOMS, tag) if tag else (_PROVIDERS, sp)
            of = {**whole.get(group, {}), name: changed(_setting(whole, sp, tag))}
            if len(of) > (MOST_ROOMS if tag else MOST_PROVIDERS):
                who = f"{MOST_ROOMS} rooms" if tag else f"{MOST_PROVIDERS} service providers"
                raise ValueError(f"at most {who} have a clock of their own")
            return {**whole, group: of}

        self._swap(decide)

    def reset(self, sp: str | None = None, *, tag: str = "") -> None:
        """Back to the machine's: one provider's or one room's (which has the broker's again), the broker's (``""``),
        or all (None)."""

        def decide(whole: dict[str, Any]) -> dict[str, Any]:
            if sp is None and not tag:
                return {}
            gone = (_ROOMS, tag) if tag else (_PROVIDERS, sp)
            return (_alone(whole) if sp or tag else {}) | {
                group: left
                for group, of in _own(whole).items()
                if (left := {name: setting for name, setting in of.items() if (group, name) != gone})
            }

        self._swap(decide)

    def setting(self) -> dict[str, Any]:
        """What a tester set for the whole broker, empty if nothing: ``frozen_at`` or ``shift_seconds``."""
        return _alone(self._whole())

    def of_providers(self) -> dict[str, dict[str, Any]]:
        """The same for each provider that has a clock of its own."""
        return dict(self._whole().get(_PROVIDERS, {}))

    def of_rooms(self) -> dict[str, dict[str, Any]]:
        """The same for each room, by its tag."""
        return dict(self._whole().get(_ROOMS, {}))

    def _whole(self) -> dict[str, Any]:
        found = self._store.get(_KIND, _KEY)
        return dict(json.loads(found)) if found else {}

    def _swap(self, decide: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        while True:
            was = self._store.get(_KIND, _KEY)
            new = decide(dict(json.loads(was)) if was else {})
            value = json.dumps(new).encode()
            if not new:
                self._store.delete(_KIND, _KEY)
                return
            if (
                self._store.add(_KIND, _KEY, value)
                if was is None
                else self._store.swap(_KIND, _KEY, was, value)
            ):
                return


def _alone(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name not in (_PROVIDERS, _ROOMS)}


def _own(whole: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of whoever has a clock of their own, by group."""
    return {group: whole[group] for group in (_PROVIDERS, _ROOMS) if group in whole}


def _setting(whole: Mapping[str, Any], sp: str, tag: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = whole.get(_ROOMS, {}).get(tag) if tag else None
    return found or whole.get(_PROVIDERS, {}).get(sp, whole)


def _time(setting: Mapping[str, Any], machine: datetime) -> datetime:
    if "frozen_at" in setting:
        return datetime.fromisoformat(setting["frozen_at"])
    return machine + timedelta(seconds=setting.get("shift_seconds", 0))
