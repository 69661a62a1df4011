"""Serve the application with cheroot: bind first, so that a port in use is known before anything is made."""

from __future__ import annotations

import errno
import signal
from types import FrameType

from cheroot import wsgi

THREADS = 8


class PortProblem(Exception):
    """Says in one line which address cannot be used, why, and what to do."""


class Server:
    """``port`` is the one that was given out when 0 was asked."""

    def __init__(self, host: str, port: int) -> None:
        self._cheroot = wsgi.Server((host, port), None, numthreads=THREADS, server_name="mock-eherkenning")
        self._cheroot.max_request_header_size = 65_536
        self._cheroot.max_request_body_size = 5_000_000
        try:
            self._cheroot.prepare()
        except OSError as error:
            raise PortProblem(_why(host, port, error)) from None
        self.port: int = self._cheroot.bind_addr[1]

    def serve(self, application: object) -> None:
        """Until SIGINT or SIGTERM; requests under way are finished."""
        self._cheroot.wsgi_app = application
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            self._cheroot.serve()
        except KeyboardInterrupt:
            pass
        finally:
            self._cheroot.stop()

    def close(self) -> None:
        self._cheroot.stop()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _why(host: str, port: int, error: OSError) -> str:
    text = str(error)
    if error.errno == errno.EADDRINUSE or "in use" in text:
        return f"port {port} on {host} is in use; stop what runs there, or give --port another number"
    return f"cannot listen on {host}:{port}: {error.strerror or text}"
