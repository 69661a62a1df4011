"""The real thing: ``python -m helpdeskpo serve`` in a process of its own, and a broker on a real socket."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from helpdeskpo_world import shown, verified
from idp import DV, Answer, Idp, Party, redirect_request

from helpdeskpo.keys import key_pair
from helpdeskpo.settings import OIN, now
from helpdeskpo.transport import Http, Unreachable

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker_on(port: int) -> Iterator[Idp]:
    idp = Idp(f"http://127.0.0.1:{port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages: dict[str, tuple[int, bytes]] = {
                "/metadata": (200, idp.metadata()),
                "/moved": (302, b""),
                "/huge": (200, b"x" * 1_500_000),
            }
            self._answer(*pages.get(self.path, (404, b"")))

        def do_POST(self) -> None:
            self._answer(200, idp.resolve(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Location", "/metadata")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield idp
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(state: Path, port: int, metadata: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "helpdeskpo", "serve", "--idp-metadata", metadata, "--state", str(state)]
    base = f"http://localhost:{port}"
    process = subprocess.Popen(
        [*command, "--base-url", base, "--port", str(port), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert base in process.stdout.readline()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def get(session: requests.Session, url: str) -> requests.Response:
    for _ in range(100):
        try:
            return session.get(url, timeout=10)
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(url)


def test_logs_in_over_real_sockets_when_the_broker_comes_later(tmp_path: Path) -> None:
    ours, theirs = free_port(), free_port()
    base = f"http://localhost:{ours}"
    with serving(
        tmp_path, ours, f"http://127.0.0.1:{theirs}/metadata", "--request-binding", "redirect"
    ) as process:
        session = requests.Session()
        session.trust_env = False
        assert 'data-testid="login-eherkenning"' in get(session, base + "/").text
        assert get(session, base + "/login").status_code == 503
        keys = key_pair(tmp_path, OIN, now())
        verified(get(session, base + "/metadata").content, keys)
        with broker_on(theirs) as idp:
            away = session.get(base + "/login", allow_redirects=False, timeout=10)
            request, query = redirect_request(away.headers["Location"], keys.certificate)
            answer = Answer(request.get("ID"), base + "/saml/acs/artifact", Party(DV, b"", keys.certificate))
            sent = {"SAMLart": idp.keep(idp.response(answer)), "RelayState": query["RelayState"]}
            page: Any = session.get(base + "/saml/acs/artifact", params=sent, timeout=10)
        assert page.url == base + "/koppelen", "nobody is linked yet"
        assert shown(page, "company-id") == "90000012"
        process.terminate()
        out, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "90000012" not in out + errors, "who logged in is nobody's business in a log"


def test_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "helpdeskpo",
            "serve",
            "--idp-metadata",
            "x",
            "--state",
            str(tmp_path),
        ]
        done = subprocess.run(
            [*command, "--port", str(port)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr.startswith("helpdeskpo: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("base", ["localhost:8081", "ftp://x", "http://localhost:8081/app"])
def test_base_url_that_is_none(tmp_path: Path, base: str) -> None:
    command = [sys.executable, "-m", "helpdeskpo", "metadata", "--state", str(tmp_path), "--base-url", base]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_state_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "helpdeskpo", "metadata", "--state", str(tmp_path / "file" / "state")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_transport() -> None:
    port = free_port()
    with broker_on(port) as idp:
        assert Http().get(f"{idp.base}/metadata").startswith(b"<md:EntityDescriptor")
        for path in ("moved", "huge", "nothing"):
            with pytest.raises(Unreachable):
                Http().get(f"{idp.base}/{path}")
    with pytest.raises(Unreachable, match="does not answer"):
        Http().get(f"http://127.0.0.1:{port}/metadata")
