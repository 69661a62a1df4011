"""A broker in this process that nobody is served by: what is behind the doors."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path

from broker.app import create
from broker.parts import Parts
from broker.rules import samples
from broker.settings import Settings


@cache
def parts() -> Parts:
    """With the metadata of one service provider, that of the rules' samples, and everything in memory."""
    folder = tempfile.TemporaryDirectory(prefix="fuzz-home-")
    atexit.register(folder.cleanup)
    home = Path(folder.name)
    (home / "metadata").mkdir()
    (home / "metadata" / "sp.xml").write_text(samples.text("sp_metadata"))
    application = create(Settings(home=home, store="memory", port=8080), watch=False)
    atexit.register(application.close)
    return application.parts
