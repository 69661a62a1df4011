"""The keys in the folder ``certs/``: made when first needed, kept over restarts, readable by the owner only.

A key is rolled over in three steps, so that no service provider ever sees a signature by a key that it could
not have known: announce (the next certificate is in the metadata), switch (messages are signed by it), drop
(the old certificate leaves the metadata). The state is which files there are: ``broker.pem`` signs,
``broker.next.pem`` is announced, ``broker.previous.pem`` is still in the metadata.
"""

from __future__ import annotations

import enum
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from broker.wire.keys import Certificate, KeyProblem, SigningKey

LOOK_EVERY = 0.5
"""How old, in seconds, what we know of a file may be: another process may have rolled a key over."""

log = logging.getLogger("mock_eherkenning.keys")


class Step(enum.StrEnum):
    ANNOUNCE = "announce"
    SWITCH = "switch"
    DROP = "drop"


class OutOfOrder(KeyProblem):
    """A step that is not the next one; says which is."""

    def __init__(self, asked: Step, next_: Step) -> None:
        super().__init__(f"{asked} cannot be done now: {_WHY[next_]}; the next step is {next_}")


_WHY = {
    Step.ANNOUNCE: "no next key has been announced",
    Step.SWITCH: "a next key has been announced and does not sign yet",
    Step.DROP: "the previous certificate is still in the metadata",
}


@dataclass(frozen=True, slots=True)
class Rollover:
    """Where a key stands. Of ``next`` and ``previous`` at most one is there."""

    current: Certificate
    next: Certificate | None
    previous: Certificate | None

    @property
    def next_step(self) -> Step:
        if self.previous is not None:
            return Step.DROP
        return Step.ANNOUNCE if self.next is None else Step.SWITCH

    @property
    def others(self) -> tuple[Certificate, ...]:
        """What stands in the metadata beside the current one."""
        return tuple(found for found in (self.next, self.previous) if found is not None)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read from a file, and when it was looked at last. Without a file the key is None."""

    stamp: tuple[int, int, int] | None
    looked_at: float
    key: SigningKey | None


class KeyFolder:
    """One PEM file a party, holding private key and certificate."""

    def __init__(self, folder: Path, ticks: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._ticks = ticks
        self._known: dict[Path, _Known] = {}
        self._lock = Lock()

    def get(self, name: str, common_name: str, oin: str, now: datetime) -> SigningKey:
        """The key in ``<name>.pem``; made if there is none. Raises KeyProblem with the file and the mend."""
        file = self.file(name)
        key = self._look(file)
        if key is None:
            with self._lock:
                key = self._look(file) or self._make(file, common_name, oin, now)
        return key

    def rollover(self, name: str, common_name: str, oin: str, now: datetime) -> Rollover:
        """Where its roll-over stands. Raises KeyProblem."""
        current = self.get(name, common_name, oin, now).certificate
        next_, previous = (self._look(self.file(name, role), signs=False) for role in ("next", "previous"))
        return Rollover(
            current,
            # Between the two renames of a switch, next or previous is the current one: it counts once.
            None if next_ is None or next_.certificate == current else next_.certificate,
            None if previous is None or previous.certificate == current else previous.certificate,
        )

    def step(self, step: Step, name: str, common_name: str, oin: str, now: datetime) -> Rollover:
        """Take one step of the roll-over; where it stands then. Raises OutOfOrder, or KeyProblem."""
        with self._lock:
            self._known.clear()
        before = self.rollover(name, common_name, oin, now)
        if before.next_step is not step:
            raise OutOfOrder(step, before.next_step)
        current, next_, previous = (self.file(name, role) for role in ("", "next", "previous"))
        try:
            if step is Step.ANNOUNCE:
                self._write(next_, SigningKey.generate(common_name, oin, now).as_pem())
            elif step is Step.SWITCH:
                # There is a current key at every moment: another process that found none would make one.
                previous.unlink(missing_ok=True)
                self._write(previous, current.read_bytes())
                next_.replace(current)
            else:
                previous.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot(error, current) from None
        with self._lock:
            self._known.clear()
        return self.rollover(name, common_name, oin, now)

    def file(self, name: str, role: str = "") -> Path:
        """Where a key is kept; it need not be there yet. ``role`` is next, previous, or the current one."""
        return self._folder / (f"{name}.{role}.pem" if role else f"{name}.pem")

    def other(self, name: str, role: str) -> SigningKey | None:
        """The key that is announced (``next``), or the one that signed before (``previous``). Raises KeyProblem."""
        return self._look(self.file(name, role), signs=False)

    def _look(self, file: Path, *, signs: bool = True) -> SigningKey | None:
        """The key in the file, read again if it changed. One that cannot be read leaves the last good one, and so
        does a file that is gone, if its key ``signs``: only a roll-over ends that."""
        known, ticks = self._known.get(file), self._ticks()
        if known is not None and ticks - known.looked_at < LOOK_EVERY:
            return known.key
        try:
            stamp = _stamp(file)
            if known is not None and (stamp == known.stamp or (stamp is None and signs)):
                key = known.key
            else:
                key = None if stamp is None else SigningKey.of_pem(file.read_bytes(), str(file))
        except (OSError, KeyProblem) as error:
            if known is None:
                raise (_cannot(error, file) if isinstance(error, OSError) else error) from None
            log.warning("the last good key stays in force: %s", error)
            stamp, key = known.stamp, known.key
        self._known[file] = _Known(stamp, ticks, key)
        return key

    def _make(self, file: Path, common_name: str, oin: str, now: datetime) -> SigningKey:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(file, SigningKey.generate(common_name, oin, now).as_pem())
            key = SigningKey.of_pem(file.read_bytes(), str(file))
        except OSError as error:
            raise _cannot(error, file) from None
        self._known[file] = _Known(_stamp(file), self._ticks(), key)
        return key

    def _write(self, file: Path, pem: bytes) -> None:
        """Whole or not at all, and never over another process's key: two may start at once."""
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(pem)
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            except OSError:
                draft.replace(file)  # a file system without hard links
                return
        finally:
            draft.unlink(missing_ok=True)


def _cannot(error: OSError, file: Path) -> KeyProblem:
    return KeyProblem(
        f"{error.filename or file}: {error.strerror}; let this user read and write there, or give --home"
    )


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
