"""The browser of this machine, for whoever drives it."""

from __future__ import annotations

import shutil

# The same engine without the window around it is the first choice: it costs a third of the time.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]
