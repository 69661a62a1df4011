"""Folders of a broker that was started for tests: a home for each, keys that are kept between runs."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mock_eherkenning_client.errors import NoBroker

_HOME = "mock-eherkenning-"
_OWNER = "owner"
"""A file with the id of the process that a home belongs to, if that is not the one that made it."""


def cache() -> Path:
    """This user's, for their eyes only; one that was there before stays as it is. MOCK_EHERKENNING_CACHE says another.
    Raises NoBroker where it cannot be made."""
    given = os.environ.get("MOCK_EHERKENNING_CACHE")
    if given:
        base = Path(given)
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "mock-eherkenning"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "mock-eherkenning"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mock-eherkenning"
    return _private(base)


def keys() -> Path:
    """Kept, for making one takes longer than the rest of the start; new ones each year, for they hold for three."""
    folder = cache() / f"keys-{time.gmtime().tm_year}"
    return _private(folder)


def _private(folder: Path) -> Path:
    """This folder; where we make it, readable for nobody else."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
    except OSError as error:
        raise NoBroker(
            f"the keys of the broker cannot be kept in {folder}: {error.strerror or error}\n"
            "Mend it with:  export MOCK_EHERKENNING_CACHE=a folder that can be written"
        ) from None
    return folder


def home(yaml: str | Path) -> Path:
    """A new home folder for a broker, with this YAML: a file, the text of one, or a home folder to copy. It belongs to
    this process; what others left behind when they were killed is taken away."""
    _sweep()
    try:
        made = Path(tempfile.mkdtemp(prefix=f"{_HOME}{os.getpid()}-"))
    except OSError as error:
        raise NoBroker(f"no folder for the broker can be made: {error}\nMend it with TMPDIR") from None
    try:
        _fill(made, yaml)
    except (OSError, UnicodeError, shutil.Error) as error:
        remove(made)
        raise NoBroker(f"the YAML {str(yaml)[:200]} cannot be read: {error}") from None
    except BaseException:
        remove(made)
        raise
    return made


def _fill(made: Path, yaml: str | Path) -> None:
    target = made / "eherkenning.yaml"
    if not yaml:
        return
    if isinstance(yaml, str) and ("\n" in yaml or ": " in yaml):
        target.write_text(yaml, "utf-8")
        return
    given = Path(yaml).absolute()
    if given.is_dir():
        _copy(given, made)
        return
    # What it includes counts from its own folder.
    for file in _included(given, given.parent, {given}):
        copied = made / os.path.relpath(file, given.parent)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)
    shutil.copyfile(given, target)


_BLOCK = re.compile(r"^[\"']?(?:include|csv)[\"']?[ ]*:(.*(?:\n(?:[ \t-].*|\}.*|\].*)?)*)", re.MULTILINE)
_FILE = re.compile(
    r"""[ \t\[{,:]"([^"\n]+\.(?:ya?ml|csv))"|[ \t\[{,:]'([^'\n]+\.(?:ya?ml|csv))'"""
    r"""|(?:^|(?<=[\s\[{,:]))([^\s\[\]{},:"'#-][^\[\]{},:"'#\n]*?\.(?:ya?ml|csv))(?=[ \t\r]*(?:[\],}]|[ ]#|$))""",
    re.MULTILINE | re.IGNORECASE,
)


def _included(file: Path, folder: Path, seen: set[Path]) -> Iterator[Path]:
    """The files within ``folder`` that ``include`` and ``csv`` name, and those that they name in turn. The broker tells
    what is wrong with a name; one that is missed here is not found there."""
    text = re.sub(r"(^|[ \t])#.*", "", file.read_text("utf-8-sig"), flags=re.MULTILINE)
    for block in _BLOCK.findall(text):
        for names in _FILE.findall(block):
            named = Path(os.path.normpath(file.parent / "".join(names).strip()))
            if named in seen or folder not in named.parents or not named.is_file():
                continue
            seen.add(named)
            yield named
            if named.suffix.lower() != ".csv":
                yield from _included(named, folder, seen)


def _copy(source: Path, target: Path) -> None:
    """All but keys and state, and nothing that only a link leads to."""
    named = shutil.ignore_patterns("certs", "var", "state.sqlite*", ".*")

    def leave(folder: str, names: list[str]) -> set[str]:
        linked = {name for name in names if Path(folder, name).is_symlink()}
        inside = {name for name in linked if _is_file_in(source, Path(folder, name))}
        return set(named(folder, names)) | (linked - inside)

    shutil.copytree(source, target, ignore=leave, dirs_exist_ok=True)


def _is_file_in(folder: Path, link: Path) -> bool:
    return link.is_file() and folder.resolve() in link.resolve().parents


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
