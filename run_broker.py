#!/usr/bin/env python3
"""Start the broker and the demo service provider in a bare checkout, or say in one line what is missing.

    python run_broker.py              set up .venv if need be, then start both; Ctrl-C stops both
    python run_broker.py --set-up     only set up .venv
    python run_broker.py --no-demo    the broker alone

Only the standard library is used, so that it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CLIENT = ROOT / "client"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
START_SECONDS = 60


class Missing(Exception):
    """One line: what is missing and how to mend it."""


def main() -> int:
    options = _options()
    try:
        if sys.version_info < OLDEST:
            found = ".".join(map(str, sys.version_info[:3]))
            raise Missing(f"Python 3.11 or newer is needed, this is {found}; try: python3.12 run_broker.py")
        set_up(options.extra)
        return 0 if options.set_up else run(options)
    except Missing as missing:
        print(f"run_broker.py: {missing}", file=sys.stderr)
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Start the mock eHerkenning broker and its demo service provider."
    )
    parser.add_argument("--set-up", action="store_true", help="only make the virtual environment")
    parser.add_argument("--extra", default="", help="install this extra too, such as test")
    parser.add_argument("--no-demo", action="store_true", help="start the broker alone")
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("MOCK_EHERKENNING_HOME", ROOT)))
    parser.add_argument("--port", type=int, default=8080, help="of the broker")
    parser.add_argument("--demo-port", type=int, default=8081, help="of the demo service provider")
    parser.add_argument(
        "--smtp-port",
        type=int,
        default=0,
        help="of the inbox's SMTP door, for the demo's mail (default: any free)",
    )
    return parser.parse_args()


def set_up(extra: str = "") -> None:
    """A virtual environment with everything in it, the client too; made once, and again when setup.cfg changes."""
    told = (ROOT / "setup.cfg").read_bytes() + (CLIENT / "pyproject.toml").read_bytes()
    wanted = hashlib.sha256(told + extra.encode()).hexdigest()
    mark = VENV / f"installed{'-' + extra if extra else ''}"
    if PYTHON.exists() and mark.exists() and mark.read_text() == wanted:
        return
    if not PYTHON.exists():
        print(f"Making a virtual environment in {VENV} ...", flush=True)
        _make_venv()
    print("Installing what is needed (once; about a minute) ...", flush=True)
    broker = f"{ROOT}[{extra}]" if extra else str(ROOT)
    what = ["--editable", broker, "--editable", str(CLIENT)]
    done = subprocess.run(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what],
        check=False,
    )
    if done.returncode:
        raise Missing("pip could not install the packages (see above); is the package index reachable?")
    mark.write_text(wanted)


def _make_venv() -> None:
    """Debian keeps ensurepip in a package of its own; its absence is told by name."""
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0 and PYTHON.exists():
        return
    if "ensurepip" in done.stdout:
        minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise Missing(
            f"this Python cannot make a virtual environment; on Debian: apt install python{minor}-venv"
        )
    reason = (done.stdout.strip().splitlines() or ["no reason given"])[-1]
    raise Missing(f"cannot make a virtual environment in {VENV}: {reason}")


def run(options: argparse.Namespace) -> int:
    """Both processes in the foreground; the first that ends, or Ctrl-C, ends the other."""
    home = options.home.resolve()
    broker_url = f"http://127.0.0.1:{options.port}"
    demo_url = f"http://localhost:{options.demo_port}"
    state = home / "var" / "helpdeskpo"
    demo = ["-m", "helpdeskpo"]
    demo_options = ["--state", str(state), "--base-url", demo_url]
    serve_broker = ["-m", "broker.cli", "serve", "--home", str(home), "--port", str(options.port)]
    smtp_port = options.smtp_port or _free_port()
    if not options.no_demo or options.smtp_port:
        # What the demo mails is read in the broker's inbox, beside the PINs of the suppliers.
        serve_broker += ["--smtp-door", str(smtp_port)]
    started: list[subprocess.Popen[bytes]] = []
    # Said of SIGINT too: whatever runs us in the background may have it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        if not options.no_demo:
            _trust_demo(home, [*demo, "metadata", *demo_options])
        started.append(_start(serve_broker))
        _wait(f"{broker_url}/readyz", started[0])
        if not options.no_demo:
            serve = [*demo, "serve", *demo_options, "--port", str(options.demo_port)]
            mail = ["--smtp", f"smtp://127.0.0.1:{smtp_port}"]
            started.append(_start([*serve, "--idp-metadata", f"{broker_url}/metadata", *mail]))
            _wait(demo_url, started[1])
            _greet(broker_url, demo_url, home)
        return _until_one_ends(started)
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(started)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _trust_demo(home: Path, command: list[str]) -> None:
    """The broker knows the demo as it knows any provider: by a file in metadata/."""
    done = subprocess.run([str(PYTHON), *command], cwd=ROOT, check=False, capture_output=True)
    if done.returncode:
        raise Missing(f"the demo service provider gave no metadata: {done.stderr.decode().strip()[-300:]}")
    file = home / "metadata" / "helpdeskpo.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or file.read_bytes() != done.stdout:
        file.write_bytes(done.stdout)


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C reaches us alone, and we stop them in order. Should we be killed, the end of
    their standard input ends them."""
    command = [str(PYTHON), *arguments, "--stop-with-parent"]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdin=subprocess.PIPE)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Missing(
                f"{process.args[2]} stopped with exit code {process.returncode}; the line above says why"
            )  # type: ignore[index]
        try:
            opener.open(url, timeout=5).close()
        except URLError as error:
            if getattr(error, "code", None):
                return  # it answers; a configuration problem is shown in its console
            time.sleep(0.05)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Missing(f"{url} did not answer within {START_SECONDS} seconds")


def _greet(broker_url: str, demo_url: str, home: Path) -> None:
    print(
        f"""
  Open                 {demo_url}
  and click            Inloggen met e-Herkenning
  supplier             Reconi
  user name, password  m.devries, Welkom-123
  PIN                  123456 (every PIN also waits in {broker_url}/console/inbox)
  the first time       e-mail m.devries@voorbeeld.example, user name testschooltje, password Helpdesk-123,
                       and the PIN of that mail, which waits in the same inbox

  Console              {broker_url}/console
  People and mandates  {home / "eherkenning.yaml"} (edit and save: no restart needed)
  Your own provider    put its metadata in {home / "metadata"}, give it {broker_url}/metadata

  Ctrl-C stops both.
""",
        flush=True,
    )


def _until_one_ends(started: list[subprocess.Popen[bytes]]) -> int:
    while True:
        for process in started:
            code = process.poll()
            if code is not None:
                return code
        time.sleep(0.2)


def _stop(started: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(started):
        if process.poll() is None:
            process.terminate()
    for process in reversed(started):
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
