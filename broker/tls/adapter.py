"""How cheroot speaks TLS, by pyOpenSSL.

Python's own ``ssl`` can only take a client certificate that OpenSSL has verified up to a known root, and drops the
connection otherwise. Those of service providers are self-signed or of any CA, and who is trusted changes while the
broker runs. Here OpenSSL checks that the client has the private key of what it shows, and nothing else; whether
the certificate is the right one is judged at each ArtifactResolve, by the metadata of that moment, and told in
words (rule AX-07).

cheroot shakes hands in the one thread that accepts connections, where a client that says nothing holds up
all others. Here it is done by the worker thread that reads the request.
"""

from __future__ import annotations

import errno
import io
import logging
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from cheroot import errors
from cheroot.makefile import BufferedWriter, StreamReader, StreamWriter
from cheroot.ssl import Adapter
from OpenSSL import SSL, crypto

from broker.clock import machine_time
from broker.tls.authority import Identity
from broker.tls.client import ASKED, CERTIFICATE
from broker.wire.keys import KeyProblem

HANDSHAKE_SECONDS = 10.0
# "Good" in the TLS guidelines of the NCSC, which the scheme refers to: forward secrecy and AEAD only.
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
NO_GOODBYE = -1  # what pyOpenSSL has for an error number when a connection just ends
UNTRUSTED = ("unknown ca", "certificate unknown", "bad certificate")
HINT = "the client does not trust the broker's certificate: give it the CA certificate, /ca.pem"

log = logging.getLogger("mock_eherkenning.tls")

Answer = TypeVar("Answer")
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class TlsAdapter(Adapter):
    """``identity`` gives what to show, and is asked again when that is to be renewed. With ``asks_client`` each
    client is asked for a certificate, and may have none."""

    def __init__(
        self,
        identity: Callable[[], Identity],
        *,
        asks_client: bool = False,
        now: Callable[[], datetime] = machine_time,
    ) -> None:
        self._identity = identity
        self._asks_client = asks_client
        self._now = now
        self._load()

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[TlsSocket, dict[str, Any]]:
        """Nothing is read or written yet. The environ of its requests is filled when hands are shaken."""
        if self._renew_at is not None and self._now() >= self._renew_at:
            self._renew()
        environ = self.get_environ()
        return TlsSocket(sock, self._context, environ), environ

    def get_environ(self) -> dict[str, Any]:
        return {"wsgi.url_scheme": "https", "HTTPS": "on", ASKED: self._asks_client}

    def makefile(
        self, sock: TlsSocket, mode: str = "r", bufsize: int = io.DEFAULT_BUFFER_SIZE
    ) -> _Reader | _Writer:
        raw = _Raw(sock)
        return _Reader(raw, bufsize) if "r" in mode else _Writer(raw, bufsize)

    def _load(self) -> None:
        identity = self._identity()
        self._context = context_of(identity, asks_client=self._asks_client)
        self._renew_at = identity.renew_at

    def _renew(self) -> None:
        try:
            self._load()
        except KeyProblem as problem:
            # What we have still works for a while; the log says it, once.
            log.warning("the TLS certificate could not be renewed: %s", problem)
            self._renew_at = None


def context_of(identity: Identity, *, asks_client: bool) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    # Sessions are resumed by tickets, which the client keeps: nothing here grows with the number of clients.
    # The id keeps a ticket of one port from being used on the other.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_session_id(b"artifact" if asks_client else b"broker")
    context.use_certificate(identity.certificate)
    for certificate in identity.chain:
        context.add_extra_chain_cert(certificate)
    context.use_privatekey(identity.key)
    if asks_client:
        context.set_verify(SSL.VERIFY_PEER, _any_certificate)
        # A resumed session brings its certificate along: here each connection proves anew that it has the key.
        context.set_options(SSL.OP_NO_TICKET)
    return context


def _any_certificate(
    connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
) -> bool:
    """Self-signed, expired, of an unknown CA: rule AX-07 tells, where a closed connection would say nothing.

    That the client has the private key is proven by the handshake, and not waived here."""
    return True


class TlsSocket:
    """A connection, with the methods that cheroot calls on a socket."""

    def __init__(self, raw: socket.socket, context: SSL.Context, environ: dict[str, Any]) -> None:
        # By this name cheroot finds the plain socket, to tell who speaks plain HTTP.
        self._socket = raw
        self._environ = environ
        self._tls = SSL.Connection(context, raw)
        self._tls.set_accept_state()
        self._open: bool | None = None
        # Now, for the log: one that turns away is gone before we know.
        try:
            self._peer = str(raw.getpeername()[0])
        except OSError:
            self._peer = "a client that has gone"

    def recv_into(self, buffer: memoryview) -> int:
        """0 when the client has no more to say."""
        self._shake_hands()
        try:
            return self._patiently(lambda: self._tls.recv_into(buffer))
        except SSL.ZeroReturnError:
            return 0
        except SSL.SysCallError as error:
            if error.args[0] == NO_GOODBYE:
                return 0  # HTTP itself tells whether the message was whole
            raise OSError(*error.args) from None
        except SSL.Error as error:
            raise _lost(error) from None

    def send(self, data: bytes) -> int:
        self._shake_hands()
        try:
            return self._patiently(lambda: self._tls.send(data))
        except SSL.SysCallError as error:
            raise (_lost(error) if error.args[0] == NO_GOODBYE else OSError(*error.args)) from None
        except SSL.Error as error:
            raise _lost(error) from None

    def pending(self) -> int:
        """Bytes that are decrypted and not yet read: the kernel's socket does not show them."""
        return self._tls.pending() if self._open else 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def settimeout(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)

    def shutdown(self, how: int) -> None:
        """Say goodbye, so that the client knows that nothing was cut off. Of one that has gone already nothing
        is heard: what is raised here ends the whole server."""
        with suppress(SSL.Error):
            if self._open:
                self._tls.shutdown()
        with suppress(OSError):
            self._socket.shutdown(how)

    def close(self) -> None:
        self._socket.close()

    def _shake_hands(self) -> None:
        if self._open:
            return
        if self._open is False:
            raise errors.FatalSSLAlert("no TLS")
        self._open = False
        try:
            self._patiently(self._tls.do_handshake, HANDSHAKE_SECONDS)
        except SSL.SysCallError as error:
            raise errors.FatalSSLAlert(*error.args) from None
        except SSL.Error as error:
            self._explain(_reason(error))
            raise errors.FatalSSLAlert(*error.args) from None
        self._open = True
        shown = self._tls.get_peer_certificate()
        if shown is not None:
            self._environ[CERTIFICATE] = crypto.dump_certificate(crypto.FILETYPE_ASN1, shown)

    def _explain(self, reason: str) -> None:
        if reason == "http request":
            raise errors.NoSSLError("plain HTTP") from None
        hint = f"; {HINT}" if any(alert in reason for alert in UNTRUSTED) else ""
        log.info("no TLS with %s: %s%s", self._peer, reason, hint)

    def _patiently(self, call: Callable[[], Answer], seconds: float | None = None) -> Answer:
        """Within so many seconds as a whole, else within the timeout of the connection."""
        seconds = self._socket.gettimeout() if seconds is None else seconds
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                return call()
            except SSL.WantReadError:
                self._wait(selectors.EVENT_READ, until)
            except SSL.WantWriteError:
                self._wait(selectors.EVENT_WRITE, until)

    def _wait(self, event: int, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        # A connection that is no more counts as ready, again and again: the clock decides.
        if left is not None and left <= 0:
            raise TimeoutError("timed out")
        with Selector() as selector:
            selector.register(self._socket, event)
            selector.select(left)


def _reason(error: SSL.Error) -> str:
    """OpenSSL's last word on it."""
    stack = error.args[0] if error.args else ()
    return str(stack[-1][-1]) if isinstance(stack, list | tuple) and stack else "no reason given"


def _lost(error: SSL.Error) -> ConnectionResetError:
    """In the middle of a request, broken TLS is a client that went: whoever reads the body takes it for that."""
    return ConnectionResetError(errno.ECONNRESET, _reason(error))


class _Raw(io.RawIOBase):
    """The stream under cheroot's buffers. Closing it leaves the connection open: cheroot closes that itself."""

    def __init__(self, sock: TlsSocket) -> None:
        self.connection = sock

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.connection.recv_into(memoryview(buffer))

    def write(self, data: Any) -> int:
        return self.connection.send(bytes(data))


class _Reader(StreamReader):
    def __init__(self, raw: _Raw, size: int) -> None:
        super(StreamReader, self).__init__(raw, size)
        self.bytes_read = 0
        self._connection = raw.connection

    def has_data(self) -> bool:
        buffered: bool = super().has_data()  # type: ignore[no-untyped-call]
        return buffered or self._connection.pending() > 0


class _Writer(StreamWriter):
    def __init__(self, raw: _Raw, size: int) -> None:
        super(BufferedWriter, self).__init__(raw, size)
        self.bytes_written = 0
