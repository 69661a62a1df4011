"""The ArtifactResolutionService of a service provider: a real HTTP server on loopback that does as a test says."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from lxml import etree

from support.sp import NS, ServiceProvider


@dataclass(frozen=True)
class Asked:
    """One call of the broker."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def resolve(self) -> etree._Element:
        found = etree.fromstring(self.body).find("soap:Body/samlp:ArtifactResolve", NS)
        assert found is not None, self.body
        return found


@dataclass(frozen=True)
class Reply:
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/xml"})


class ArtifactService:
    """``with ArtifactService(sp) as service`` listens. ``hold`` keeps a message and gives its artifact; ``replies``
    says otherwise: from the call to the reply, or to None for a reply that it wrote itself."""

    def __init__(self, sp: ServiceProvider, certificate: Path | None = None, host: str = "127.0.0.1") -> None:
        self.sp = sp
        self.asked: list[Asked] = []
        self.held: dict[str, bytes] = {}
        self.over = Event()
        self.reply: Callable[[Asked, Any], Reply | None] = self.usual
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = Asked(dict(self.headers), body)
                service.asked.append(asked)
                reply = service.reply(asked, self)
                if reply is None:
                    return
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A broker that hangs up is what some tests are about."""

        self._server = Server((host, 0), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # Hands are shaken by the thread of the connection: a stranger must not end the server.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme = "https"
        self.url = f"{scheme}://{host}:{self._server.server_port}/ars"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, message: bytes, index: int = 0) -> str:
        artifact = self.sp.artifact(index)
        self.held[artifact] = message
        return artifact

    def usual(self, asked: Asked, handler: Any) -> Reply:
        """Each message once, as the standard says; an empty answer for what is not there."""
        artifact = asked.resolve.findtext("samlp:Artifact", namespaces=NS) or ""
        message = self.held.pop(artifact, None)
        return Reply(self.sp.artifact_response(asked.resolve.get("ID"), message))
