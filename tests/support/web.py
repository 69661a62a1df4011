"""A web server with scripted answers, good and bad, for what the broker fetches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Answer = Callable[[Any], None]


def body(data: bytes, status: int = 200, **headers: str) -> Answer:
    """An ordinary answer."""

    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def to(target: str, status: int = 302) -> Answer:
    return body(b"", status, Location=target)


@dataclass
class Web:
    """Serves ``pages`` by path; ``over`` is set when the test ends, for answers that hang until then."""

    base_url: str
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def serve(self, path: str, answer: Answer | bytes) -> str:
        self.pages[path] = body(answer) if isinstance(answer, bytes) else answer
        return self.base_url + path


@contextmanager
def serving() -> Iterator[Web]:
    """A server of its own on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            served.pages.get(self.path, body(b"not here", 404))(self)

        def log_message(self, *arguments: Any) -> None:
            """The test reads ``asked``."""

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = (
                    True  # whoever asked has had enough: that is what some tests are about
                )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Web(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield served
    served.over.set()
    server.shutdown()
    server.server_close()
