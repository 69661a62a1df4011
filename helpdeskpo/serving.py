"""Serve until SIGINT or SIGTERM, and finish what is under way."""

from __future__ import annotations

import os
import signal
import sys
from queue import Empty, SimpleQueue
from threading import Thread

from cheroot.server import HTTPServer


def serve_until_told(server: HTTPServer, *, with_parent: bool = False) -> None:
    """The process is expected to end afterwards; a second SIGINT ends it at once. ``with_parent`` is for one that was
    started with a pipe as its standard input: it ends too when that closes."""
    # The handler does not raise, for it would do so in the middle of anything, also where cheroot holds a lock.
    told: SimpleQueue[None] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.put(None))
    if with_parent:
        Thread(target=_until_parent_ends, args=(told,), name="parent", daemon=True).start()
    serving = Thread(target=server.serve, name="server", daemon=True)
    serving.start()
    while serving.is_alive():
        try:
            told.get(timeout=1)
            break
        except Empty:
            continue
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server.stop()


def _until_parent_ends(told: SimpleQueue[None]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    told.put(None)
