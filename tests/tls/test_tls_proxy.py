"""Behind a proxy that ends TLS: the header with the client certificate counts from that proxy, and from nobody else."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from support.sp import ServiceProvider, fingerprint
from support.tls import Client, TlsBroker, certificate_of, fault_of, found, holds_message, pem

HEADER = "X-SSL-Client-Cert"
TOKEN = "the-token"


def behind_proxy(
    tmp_path_factory: pytest.TempPathFactory, sp: ServiceProvider, proxy: str, *options: str
) -> TlsBroker:
    """It speaks plain HTTP to its proxy, which these tests play."""
    home = tmp_path_factory.mktemp("proxy") / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    trust = ("--client-certificate-header", HEADER, "--trusted-proxy", proxy, "--token", TOKEN)
    return TlsBroker(home, *trust, *options, tls=(), store="memory")


@pytest.fixture(scope="module", params=["127.0.0.1", "127.0.0.0/8"])
def trusting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sp: ServiceProvider
) -> Iterator[TlsBroker]:
    """The address that these tests call from is the proxy's."""
    with behind_proxy(tmp_path_factory, sp, request.param) as running:
        yield running


@pytest.fixture(scope="module", params=["10.9.9.9", "10.0.0.0/8", "::1", "127.0.0.2"])
def distrusting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sp: ServiceProvider
) -> Iterator[TlsBroker]:
    """The proxy has another address than these tests."""
    with behind_proxy(tmp_path_factory, sp, request.param) as running:
        yield running


def nginx(certificate: x509.Certificate) -> str:
    """$ssl_client_escaped_cert"""
    return quote(pem(certificate).decode())


def apache(certificate: x509.Certificate) -> str:
    """%{SSL_CLIENT_CERT}s"""
    return pem(certificate).decode().replace("\n", " ")


def haproxy(certificate: x509.Certificate) -> str:
    """%[ssl_c_der,base64]"""
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def traefik(certificate: x509.Certificate) -> str:
    """PEM without its first and last line"""
    return quote("".join(pem(certificate).decode().splitlines()[1:-1]))


def rfc_9440(certificate: x509.Certificate) -> str:
    return f":{haproxy(certificate)}:"


def stranger() -> x509.Certificate:
    return certificate_of(ec.generate_private_key(ec.SECP256R1()))


def last(broker: TlsBroker) -> dict[str, Any]:
    url = f"{broker.base_url}/api/v1/exchanges?limit=1&full=true"
    exchange = broker.get(url, headers={"Authorization": f"Bearer {TOKEN}"}).json()["exchanges"][0]
    return dict([event for event in exchange["events"] if event["kind"] == "resolve"][-1])


@pytest.mark.parametrize("form", [nginx, apache, haproxy, traefik, rfc_9440])
def test_the_header_of_the_trusted_proxy_is_the_client_certificate(
    trusting: TlsBroker, sp: ServiceProvider, form: Callable[[x509.Certificate], str]
) -> None:
    trusting.set("required")
    headers = {HEADER: form(sp.certificate)}
    assert holds_message(trusting.resolve(Client(), sp, trusting.artifact(sp), **headers))
    assert fingerprint(sp.certificate) in last(trusting)["client_certificate"]


@pytest.mark.parametrize("form", [nginx, apache, haproxy])
def test_the_same_header_from_another_address_is_ignored(
    distrusting: TlsBroker, sp: ServiceProvider, form: Callable[[x509.Certificate], str]
) -> None:
    distrusting.set("required")
    page = distrusting.resolve(Client(), sp, distrusting.artifact(sp), **{HEADER: form(sp.certificate)})
    assert page.status == 403
    assert "no client certificate" in fault_of(page)
    assert "client_certificate" not in last(distrusting)


@pytest.mark.parametrize(
    ("header", "received"),
    [
        (None, "no client certificate"),
        ("", "no client certificate"),
        ("(null)", f"{HEADER} holds no certificate"),
        ("%00%ff", f"{HEADER} holds no certificate"),
        ("-----BEGIN CERTIFICATE-----", f"{HEADER} holds no certificate"),
        (base64.b64encode(b"no certificate").decode(), f"{HEADER} holds no certificate"),
        ("A" * 30_000, f"{HEADER} holds no certificate"),
    ],
    ids=["absent", "empty", "null", "binary", "empty PEM", "no DER", "large"],
)
def test_what_is_no_certificate_is_told(
    trusting: TlsBroker, sp: ServiceProvider, header: str | None, received: str
) -> None:
    trusting.set("required")
    headers = {} if header is None else {HEADER: header}
    page = trusting.resolve(Client(), sp, trusting.artifact(sp), **headers)
    assert page.status == 403
    assert f"received {received}" in fault_of(page)
    assert fingerprint(sp.certificate) in fault_of(page)


def test_two_certificates_in_one_header_are_none(trusting: TlsBroker, sp: ServiceProvider) -> None:
    """A proxy that adds to the header of its client instead of replacing it must not let that client choose."""
    trusting.set("required")
    for header in (
        f"{haproxy(sp.certificate)}, {haproxy(stranger())}",
        nginx(sp.certificate) + nginx(stranger()),
        haproxy(sp.certificate) + haproxy(stranger()),
    ):
        page = trusting.resolve(Client(), sp, trusting.artifact(sp), **{HEADER: header})
        assert page.status == 403, header


def test_the_certificate_of_another_is_refused_behind_a_proxy_too(
    trusting: TlsBroker, sp: ServiceProvider
) -> None:
    trusting.set("required")
    page = trusting.resolve(Client(), sp, trusting.artifact(sp), **{HEADER: nginx(stranger())})
    assert page.status == 403
    assert "CN=a client (TEST)" in fault_of(page)


@pytest.mark.parametrize("name", ["X_SSL_Client_Cert", "X_SSL-Client-Cert", "x-ssl_client_cert"])
def test_a_header_that_only_differs_by_an_underscore_does_not_stand_in_for_it(
    trusting: TlsBroker, sp: ServiceProvider, name: str
) -> None:
    """Most proxies let it through, and WSGI gives both the same name."""
    trusting.set("required")
    split = urlsplit(trusting.base_url)
    body = sp.resolve_message(trusting.artifact(sp))
    assert split.hostname
    assert split.port
    for headers in (
        [(name, nginx(sp.certificate))],
        [(HEADER, nginx(stranger())), (name, nginx(sp.certificate))],
    ):
        assert raw_status(split.hostname, split.port, body, headers) == 403


def test_a_header_with_a_blank_behind_its_name_is_refused(trusting: TlsBroker, sp: ServiceProvider) -> None:
    """Some proxies take it for another header and let it through."""
    split = urlsplit(trusting.base_url)
    assert split.hostname
    assert split.port
    body = sp.resolve_message("any")
    assert raw_status(split.hostname, split.port, body, [(HEADER + " ", nginx(sp.certificate))]) == 400


def raw_status(host: str, port: int, body: bytes, headers: list[tuple[str, str]]) -> int:
    """Over a bare socket: client libraries mend such headers, or refuse to send them."""
    lines = [
        "POST /ars/1.13 HTTP/1.1",
        f"Host: {host}",
        "Content-Type: text/xml",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    with socket.create_connection((host, port), 30) as plain:
        plain.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = b"".join(iter(lambda: plain.recv(9_999), b""))
    return int(answer.split()[1])


def test_behind_a_proxy_it_is_recorded_unless_the_yaml_says_otherwise(
    trusting: TlsBroker, sp: ServiceProvider
) -> None:
    trusting.set("")
    assert holds_message(trusting.resolve(Client(), sp, trusting.artifact(sp)))
    finding = found(last(trusting))
    assert finding is not None
    assert finding["severity"] == "W"


def test_the_console_behind_a_proxy_asks_for_a_token_which_the_start_shows(tmp_path: Path) -> None:
    """It listens on loopback, but whoever reaches the proxy does not call from there."""
    trust = ("--client-certificate-header", HEADER, "--trusted-proxy", "127.0.0.1")
    with TlsBroker(tmp_path / "home", *trust, tls=(), store="memory") as broker:
        assert broker.get(f"{broker.base_url}/console").status_code == 401
        assert broker.get(f"{broker.base_url}/api/v1/inbox").status_code == 401
        assert broker.process.stdout is not None
        line = broker.process.stdout.readline()
        assert broker.get(line.split()[-1]).status_code == 200


def test_the_proxys_own_certificate_is_not_the_callers(
    tmp_path_factory: pytest.TempPathFactory, sp: ServiceProvider
) -> None:
    """A proxy may speak TLS to the broker as well, with a certificate of its own."""
    home = tmp_path_factory.mktemp("proxy") / "home"
    (home / "metadata").mkdir(parents=True)
    (home / "metadata" / "sp.xml").write_bytes(sp.metadata)
    trust = ("--client-certificate-header", HEADER, "--trusted-proxy", "127.0.0.1", "--token", TOKEN)
    with TlsBroker(home, *trust, store="memory") as broker:
        broker.set("required")
        key = ec.generate_private_key(ec.SECP256R1())
        proxy = Client(key, certificate_of(key, name="the proxy"))
        assert holds_message(
            broker.resolve(proxy, sp, broker.artifact(sp), **{HEADER: nginx(sp.certificate)})
        )
        # The proxy has the certificate of the provider, and forwards somebody who has none.
        page = broker.resolve(Client.of(sp), sp, broker.artifact(sp))
        assert page.status == 403
        assert "no client certificate" in fault_of(page)
