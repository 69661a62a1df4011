"""The options of the command line that have to do with TLS: what goes into the metadata, and what cannot be."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from broker.cli import main
from broker.settings import Settings
from broker.tls.client import CERTIFICATE, caller
from support.certificates import UNREADABLE, of_version_5
from support.sp import NS, ServiceProvider
from support.tls import certificate_of, pem


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what was said on stderr."""
    code = main(list(arguments))
    return code, capsys.readouterr().err


HEADER = ("--client-certificate-header", "X-SSL-Client-Cert")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--tls-certificate", "a.pem"), "--tls-certificate and --tls-key go together; give both, or --tls alone"),
        (("--tls-key", "a.key"), "--tls-certificate and --tls-key go together"),
        (("--artifact-port", "0"), "--artifact-port is where client certificates are asked for: give --tls too"),
        (("--tls", "--base-url", "http://broker.test"), "write --base-url https://"),
        (("--base-url", "broker.test"), "--base-url: expected a URL such as https://broker.test:8443, received"),
        (("--base-url", "https://"), "--base-url: expected a URL"),
        (("--base-url", "https://a:99999"), "--base-url: expected a URL"),
        (("--backchannel-url", "ftp://broker"), 'https://broker.test:8443, received "ftp://broker"'),
        (("--backchannel-url", "https://broker/?a=b"), "--backchannel-url: expected a URL"),
        (("--backchannel-url", "https://me@broker/"), "--backchannel-url: expected a URL"),
        (HEADER, "--client-certificate-header and --trusted-proxy go together"),
        (("--trusted-proxy", "127.0.0.1"), "--client-certificate-header and --trusted-proxy go together"),
        ((*HEADER, "--trusted-proxy", "proxy.test"), "expected an IP address or network such as 10.0.0.5"),
        ((*HEADER, "--trusted-proxy", "0.0.0.0/0"), "0.0.0.0/0 is everybody; name the addresses of the proxy"),
        ((*HEADER, "--trusted-proxy", "::/0"), "::/0 is everybody"),
        (("--client-certificate-header", "X Y", "--trusted-proxy", "::1"), "expected letters, digits and dashes"),
        (("--tls", "--artifact-port", "70000"), "--artifact-port 70000: a port is a number from 0 to 65535"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_line_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], line: str
) -> None:
    code, told = said(capsys, "serve", "--home", str(tmp_path / "home"), "--port", "0", *options)
    assert code == 2
    assert line in told
    assert told.startswith("mock-eherkenning: ")
    assert told.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_an_artifact_port_that_is_taken_is_said_by_its_own_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = said(
            capsys, "serve", "--home", str(tmp_path), "--port", "0", "--tls", "--artifact-port", port
        )
    assert code == 2
    assert told == (
        f"mock-eherkenning: port {port} on 127.0.0.1 is in use; stop what runs there, "
        "or give --artifact-port another number\n"
    )


KEY = ec.generate_private_key(ec.SECP256R1())
GOOD, GOOD_KEY = pem(certificate_of(KEY)), pem(KEY)
WITH_PASSWORD = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(b"secret"),
)
UNUSUAL = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    ("certificate", "key", "line"),
    [
        (None, GOOD_KEY, "own.pem: No such file or directory; see --tls-certificate"),
        (b"", GOOD_KEY, "own.pem: expected a certificate in PEM"),
        (GOOD_KEY, GOOD_KEY, "own.pem: expected a certificate in PEM"),
        (
            ssl.DER_cert_to_PEM_cert(of_version_5()).encode(),
            GOOD_KEY,
            "own.pem: expected a certificate in PEM",
        ),
        (GOOD, None, "own.key: No such file or directory; see --tls-key"),
        (GOOD, GOOD, "own.key: expected a private key in PEM, RSA or EC, without a password"),
        (GOOD, WITH_PASSWORD, "own.key: expected a private key in PEM, RSA or EC, without a password"),
        (GOOD, UNUSUAL, "own.key: expected a private key in PEM, RSA or EC, without a password"),
        (
            GOOD,
            pem(ec.generate_private_key(ec.SECP256R1())),
            "own.key: the private key is not the one of the first",
        ),
    ],
    ids=[
        "no file",
        "empty",
        "a key",
        "version 5",
        "no key file",
        "no key",
        "password",
        "Ed25519",
        "another key",
    ],
)
def test_a_certificate_or_key_of_ones_own_that_cannot_be_used_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    certificate: bytes | None,
    key: bytes | None,
    line: str,
) -> None:
    for name, content in (("own.pem", certificate), ("own.key", key)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
    own = ("--tls-certificate", str(tmp_path / "own.pem"), "--tls-key", str(tmp_path / "own.key"))
    code, told = said(capsys, "serve", "--home", str(tmp_path / "home"), "--port", "0", *own)
    assert code == 2
    assert line in told
    assert told.count("\n") == 1
    assert "PRIVATE" not in told


def locations(metadata: str) -> set[str]:
    services = etree.fromstring(metadata).iter(f"{{{NS['md']}}}ArtifactResolutionService")
    return {service.get("Location", "") for service in services}


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ((), "http://127.0.0.1:8080/ars/1.13"),
        (("--tls",), "https://127.0.0.1:8443/ars/1.13"),
        (("--tls", "--artifact-port", "9443"), "https://127.0.0.1:9443/ars/1.13"),
        (("--tls", "--base-url", "https://broker.test"), "https://broker.test:8443/ars/1.13"),
        (("--tls", "--host", "::1"), "https://[::1]:8443/ars/1.13"),
        (("--base-url", "https://broker.test"), "https://broker.test/ars/1.13"),
        (("--backchannel-url", "https://broker:8443/"), "https://broker:8443/ars/1.13"),
        (("--tls", "--backchannel-url", "https://broker:8443"), "https://broker:8443/ars/1.13"),
    ],
    ids=lambda value: " ".join(value) or "plain" if isinstance(value, tuple) else "",
)
def test_the_metadata_has_the_address_of_the_artifact_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], address: str
) -> None:
    assert main(["metadata", "--home", str(tmp_path), *options]) == 0
    assert locations(capsys.readouterr().out) == {address}


def test_a_mode_that_does_not_exist_is_said_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--home", str(tmp_path)]) == 0
    file = tmp_path / "eherkenning.yaml"
    file.write_text(f"broker:\n  client_certificates: requierd\n{file.read_text()}")
    code, told = said(capsys, "serve", "--home", str(tmp_path), "--port", "0", "--store", "memory")
    assert code == 2
    assert f"{file}:2" in told
    assert "required" in told


# Which certificate a caller showed, where a real connection cannot easily have been it.


@pytest.mark.parametrize(
    ("address", "believed"),
    [
        ("10.0.0.5", True),
        ("10.0.0.255", True),
        ("10.0.1.0", False),
        ("::ffff:10.0.0.5", True),
        ("fe80::1%eth0", True),
        ("fe80::2", False),
        ("", False),
        ("proxy", False),
        ("10.0.0.5, 10.0.0.5", False),
    ],
)
def test_the_address_of_the_connection_says_whether_the_header_is_believed(
    tmp_path: Path, sp: ServiceProvider, address: str, believed: bool
) -> None:
    settings = Settings(
        home=tmp_path,
        client_certificate_header="X-Cert",
        trusted_proxies=(ip_network("10.0.0.0/24"), ip_network("fe80::1/128")),
    )
    environ = {
        "REMOTE_ADDR": address,
        "HTTP_X_CERT": pem(sp.certificate).decode().replace("\n", " "),
        "HTTP_X_FORWARDED_FOR": "10.0.0.5",
    }
    assert (caller(settings, environ).certificate is not None) is believed


def test_without_trust_no_header_is_read_at_all(tmp_path: Path, sp: ServiceProvider) -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_CERT": pem(sp.certificate).decode().replace("\n", " ")}
    assert caller(Settings(home=tmp_path), environ).certificate is None


@pytest.mark.parametrize("der", [b"\x30\x03\x02\x01\x01", *UNREADABLE.values()], ids=["none", *UNREADABLE])
def test_a_certificate_that_no_library_can_read_is_a_problem_and_no_fault(tmp_path: Path, der: bytes) -> None:
    found = caller(Settings(home=tmp_path), {CERTIFICATE: der})
    assert found.certificate is None
    assert str(found) == "a client certificate that cannot be read"


def test_the_certificate_of_the_connection_is_the_callers(tmp_path: Path, sp: ServiceProvider) -> None:
    found = caller(Settings(home=tmp_path), {CERTIFICATE: sp.certificate.public_bytes(Encoding.DER)})
    assert found.certificate is not None
    assert found.certificate.valid_at(datetime.now(UTC) + timedelta(days=1))
