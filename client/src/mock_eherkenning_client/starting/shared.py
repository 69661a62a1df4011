"""One broker for all workers of one run of pytest-xdist.

The first worker that needs it starts it. Its standard input is a named pipe that every worker holds open, so it ends
with the last of them, however they end. Where there are no named pipes each worker has a broker of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import NoBroker
from mock_eherkenning_client.secret import Secret
from mock_eherkenning_client.starting import folders, forked

STALE_SECONDS = 600.0
_FOLDER = "mock-eherkenning-run-"
_PIPE, _PLACE, _LOCK = "held", "broker.json", "lock"


def said() -> str:
    return os.environ.get("MOCK_EHERKENNING_SHARED", "").lower()


def possible(how: dict[str, Any]) -> bool:
    """Whether a process of ours is what is going to be started: one that runs is shared already, a thread cannot be."""
    way = how.get("way") or os.environ.get("MOCK_EHERKENNING_START") or "auto"
    url = how.get("url") or os.environ.get("MOCK_EHERKENNING_URL")
    return hasattr(os, "mkfifo") and way in ("auto", "command", "container") and not url


def start(run: str, what: object, begin: Callable[[dict[str, Any]], Broker]) -> Broker:
    """``run`` names the run, ``what`` the broker in it; ``begin`` starts one with these more arguments."""
    import fcntl

    folder = _folder(run, what)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        pipe, place = folder / _PIPE, folder / _PLACE
        if not pipe.exists():
            os.mkfifo(pipe, 0o600)
        held = _hold(pipe)
        if held is not None and place.exists():
            told = json.loads(place.read_text("utf-8"))
            token = Secret(told.pop("token") or "")
            return _shared(Broker(told["url"], token=token, ca=told["ca"]), held, folder)
        if held is not None:
            held.close()
        # Neither end waits for the other, where one descriptor has both.
        both = os.open(pipe, os.O_RDWR)
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(reading, True)
        held = os.fdopen(os.open(pipe, os.O_WRONLY), "wb", buffering=0)
        forked.ours(held)
        os.close(both)
        try:
            broker = begin({"stdin": reading})
        except BaseException:
            held.close()
            raise
        finally:
            os.close(reading)
        told = {"url": broker.url, "token": broker.api.token, "ca": broker.api.ca}
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(told, out)
        return _shared(broker, held, folder)


def _folder(run: str, what: object) -> Path:
    name = hashlib.sha256(repr((run, what)).encode()).hexdigest()[:24]
    folder = Path(tempfile.gettempdir()) / f"{_FOLDER}{os.getuid()}-{name}"
    _sweep()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise NoBroker(f"{folder} belongs to somebody else; give TMPDIR a folder of your own")
    return folder


def _sweep() -> None:
    """Take away what killed runs left, unless one is starting there just now."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}{os.getuid()}-*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and folder.stat().st_mtime < time.time() - STALE_SECONDS:
                held = _hold(folder / _PIPE)
                if held is None:
                    folders.remove(folder)
                else:
                    held.close()


def _hold(pipe: Path) -> IO[bytes] | None:
    """Keep the broker alive; None where none reads there."""
    try:
        held = os.fdopen(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0)
    except OSError:
        return None
    forked.ours(held)
    return held


def _shared(broker: Broker, held: IO[bytes], folder: Path) -> Broker:
    """It is not stopped when one worker is done, but let go."""

    def let_go() -> None:
        held.close()
        # With nobody left that holds it the broker ends by itself; who finds it so takes the folder away.
        with contextlib.suppress(OSError):
            if _last(folder / _PIPE):
                folders.remove(folder)

    return broker.held_by(let_go)


def _last(pipe: Path) -> bool:
    """Whether no other worker holds the pipe: then what reads there comes to the end at once."""
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(reading, 1) == b""
    except BlockingIOError:
        return False
    finally:
        os.close(reading)
