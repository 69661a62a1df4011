"""The files that git would hand over, for tests that install from them: a build leaves its own beside them."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

from support.running import ROOT


def copy_of_checkout(folder: Path) -> Path:
    """Copied into this folder; the folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True
    )
    archive = folder / "files.tar"
    with tarfile.open(archive, "w") as tar:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                tar.add(ROOT / name, name)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    return folder
