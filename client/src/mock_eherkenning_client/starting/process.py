"""A broker in a process that ends when we do, however we end: it watches its standard input, which we hold open."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from mock_eherkenning_client.errors import NoBroker
from mock_eherkenning_client.secret import Secret
from mock_eherkenning_client.seen import Seen
from mock_eherkenning_client.starting import forked

SECONDS = 60.0
POLITE_SECONDS = 1.0
"""For a broker that is idle ends in some hundredths of a second. Who else holds the pipe may do so for hours."""
STOP_SECONDS = 20.0


class Process:
    """``log`` is the file for what it says. ``stdin`` is its standard input, None for a pipe of ours."""

    def __init__(
        self, command: Sequence[str], log: Path, environ: Mapping[str, str], stdin: int | None = None
    ) -> None:
        self.command = list(command)
        self._log = log
        # In a session of its own: Ctrl-C is for the test run, which then stops the broker itself.
        try:
            with log.open("wb") as out:
                self.process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.PIPE if stdin is None else stdin,
                    stdout=subprocess.PIPE,
                    stderr=out,
                    env=dict(environ),
                    start_new_session=os.name == "posix",
                )
        except OSError as error:
            raise NoBroker(f"{self.command[0]}: {error.strerror or error}") from None
        self._owner = os.getpid()
        if self.process.stdin is not None:
            forked.ours(self.process.stdin)

    def announced(self, seconds: float = SECONDS) -> Seen:
        """What it says when it listens: a line of JSON. Raises NoBroker with what it said instead."""
        found: list[bytes] = []
        reader = threading.Thread(target=self._read, args=(found,), daemon=True)
        reader.start()
        reader.join(seconds)
        told = _told(found)
        if told:
            return told
        late = reader.is_alive()
        self.stop()
        why = (
            f"said nothing within {seconds:g} s"
            if late
            else f"ended with exit code {self.process.returncode}"
        )
        said = self._log.read_text("utf-8", "replace").strip()[-2000:] if self._log.exists() else ""
        raise NoBroker(f"{' '.join(self.command)}\n{why}" + (f"; it said:\n{said}" if said else ""))

    @property
    def is_ours(self) -> bool:
        """Whether this process started it; one that was forked from that has no say in it."""
        return self._owner == os.getpid()

    def stop(self) -> None:
        """Close what it watches, and wait; then less politely. A pipe that others hold too does not close."""
        if not self.is_ours:
            return
        if self.process.stdin is not None:
            self.process.stdin.close()
        for seconds, less in ((POLITE_SECONDS, self.process.terminate), (STOP_SECONDS, self.process.kill)):
            try:
                self.process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                less()
        self.process.wait()

    def _read(self, found: list[bytes]) -> None:
        """The first line of JSON; from then on what it says is of no use, but must not fill the pipe."""
        out: IO[bytes] | None = self.process.stdout
        assert out is not None
        with out:
            for line in out:
                if line.startswith(b"{") and not found:
                    found.append(line)
                    threading.Thread(target=_drain, args=(os.dup(out.fileno()),), daemon=True).start()
                    return


def _told(lines: list[bytes]) -> Seen | None:
    """What a broker announces; None for what another program says."""
    try:
        told = Seen(json.loads(lines[0]))
        told["pid"] = int(told["pid"])
        if not isinstance(told["url"], str):
            return None
    except (IndexError, KeyError, ValueError, TypeError):
        return None
    if told.get("token"):
        told["token"] = Secret(told["token"])
    return told


def _drain(descriptor: int) -> None:
    with open(descriptor, "rb") as rest:
        for _ in rest:
            pass
