"""Serve the application with cheroot: bind first, so that a port in use is known before anything is made."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from cheroot import wsgi
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest

if TYPE_CHECKING:
    from broker.tls.adapter import TlsAdapter

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class PortProblem(Exception):
    """Says in one line which address cannot be used, why, and what to do."""


class Told:
    """Hears SIGINT and SIGTERM from when it is made. A second SIGINT ends the process at once, a second SIGTERM does
    nothing."""

    # A handler that raised would do so in the middle of anything: in a queue of cheroot's the wake-up of a thread got
    # lost, and stopping waited for that thread for ever. SimpleQueue may be put to at any moment.
    def __init__(self) -> None:
        self._queue: SimpleQueue[BaseException | None] = SimpleQueue()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._queue.put(None))

    def tell(self, fault: BaseException | None) -> None:
        self._queue.put(fault)

    def wait(self) -> BaseException | None:
        """Until one of them comes, or something is told."""
        while True:
            try:
                # Not for ever: on Windows a signal is noticed between two waits only.
                fault = self._queue.get(timeout=1)
            except Empty:
                continue
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            return fault


class _Headers(HeaderReader):
    """A header that differs from another by an underscore has the same name in WSGI, and one with a blank behind
    its name passes some proxies as another: neither may stand in for the header of a trusted proxy."""

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name

    def _transform_key(self, key_name: bytes) -> bytes:
        if key_name != key_name.strip():
            raise ValueError("Blank in the name of a header.")
        return bytes(super()._transform_key(key_name))  # type: ignore[misc]


class _Request(HTTPRequest):
    header_reader = _Headers()


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request


class Server:
    """``port`` is the one that was given out when 0 was asked. ``option`` is what asked for it, ``threads`` how many
    requests are served at once."""

    def __init__(self, host: str, port: int, option: str = "--port", threads: int = 8) -> None:
        self._cheroot = wsgi.Server(
            (host, port), None, numthreads=threads, server_name="mock-eherkenning", request_queue_size=128
        )
        # Where more connections are kept than this, idle ones are closed, and a request that is on its way just then
        # is lost: a hundred parallel tests must not lose any.
        self._cheroot.keep_alive_conn_limit = 500
        self._cheroot.max_request_header_size = 65_536
        self._cheroot.max_request_body_size = 5_000_000
        self._cheroot.ConnectionClass = _Connection
        try:
            self._cheroot.prepare()
        except (OSError, OverflowError) as error:
            raise PortProblem(_why(host, port, option, error)) from None
        self.port: int = self._cheroot.bind_addr[1]

    def speak_tls(self, adapter: TlsAdapter) -> None:
        """To be called before it serves."""
        self._cheroot.ssl_adapter = adapter

    def serve_beside(self, application: WsgiApplication) -> None:
        """In a thread, until ``close``."""
        self._cheroot.wsgi_app = application
        Thread(target=self._cheroot.serve, name="artifact-service", daemon=True).start()

    def serve(
        self, application: WsgiApplication, told: Told, stopping: Callable[[], None] = lambda: None
    ) -> None:
        """Until SIGINT or SIGTERM; ``stopping`` is called then, and requests under way are finished. The process is
        expected to end afterwards."""
        self._cheroot.wsgi_app = application
        Thread(target=self._serve_and_tell, args=(told,), name="server", daemon=True).start()
        fault = told.wait()
        stopping()
        self._cheroot.stop()
        if fault:
            raise fault

    def _serve_and_tell(self, told: Told) -> None:
        try:
            self._cheroot.serve()
            told.tell(None)
        except BaseException as fault:
            told.tell(fault)

    def close(self) -> None:
        self._cheroot.stop()


def only(paths: frozenset[str], application: WsgiApplication) -> WsgiApplication:
    """The application with nothing but these paths, for a port that is not for people."""
    body = b"Not here. This port serves " + " ".join(sorted(paths)).encode() + b" only.\n"
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-cache, no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in paths:
            return application(environ, start_response)
        start_response("404 Not Found", headers)
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else body]

    return guarded


def _why(host: str, port: int, option: str, error: OSError | OverflowError) -> str:
    text = str(error)
    if isinstance(error, OverflowError):
        return f"{option} {port}: a port is a number from 0 to 65535"
    if error.errno == errno.EADDRINUSE or "in use" in text:
        return f"port {port} on {host} is in use; stop what runs there, or give {option} another number"
    return f"cannot listen on {host}:{port}: {error.strerror or text}"
