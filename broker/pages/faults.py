"""What a scenario makes of the connection: an answer that is late, or none at all."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

from flask import Response

MOST_SECONDS = 60.0


def hold(seconds: float, stopping: Event) -> None:
    """Keep the caller waiting, until the broker stops at the latest. It takes one of the server's threads for so
    long."""
    if seconds > 0:
        stopping.wait(min(seconds, MOST_SECONDS))


class Dropped(Response):
    """The connection ends without a byte of an answer.

    To the server it is as if the client had gone away: cheroot closes the socket then. It is raised where Flask hands
    its response on, for in a view it would become an error page, and in the body the headers would have gone out. A
    proxy in front makes a 502 of it.
    """

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise ConnectionAbortedError(errno.ECONNABORTED, "a scenario closes this connection")
