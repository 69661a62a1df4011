"""A virtual environment of its own for each real service provider of the test suite.

Their libraries cannot share one: python3-saml and its Maykin fork install over each other. Each environment
is made once, from `tests/sps/<name>/requirements.txt`, and kept under `.venv-sp/` in the repository root. Its
name holds the Python and a hash of the requirements, so another of either makes another environment.

Standard library only.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIENT = HERE.parents[1] / "client"
KEPT_IN = HERE.parents[1] / ".venv-sp"
INSTALL_SECONDS = 600


class EnvironmentFailed(Exception):
    """The environment could not be made. The message ends with what the failing command said."""


def environment(name: str) -> Path:
    """Return the Python of the environment of service provider `name`; make the environment if need be.

    Test runs that want it at the same time wait for the one that makes it.
    """
    requirements = HERE / name / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    home = KEPT_IN / f"{name}-{sys.implementation.cache_tag}-{digest}"
    python = home / "bin" / "python"
    # Written last. Without it an environment is half-made; without its Python the interpreter below has gone.
    finished = home / "finished"
    with _lock(home.with_name(home.name + ".lock")):
        if not (finished.exists() and python.exists()):
            shutil.rmtree(home, ignore_errors=True)
            _make(home, python, requirements)
            finished.touch()
    return python


def with_client(name: str) -> Path:
    """The same, with the client of this checkout installed there as its users install it: from its folder."""
    python = environment(name)
    sources = [file for file in sorted(CLIENT.rglob("*")) if file.suffix in {".py", ".toml", ".md"}]
    sources = [file for file in sources if "build" not in file.relative_to(CLIENT).parts]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    stamp = python.parents[1] / "client"
    with _lock(python.parents[2] / f"{python.parents[1].name}.lock"):
        if not stamp.exists() or stamp.read_text() != digest:
            wanted = f"the client in the environment for {name}"
            pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
            with tempfile.TemporaryDirectory() as folder:
                # A copy, for building leaves files behind.
                copy = Path(folder) / "client"
                shutil.copytree(
                    CLIENT, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
                )
                _run([*pip, "install", "--force-reinstall", str(copy)], f"{wanted}: pip could not install it")
            _run([*pip, "check"], f"{wanted}: it does not go with what is there")
            stamp.write_text(digest)
    return python


def _make(home: Path, python: Path, requirements: Path) -> None:
    wanted = f"the environment for {requirements.parent.name}"
    _run(
        [sys.executable, "-m", "venv", str(home)],
        f"{wanted}: python -m venv failed (on Debian and Ubuntu it needs the package python3-venv)",
    )
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    # The file lists everything, so nothing is resolved; `pip check` then says if something is missing.
    _run(
        [*pip, "install", "--no-deps", "--only-binary", ":all:", "--requirement", str(requirements)],
        f"{wanted}: pip could not install {requirements} (is the package index reachable?)",
    )
    _run([*pip, "check"], f"{wanted}: {requirements} is not complete")


def _run(command: list[str], failed: str) -> None:
    # The tests' own environment must not shine through into the new one.
    environ = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise EnvironmentFailed(f"{failed}: no end after {INSTALL_SECONDS} s") from late
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-30:])
        raise EnvironmentFailed(f"{failed}: exit code {done.returncode}\n{said}")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock; the kernel lets go of it when a process dies, so none is ever left behind."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
