"""Start and stop the providers on python3-saml, all in one process on loopback."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from cryptography.hazmat.primitives import serialization

from support.running import until
from support.sp import make_key

from .environments import HERE, environment

STOP_SECONDS = 10


class Python3SamlSP:
    """Providers on python3-saml, unchanged, from `python3_saml/`; each has a name and settings of its own.

        with Python3SamlSP(tmp_path, {"portal": {"security": {"wantMessagesSigned": True}}}) as sp:
            ...  # give sp.metadata("portal") to the broker, then sp.configure(its metadata's URL)

    The landing page `sp.url("portal")` has, under `data-testid`: `login`; `who`, `format`, `session-index`,
    `class-refs` and `attribute-<name>` when somebody is logged in; `errors` and `reason` when a login failed.

    They are shown as `localhost`, so that to a browser they are another site than a broker on 127.0.0.1.
    """

    name = "python3_saml"

    def __init__(self, folder: Path, providers: dict[str, dict[str, Any]]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://localhost:{self._listening.getsockname()[1]}"
        self._home = folder.resolve() / self.name
        self._home.mkdir(parents=True)
        (self._home / "providers.json").write_text(json.dumps(providers))
        key, certificate = make_key("python3-saml")
        (self._home / "sp.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self._home / "sp.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process wrote: each answer that came, and why it was refused."""
        file = self._home / "log"
        return file.read_text("utf-8", errors="replace") if file.exists() else ""

    @property
    def broker(self) -> dict[str, Any]:
        """What the library's parser made of the broker's metadata."""
        return dict(json.loads((self._home / "broker.json").read_text()))

    def url(self, name: str, page: str = "") -> str:
        return f"{self.base_url}/{name}/{page}"

    def entity_id(self, name: str) -> str:
        return self.url(name, "metadata")

    def metadata(self, name: str) -> bytes:
        """As the library makes it, and as it is served."""
        return self._get(f"/{name}/metadata")

    def configure(self, broker_metadata: str) -> None:
        """Read the broker's metadata, which must answer at this URL."""
        out = self._home / "broker.json"
        done = subprocess.run(
            [str(environment(self.name)), "configure.py", broker_metadata, str(out)],
            cwd=HERE / self.name,
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def __enter__(self) -> Self:
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
        try:
            until(self._answers, "the portal on python3-saml answers", 30)
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
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            return self._get("/") == b"ready"
        except URLError:
            return False

    def _get(self, path: str) -> bytes:
        with build_opener(ProxyHandler({})).open(self.base_url + path, timeout=10) as answer:
            return bytes(answer.read())

    def _environ(self) -> dict[str, str]:
        inherited = {
            key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}
        }
        return inherited | {
            "PORTAL_HOME": str(self._home),
            "PORTAL_BASE_URL": self.base_url,
            "PYTHONUNBUFFERED": "1",
            # Its calls to the broker stay on this machine, whatever proxy the tests themselves go out by.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
