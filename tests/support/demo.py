"""MijnHelpdeskPO as users run it: a process of its own, beside a running broker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from sps.running import free_port
from support.running import ROOT, RunningBroker, until


class RunningDemo:
    """``with RunningDemo(folder, broker) as demo`` starts it and gives its metadata to the broker."""

    def __init__(self, folder: Path, broker: RunningBroker) -> None:
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        self._state = folder / "helpdeskpo"
        self._broker = broker
        self._log = folder / "helpdeskpo.log"

    def __enter__(self) -> Self:
        common = [sys.executable, "-m", "helpdeskpo"]
        own = ["--state", str(self._state), "--base-url", self.base_url]
        metadata = subprocess.run(
            [*common, "metadata", *own], cwd=ROOT, check=True, capture_output=True
        ).stdout
        self._broker.trust(metadata, "helpdeskpo")
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *common,
                    "serve",
                    *own,
                    "--port",
                    str(self.port),
                    "--idp-metadata",
                    self._broker.metadata_url,
                ],
                cwd=ROOT,
                env=os.environ,
                stdout=log,
                stderr=log,
            )
        until(self._answers, "the demo service provider answers", 30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(20)
        if kind is not None:
            sys.stderr.write(f"the demo service provider said:\n{self._log.read_text()}\n")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()
        try:
            return requests.get(self.base_url, timeout=5).ok
        except requests.ConnectionError:
            return False
