"""A broker that a test run starts (``client/``): it says in one line of JSON where it is, and it ends with whoever
started it, or runs in a thread there."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from broker.settings import Settings


def announcement(settings: Settings, ca: Path | None = None) -> str:
    """``ca`` is the file of our own CA, where we speak https."""
    told = {
        "url": settings.base_url,
        "metadata_url": settings.metadata_url,
        "entity_id": settings.entity_id,
        "artifact_url": settings.artifact_url,
        "token": settings.token,
        "ca": None if ca is None else str(ca),
        "home": str(settings.home),
        "pid": os.getpid(),
    }
    return json.dumps(told)


def stop_with_parent() -> None:
    """End as by SIGTERM as soon as standard input closes: that happens however the process that holds it ends, also
    by SIGKILL."""
    Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    if sys.stdin is not None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def in_thread(home: Path, certs: Path, token: str | None = None) -> tuple[str, Callable[[], None]]:
    """A broker on a free port of loopback, in this process, with a memory store: its URL, and what stops it."""
    from broker.app import create
    from broker.serving.server import Server

    server = Server("127.0.0.1", 0)
    try:
        application = create(
            Settings(home=home.resolve(), port=server.port, store="memory", token=token, certs=certs)
        )
    except BaseException:
        server.close()
        raise
    server.serve_beside(application.wsgi)

    def close() -> None:
        application.stop_waiting()
        server.close()
        application.close()

    return application.parts.settings.base_url, close
