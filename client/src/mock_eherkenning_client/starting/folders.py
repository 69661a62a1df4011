"""Folders of a broker that was started for tests: a home for each, keys that are kept between runs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

_HOME = "mock-eherkenning-"
_OWNER = "owner"
"""A file with the id of the process that a home belongs to, if that is not the one that made it."""


def cache() -> Path:
    """This user's, for their eyes only. MOCK_EHERKENNING_CACHE says another."""
    given = os.environ.get("MOCK_EHERKENNING_CACHE")
    if given:
        base = Path(given)
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "mock-eherkenning"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "mock-eherkenning"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mock-eherkenning"
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o700)
    return base


def keys() -> Path:
    """Kept, for making one takes longer than the rest of the start; new ones each year, for they hold for three."""
    folder = cache() / f"keys-{time.gmtime().tm_year}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    return folder


def home(yaml: str | Path) -> Path:
    """A new home folder for a broker, with this YAML: a file, the text of one, or a home folder to copy. It belongs to
    this process; what others left behind when they were killed is taken away."""
    _sweep()
    made = Path(tempfile.mkdtemp(prefix=f"{_HOME}{os.getpid()}-"))
    if not yaml:
        return made
    target = made / "eherkenning.yaml"
    if isinstance(yaml, str) and ("\n" in yaml or ": " in yaml):
        target.write_text(yaml, "utf-8")
        return made
    given = Path(yaml).resolve()
    if given.is_dir():
        _copy(given, made)
    else:
        # What it includes counts from its own folder.
        _copy(given.parent, made) if _includes(given) else None
        shutil.copyfile(given, target)
    return made


def _includes(file: Path) -> bool:
    return any(line.startswith(("include:", "csv:")) for line in file.read_text("utf-8").splitlines())


def _copy(source: Path, target: Path) -> None:
    """All but keys and state."""
    leave = shutil.ignore_patterns("certs", "var", "state.sqlite*", ".*")
    shutil.copytree(source, target, ignore=leave, dirs_exist_ok=True)


def belongs_to(folder: Path, pid: int) -> None:
    """From now on it is there as long as this process: a broker may outlive the worker that started it."""
    (folder / _OWNER).write_text(str(pid), "utf-8")


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    if os.name == "nt":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_HOME}[0-9]*-*"):
        pid = folder.name[len(_HOME) :].partition("-")[0]
        try:
            owner = folder / _OWNER
            pid = owner.read_text("utf-8") if owner.exists() else pid
            if folder.stat().st_uid == os.getuid() and pid.isdigit():
                os.kill(int(pid), 0)
        except ProcessLookupError:
            remove(folder)
        except OSError:
            continue
