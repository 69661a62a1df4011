"""Start and stop the real service providers of the test suite, each a process of its own on loopback."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from .environments import HERE, environment

CONFIGURE_SECONDS = 60
START_SECONDS = 30
STOP_SECONDS = 10

ContentType = Literal["text/xml", "application/soap+xml"]


class SPFailed(Exception):
    """The service provider did not do what it was started for. The message ends with what it said."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class DjangoSP:
    """A Django project with django-digid-eherkenning, unchanged, from `django_digid_eherkenning/`.

        with DjangoSP(tmp_path, "http://127.0.0.1:8080/metadata") as sp:
            ...  # give sp.metadata to the broker, open sp.base_url, click the link with data-testid="login"

    `catalogue` is the service catalogue (dienstencatalogus) that the library generates.

    The landing page has, under `data-testid`: `login` while nobody is logged in; `who`, `kvk`, `rsin`,
    `pseudonym`, `level` and `branch` when somebody is (with `login_by="rsin"`, the library's own backend,
    only `who` and `rsin` are filled: it keeps nothing else); `message`: what the library says of a failure.

    It is shown as `localhost`, so that to a browser it is another site than a broker on 127.0.0.1.
    """

    name = "django_digid_eherkenning"

    def __init__(
        self,
        folder: Path,
        broker_metadata: str | Path,
        port: int = 0,
        *,
        login_by: Literal["kvk", "rsin"] = "kvk",
        content_type: ContentType = "text/xml",
        host: str = "localhost",
    ) -> None:
        """Take a port (0: any free one), so that `base_url` is known. `folder` keeps database, key and log.

        `broker_metadata` is a URL, which must answer when the `with` block is entered, or a file.
        """
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listening.getsockname()[1])
        self.base_url = f"http://{host}:{self.port}"
        self.metadata = b""
        self.catalogue = b""
        # Absolute, for the process has a working folder of its own.
        self._home = folder.resolve() / f"{self.name}-{self.port}"
        is_url = str(broker_metadata).startswith(("http://", "https://"))
        self._broker_metadata = str(broker_metadata if is_url else Path(broker_metadata).resolve())
        self._login_by = login_by
        self._content_type: ContentType = content_type
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process wrote: SAML messages both ways, refusals with their reason, tracebacks."""
        file = self._home / "log"
        return file.read_text("utf-8", errors="replace") if file.exists() else ""

    @property
    def login_url(self) -> str:
        """Where the link on the landing page leads."""
        return f"{self.base_url}/eherkenning/login/?next=/&attr_consuming_service_index=9052"

    def configure(self, content_type: ContentType | None = None) -> None:
        """Fill the project and read its metadata. May be called while it runs, for new broker metadata."""
        self._content_type = content_type or self._content_type
        metadata, catalogue = self._home / "metadata.xml", self._home / "dienstencatalogus.xml"
        arguments = [self._broker_metadata, str(metadata), "--content-type", self._content_type]
        arguments += ["--catalogue-out", str(catalogue)]
        self._home.mkdir(parents=True, exist_ok=True)
        try:
            done = subprocess.run(
                [str(environment(self.name)), "configure.py", *arguments],
                cwd=HERE / self.name,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=CONFIGURE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise SPFailed(f"{self.name}: configuring took over {CONFIGURE_SECONDS} s") from late
        if done.returncode:
            raise SPFailed(f"{self.name}: configuring failed\n{done.stdout}")
        self.metadata, self.catalogue = metadata.read_bytes(), catalogue.read_bytes()

    def shell(self, text: str) -> None:
        """What an administrator types into `python manage.py shell`."""
        done = subprocess.run(
            [str(environment(self.name)), "-m", "django", "shell"],
            cwd=HERE / self.name,
            env=self._environ() | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
            input=text,
            capture_output=True,
            text=True,
            timeout=CONFIGURE_SECONDS,
            check=False,
        )
        if done.returncode:
            raise SPFailed(f"{self.name}: the shell failed\n{done.stdout}{done.stderr}")

    def __enter__(self) -> Self:
        try:
            self.configure()
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

    def stop(self) -> None:
        """End the process, by its id; nothing happens when it has ended already."""
        self._listening.close()
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process = None

    def _environ(self) -> dict[str, str]:
        inherited = {
            key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}
        }
        return inherited | {
            "PORTAL_HOME": str(self._home),
            "PORTAL_BASE_URL": self.base_url,
            "PORTAL_LOGIN_BY": self._login_by,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            # The log is read while the process runs.
            "PYTHONUNBUFFERED": "1",
            # Its calls to the broker stay on this machine, whatever proxy the tests themselves go out by.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
