"""Serve until SIGINT or SIGTERM, and finish what is under way."""

from __future__ import annotations

import os
import signal
import sys
from queue import Empty, SimpleQueue
from threading import Thread

from cheroot.server import HTTPServer

Told = SimpleQueue[BaseException | None]


def serve_until_told(server: HTTPServer, greeting: str, *, with_parent: bool = False) -> None:
    """``greeting`` is printed when the port is open. The process is expected to end afterwards; a second SIGINT ends it
    at once. ``with_parent`` is for one that was started with a pipe as its standard input: it ends too when that
    closes. What ends the server raises here."""
    # The handler does not raise, for it would do so in the middle of anything, also where cheroot holds a lock.
    told: Told = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.put(None))
    if with_parent:
        Thread(target=_until_parent_ends, args=(told,), name="parent", daemon=True).start()
    server.prepare()
    print(greeting, flush=True)
    Thread(target=_serve, args=(server, told), name="server", daemon=True).start()
    fault = _next(told)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server.stop()
    if fault:
        raise fault


def _serve(server: HTTPServer, told: Told) -> None:
    try:
        server.serve()
        told.put(None)
    except BaseException as fault:
        told.put(fault)


def _next(told: Told) -> BaseException | None:
    while True:
        try:
            # Not for ever: on Windows a signal is noticed between two waits only.
            return told.get(timeout=1)
        except Empty:
            continue


def _until_parent_ends(told: Told) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    told.put(None)
