"""A broker by command: ``mock-eherkenning``, as set, or by uvx or pipx from a place that is named."""

from __future__ import annotations

import os
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

    Nothing is fetched by its name alone: anybody may have put anything under it. uvx and pipx run what
    MOCK_EHERKENNING_FROM names: a folder, a wheel, or a requirement.
    """
    if wish.command:
        return tuple(wish.command)
    if wish.source:
        if shutil.which("uvx"):
            return ("uvx", "--from", wish.source, NAME)
        if shutil.which("pipx"):
            return ("pipx", "run", "--spec", wish.source, NAME)
    beside = Path(sys.executable).parent
    found = shutil.which(NAME, path=str(beside)) or shutil.which(NAME)
    return (found,) if found else ()


def serve(wish: Wish, home: Path) -> tuple[str, ...]:
    """What comes behind the command: free port, memory store, kept keys, and an end when we end."""
    common = ("serve", "--home", str(home), "--port", "0", "--store", "memory")
    return (*common, "--certs", str(folders.keys()), "--announce", "--stop-with-parent", *wish.options)


def start(wish: Wish, found: Sequence[str]) -> Broker:
    home = folders.home(wish.yaml)
    try:
        process = Process([*found, *serve(wish, home)], home / "broker.log", environ(), wish.stdin)
        told = process.announced(DOWNLOAD_SECONDS if found[0] in ("uvx", "pipx") else SECONDS)
        folders.belongs_to(home, int(told.pid))
    except BaseException:
        folders.remove(home)
        raise

    def stop() -> None:
        if process.is_ours:
            process.stop()
            folders.remove(home)

    return Broker(told.url, token=told.get("token") or wish.token, ca=told.get("ca"), stop=stop)


def environ() -> dict[str, str]:
    """Ours, without what says where another broker is or how it is served: each start says that itself."""
    own = {"MOCK_EHERKENNING_TOKEN", "MOCK_EHERKENNING_SMTP"}
    return {
        name: Secret(value) if name.endswith("_TOKEN") else value
        for name, value in os.environ.items()
        if not name.startswith("MOCK_EHERKENNING_") or name in own
    }
