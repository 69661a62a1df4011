"""A broker as users run it: a process of its own, on a free port of loopback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from support.browser import Browser

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30


class RunningBroker:
    """``with RunningBroker(home) as broker`` starts it; leaving stops it by its process id."""

    def __init__(
        self, home: Path, *options: str, store: str = "sqlite", environment: dict[str, str] | None = None
    ):
        self.home = home
        self._options = options
        self._store = store
        self._environment = environment
        self.base_url = ""
        self._said: list[str] = []

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "broker.cli", "serve", "--home", str(self.home), "--port", "0"]
        self._log = (self.home.parent / f"{self.home.name}.log").open("w+")
        self.process = subprocess.Popen(
            [*command, "--store", self._store, *self._options],
            cwd=ROOT,
            env=self._environment or {**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.append(line)
            if found := re.search(r"listens on (http\S+)", line):
                self.base_url = found[1]
            if "home folder" in line:
                return self
        raise AssertionError(f"the broker did not start:\n{''.join(self._said)}{self.log}")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        said = self.log
        self._log.close()
        if kind is not None:
            sys.stderr.write(f"the broker said:\n{said}\n")
        else:
            assert code == 0, f"the broker ended with {code} (-9: it did not stop within 20 s):\n{said}"

    @property
    def log(self) -> str:
        """What it wrote to stderr so far."""
        return Path(self._log.name).read_text()

    @property
    def metadata_url(self) -> str:
        return f"{self.base_url}/metadata"

    def browser(self) -> Browser:
        return Browser(self.base_url)

    def trust(self, metadata: bytes, name: str) -> None:
        """Drop metadata in the folder, as a person does, and wait until it is in force."""
        self.changed(lambda: (self.home / "metadata" / f"{name}.xml").write_bytes(metadata))

    def changed(self, change: Callable[[], object]) -> None:
        """Make a change in the home folder and wait until the broker has taken it up."""
        before = self.state()["configuration"]
        change()
        until(lambda: self.state()["configuration"] > before, "the change is in force")

    def state(self) -> dict[str, int]:
        return dict(requests.get(f"{self.base_url}/readyz", timeout=10).json())


def until(holds: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """Look again and again, and say what never came true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"in {seconds} s it never came true that {what}")
