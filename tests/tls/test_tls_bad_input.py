"""Whatever comes to a port that speaks TLS, the next who comes is served, and nothing of it is a fault of ours."""

from __future__ import annotations

import os
import socket
import ssl
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from cheroot import errors
from OpenSSL import SSL

from broker.tls import adapter
from broker.tls.authority import Authority
from support.running import until
from support.sp import ServiceProvider
from support.tls import Client, TlsBroker, certificate_of, holds_message, pem

EACH_PORT = pytest.mark.parametrize("base", ["base_url", "artifact_base"])


def connect(url: str) -> socket.socket:
    split = urlsplit(url)
    return socket.create_connection((split.hostname, split.port), 30)


def client_hello(url: str) -> bytes:
    """The first words of an honest client."""
    connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    connection.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(16_384)


GARBAGE: dict[str, Callable[[str], bytes]] = {
    "noise": lambda url: os.urandom(4_000),
    "zeros": lambda url: bytes(1_000),
    "one byte": lambda url: b"\x16",
    "nothing": lambda url: b"",
    "half a greeting": lambda url: client_hello(url)[:50],
    "a greeting that lies about its length": lambda url: b"\x16\x03\x01\xff\xff" + client_hello(url)[5:],
    "a greeting, then noise": lambda url: client_hello(url) + os.urandom(500),
    "a greeting twice": lambda url: client_hello(url) * 2,
    "SSH": lambda url: b"SSH-2.0-OpenSSH_9.9\r\n",
    "SSL 2": lambda url: b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(40),
    "an alert": lambda url: b"\x15\x03\x03\x00\x02\x02\x28",
    "records without end": lambda url: b"\x16\x03\x03\x40\x00" * 2_000,
}


@EACH_PORT
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_dropped_and_the_next_is_served(
    broker: TlsBroker, base: str, garbage: Callable[[str], bytes]
) -> None:
    url = getattr(broker, base)
    with connect(url) as plain:
        answer = bytearray()
        with suppress(OSError):  # it may be dropped while we are talking
            plain.sendall(garbage(url))
            plain.shutdown(socket.SHUT_WR)
            while more := plain.recv(4_096):
                answer += more
        assert b"HTTP/" not in answer
    assert broker.get(f"{url}/readyz").ok
    assert "Traceback" not in broker.log


@EACH_PORT
def test_plain_http_is_told_that_this_is_https(broker: TlsBroker, base: str) -> None:
    url = getattr(broker, base)
    got = broker.get(url.replace("https:", "http:") + "/readyz")
    assert got.status_code == 400
    assert "only speaks HTTPS" in got.text
    assert "Traceback" not in broker.log


@EACH_PORT
def test_a_connection_that_says_nothing_does_not_hold_up_the_others(broker: TlsBroker, base: str) -> None:
    """Hands are shaken by the threads that serve, not by the one that accepts."""
    url = getattr(broker, base)
    silent = [connect(url) for _ in range(4)]
    try:
        assert broker.get(f"{url}/readyz", timeout=5).ok
    finally:
        for plain in silent:
            plain.close()


@EACH_PORT
def test_a_client_that_goes_in_the_middle_of_its_request_is_forgotten(broker: TlsBroker, base: str) -> None:
    context = ssl.create_default_context(cafile=str(broker.ca))
    url = getattr(broker, base)
    for abrupt in (False, True):
        tls = context.wrap_socket(connect(url), server_hostname="127.0.0.1")
        tls.sendall(b"POST /ars/1.13 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n<half")
        if abrupt:
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tls.close()
    assert broker.get(f"{url}/readyz").ok
    assert "Traceback" not in broker.log


@EACH_PORT
def test_noise_after_the_handshake_is_dropped(broker: TlsBroker, base: str) -> None:
    context = ssl.create_default_context(cafile=str(broker.ca))
    url = getattr(broker, base)
    tls = context.wrap_socket(connect(url), server_hostname="127.0.0.1")
    with socket.socket(fileno=os.dup(tls.fileno())) as under:
        under.sendall(b"\x17\x03\x03\x00\x20" + os.urandom(32))
        under.shutdown(socket.SHUT_WR)
    answer = b""
    with suppress(OSError):
        answer = tls.recv(1_000)
    assert answer == b""
    tls.close()
    assert broker.get(f"{url}/readyz").ok
    assert "Traceback" not in broker.log


def test_a_chain_of_certificates_that_is_far_too_long_is_dropped(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.use_privatekey(sp.key)
    context.use_certificate(sp.certificate)
    large = certificate_of(sp.key, name="x" * 64, san="a." * 60 + "test")
    for _ in range(400):
        context.add_extra_chain_cert(large)
    connection = SSL.Connection(context, connect(broker.artifact_base))
    connection.setblocking(True)
    connection.set_connect_state()
    with pytest.raises(SSL.Error):  # noqa: PT012 - with TLS 1.3 the refusal comes with the first answer
        connection.do_handshake()
        connection.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(100)
    assert broker.get(f"{broker.artifact_base}/readyz").ok


@pytest.mark.parametrize(
    "name", ["SSL_CLIENT_CERT", "SSL-Client-Cert", "X-SSL-Client-Cert", "mock_eherkenning.client_certificate"]
)
def test_a_header_is_not_a_client_certificate(broker: TlsBroker, sp: ServiceProvider, name: str) -> None:
    """No proxy is trusted here: whoever writes a header shows nothing."""
    broker.set("required")
    page = broker.resolve(Client(), sp, broker.artifact(sp), **{name: quote(pem(sp.certificate).decode())})
    assert page.status == 403
    assert "no client certificate" in page.text


def test_after_all_this_an_honest_provider_is_served(broker: TlsBroker, sp: ServiceProvider) -> None:
    broker.set("required")
    assert holds_message(broker.resolve(Client.of(sp), sp, broker.artifact(sp)))
    until(lambda: broker.process.poll() is None, "the broker runs on")


def test_a_handshake_that_comes_in_drips_is_given_up_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each drip is within the timeout of the connection."""
    monkeypatch.setattr(adapter, "HANDSHAKE_SECONDS", 0.2)
    context = adapter.context_of(Authority(tmp_path).identity(["localhost"]), asks_client=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    with ours, theirs, ThreadPoolExecutor(1) as pool:
        ours.settimeout(5)
        connection = adapter.TlsSocket(ours, context, {})
        reading = pool.submit(connection.recv_into, memoryview(bytearray(10)))
        for drip in client_hello("")[:-1]:
            theirs.sendall(bytes([drip]))
        with pytest.raises(TimeoutError, match="timed out"):
            reading.result(4)
        with pytest.raises(errors.FatalSSLAlert):
            connection.send(b"408, which nobody could read")


def test_a_connection_that_is_no_more_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the kernel it is always ready, and to OpenSSL always worth another try."""
    monkeypatch.setattr(adapter, "HANDSHAKE_SECONDS", 0.05)
    context = adapter.context_of(Authority(tmp_path).identity(["localhost"]), asks_client=False)
    with socket.socket() as never_connected:
        connection = adapter.TlsSocket(never_connected, context, {})
        with pytest.raises(TimeoutError, match="timed out"):
            connection.recv_into(memoryview(bytearray(10)))


def test_tls_that_breaks_in_the_middle_of_a_request_is_a_client_that_went(tmp_path: Path) -> None:
    """Who reads the body takes it for that, and not for a fault of the broker with a trace in the log."""
    authority = Authority(tmp_path)
    context = adapter.context_of(authority.identity(["localhost"]), asks_client=False)
    trusting = ssl.create_default_context(cafile=str(authority.file))

    def client() -> ssl.SSLSocket:
        tls = trusting.wrap_socket(
            socket.create_connection(listening.getsockname()), server_hostname="localhost"
        )
        tls.sendall(b"half a")
        return tls

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        calling = pool.submit(client)
        ours, _ = listening.accept()
        ours.settimeout(5)
        connection = adapter.TlsSocket(ours, context, {})
        assert connection.recv_into(memoryview(bytearray(10))) == len("half a")
        with ours, calling.result() as tls, socket.socket(fileno=os.dup(tls.fileno())) as under:
            under.sendall(b"\x17\x03\x03\x00\x20" + os.urandom(32))
            with pytest.raises(ConnectionResetError):
                connection.recv_into(memoryview(bytearray(10)))
