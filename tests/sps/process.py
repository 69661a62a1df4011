"""A service provider of the test suite in a process of its own on loopback: started, waited for and stopped."""

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from .environments import HERE, environment

CONFIGURE_SECONDS = 60
START_SECONDS = 30
STOP_SECONDS = 10


class SPFailed(Exception):
    """The service provider did not do what it was started for. The message ends with what it said."""


class SPProcess:
    """`serve.py` of the folder `name`, in the environment of that name. `_home` keeps what it makes, and its log.

    It is shown as `localhost`, so that to a browser it is another site than a broker on 127.0.0.1.
    """

    name: str

    def __init__(self, folder: Path, port: int = 0, host: str = "localhost") -> None:
        """Take a port (0: any free one), so that `base_url` is known."""
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listening.getsockname()[1])
        self.base_url = f"http://{host}:{self.port}"
        # Absolute, for the process has a working folder of its own.
        self._home = folder.resolve() / f"{self.name}-{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process wrote: SAML messages both ways, refusals with their reason, tracebacks."""
        file = self._home / "log"
        return file.read_text("utf-8", errors="replace") if file.exists() else ""

    def run(self, *arguments: str, typed: str = "", doing: str) -> str:
        """What a program of the environment says, in the folder of this provider. `doing` is for the failure."""
        try:
            done = subprocess.run(
                [str(environment(self.name)), *arguments],
                cwd=HERE / self.name,
                env=self._environ(),
                input=typed,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=CONFIGURE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise SPFailed(f"{self.name}: {doing} took over {CONFIGURE_SECONDS} s") from late
        if done.returncode:
            raise SPFailed(f"{self.name}: {doing} failed\n{done.stdout}")
        return done.stdout

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is not None:
            # pytest shows what was printed beside the failure.
            print(f"--- {self.name} wrote:\n{self.log}", file=sys.stderr)

    def stop(self) -> None:
        """End the process, by its id; nothing happens when it has ended already."""
        self._listening.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process = None

    def _prepare(self) -> None:
        """What has to be there before the process starts."""

    def _start(self) -> None:
        # The process inherits the socket that has been listening all along: nobody can take its port.
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(environment(self.name)), "serve.py", str(self._listening.fileno())],
                cwd=HERE / self.name,
                env=self._environ(),
                pass_fds=[self._listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._listening.close()
        self._wait_until_it_answers(self._process)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        opener = build_opener(ProxyHandler({}))
        last: Exception | None = None
        until = time.monotonic() + START_SECONDS
        # A connection waits in the socket's queue until the process takes it, so mostly one try is enough.
        while (left := until - time.monotonic()) > 0 and process.poll() is None:
            try:
                with opener.open(f"http://127.0.0.1:{self.port}/", timeout=left):
                    return
            except HTTPError as wrong:
                raise SPFailed(f"{self.name}: its landing page gives {wrong.code}\n{self.log}") from wrong
            except (URLError, OSError, http.client.HTTPException) as refused:
                last = refused
                time.sleep(0.05)
        ended = process.poll()
        why = f"it ended with exit code {ended}" if ended is not None else f"no answer in {START_SECONDS} s"
        raise SPFailed(f"{self.name}: {why}\n{self.log}") from last

    def _environ(self) -> dict[str, str]:
        inherited = {
            key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}
        }
        return inherited | {
            "PORTAL_HOME": str(self._home),
            "PORTAL_BASE_URL": self.base_url,
            # The log is read while the process runs.
            "PYTHONUNBUFFERED": "1",
            # Its calls to the broker stay on this machine, whatever proxy the tests themselves go out by.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
