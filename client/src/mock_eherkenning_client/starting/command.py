"""A broker by command: ``mock-eherkenning``, as set, or by uvx or pipx from a place that is named."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mock_eherkenning_client.broker import Broker
from mock_eherkenning_client.errors import NoBroker
from mock_eherkenning_client.secret import Secret
from mock_eherkenning_client.starting import folders
from mock_eherkenning_client.starting.process import SECONDS, Process

if TYPE_CHECKING:
    from mock_eherkenning_client.starting import Wish

NAME = "mock-eherkenning"
DOWNLOAD_SECONDS = 300.0
_PYTHON = ">=3.11,<3.14"
"""What the broker is tried with; ours may be older, and uv fetches one where there is none."""
_ELSEWHERE = re.compile(r"[a-z+]+://\S|[A-Za-z0-9][\w.-]*\s*(\[[^]]*\])?\s*(===?|~=|!=|[<>]=?|@)\s*\S")
"""A URL, or a requirement that says which: a version, or an address."""


def words(command: str | Sequence[str]) -> tuple[str, ...]:
    """As a shell splits it. Raises NoBroker where it cannot be split."""
    if not isinstance(command, str):
        return tuple(command)
    try:
        return tuple(shlex.split(command, posix=os.name != "nt"))
    except ValueError as error:
        raise NoBroker(
            f"the command of the broker (MOCK_EHERKENNING_COMMAND) cannot be read: {error}: {command}"
        ) from None


def find(wish: Wish) -> tuple[str, ...]:
    """The command, without what comes behind it; empty if there is none.

    By its name alone nothing is fetched: anybody may put a package of that name in an index. uvx and pipx run what
    MOCK_EHERKENNING_FROM names: a folder, a wheel, a URL, or a requirement. Raises NoBroker where it names none.
    """
    if wish.command:
        return tuple(wish.command)
    if wish.source:
        return _by_tool(_place(wish.source))
    found = _beside(NAME)
    return (found,) if found else ()


def _by_tool(place: str) -> tuple[str, ...]:
    """Both keep what they built, also when the folder changes that it came from; so a folder is run where it is."""
    is_folder = Path(place).is_dir()
    uvx, pipx = _beside("uvx"), _beside("pipx")
    if uvx:
        in_place = ["--with-editable", place] if is_folder else []
        return (uvx, "--python", _PYTHON, *in_place, "--from", place, NAME)
    if pipx:
        in_place = ["--pip-args=--editable"] if is_folder else []
        return (pipx, "run", *in_place, "--spec", place, NAME)
    raise NoBroker(
        f"MOCK_EHERKENNING_FROM is {place}, and there is neither uvx nor pipx beside this Python or on PATH.\n"
        f"Mend it with:  {Path(sys.executable).name} -m pip install uv"
    )


def _place(source: str) -> str:
    """As uvx and pipx take it: a file or folder by its whole path, or else they take its name for that of a package."""
    given = Path(source).expanduser()
    if given.exists():
        return str(given.absolute())
    if _ELSEWHERE.match(source):
        return source
    raise NoBroker(
        "MOCK_EHERKENNING_FROM: expected a folder or a wheel, a URL, or a requirement with a version such as "
        f'mock-eherkenning==0.1.0; received "{source}", and there is no {given.absolute()}'
    )


def _beside(name: str) -> str | None:
    """A program beside this Python, or else on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def serve(wish: Wish, home: Path) -> tuple[str, ...]:
    """What comes behind the command: free port, memory store, kept keys, and an end when we end."""
    common = ("serve", "--home", str(home), "--port", "0", "--store", "memory")
    return (*common, "--certs", str(folders.keys()), "--announce", "--stop-with-parent", *wish.options)


def start(wish: Wish, found: Sequence[str]) -> Broker:
    home = folders.home(wish.yaml)
    try:
        is_fetched = bool(wish.source and not wish.command)
        inherited = environ()
        if is_fetched:
            # It has an environment of its own; what an application has in ours may be called broker too.
            inherited.pop("PYTHONPATH", None)
            inherited.pop("PYTHONHOME", None)
        process = Process([*found, *serve(wish, home)], home / "broker.log", inherited, wish.stdin)
        told = process.announced(DOWNLOAD_SECONDS if is_fetched else SECONDS)
        folders.belongs_to(home, int(told.pid))
    except BaseException:
        folders.remove(home)
        raise

    def stop() -> None:
        if process.is_ours:
            process.stop()
            folders.remove(home)

    return Broker(
        told.url, token=told.get("token") or wish.token, ca=told.get("ca") or wish.ca or None, stop=stop
    )


def environ() -> dict[str, str]:
    """Ours, without what says where another broker is or how it is served: each start says that itself."""
    own = {"MOCK_EHERKENNING_TOKEN", "MOCK_EHERKENNING_SMTP"}
    return {
        name: Secret(value) if name.endswith("_TOKEN") else value
        for name, value in os.environ.items()
        if not name.startswith("MOCK_EHERKENNING_") or name in own
    }
