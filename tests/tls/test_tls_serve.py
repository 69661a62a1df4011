"""``mock-eherkenning serve --tls`` as users run it: two ports, one CA, and what each port serves."""

from __future__ import annotations

import io
import re
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from support.running import until
from support.sp import NS, ServiceProvider
from support.tls import Client, TlsBroker, certificate_of, holds_message, pem
from support.walk import kind, landed, walk

SERVER_HELLO, CERTIFICATE_REQUEST = 2, 13


def locations(metadata: bytes, service: str) -> set[str]:
    return {node.get("Location", "") for node in etree.fromstring(metadata).iter(f"{{{NS['md']}}}{service}")}


def port(url: str) -> int:
    found = urlsplit(url).port
    assert found
    return found


def test_a_person_logs_in_over_https_and_the_provider_resolves_at_the_port_of_the_metadata(
    broker: TlsBroker, sp: ServiceProvider
) -> None:
    broker.set("required")
    browser = broker.browser()
    sso = f"{broker.base_url}/sso/1.13"
    page = walk(browser, browser.post(sso, sp.form(sp.signed(sp.request(sso)))))
    (address,) = locations(browser.get("/metadata").body, "ArtifactResolutionService")
    assert holds_message(broker.resolve(Client.of(sp), sp, landed(page).fields["SAMLart"], address))


def test_the_metadata_announces_https_and_the_port_of_the_artifact_service(broker: TlsBroker) -> None:
    metadata = broker.get(broker.metadata_url).content
    assert locations(metadata, "SingleSignOnService") >= {f"{broker.base_url}/sso/1.13"}
    assert locations(metadata, "ArtifactResolutionService") == {broker.artifact_url}
    assert broker.base_url.startswith("https://127.0.0.1:")
    assert port(broker.artifact_url) != port(broker.base_url)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_the_ca_certificate_is_offered_for_download_and_is_the_one_that_clients_need(
    broker: TlsBroker,
) -> None:
    got = broker.get(f"{broker.base_url}/ca.pem", verify=False)
    assert got.headers["Content-Type"] == "application/x-pem-file"
    assert "attachment" in got.headers["Content-Disposition"]
    assert "TEST" in got.headers["Content-Disposition"]
    assert got.content == broker.ca.read_bytes()
    certificate = x509.load_pem_x509_certificate(got.content)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_start_says_where_the_ca_is_and_what_its_fingerprint_is(broker: TlsBroker) -> None:
    certificate = x509.load_pem_x509_certificate(broker.ca.read_bytes())
    assert f"{broker.ca}, or {broker.base_url}/ca.pem" in broker.said
    assert certificate.fingerprint(hashes.SHA256()).hex() in broker.said
    assert broker.artifact_url in broker.said


@pytest.mark.parametrize("base", ["base_url", "artifact_base"])
def test_both_ports_say_that_they_are_ready(broker: TlsBroker, base: str) -> None:
    assert broker.get(f"{getattr(broker, base)}/readyz").json()["ready"] is True


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/console",
        "/api/v1/inbox",
        "/metadata",
        "/ca.pem",
        "/sso/1.13",
        "/static/broker.css",
        "/ars/1.13/",
        "/ars/1.13%2F..%2Fconsole",
        "/readyz/../console",
        "/ars/1.13;/console",
    ],
)
def test_the_port_of_the_artifact_service_serves_nothing_else(broker: TlsBroker, path: str) -> None:
    request = requests.Request("GET", broker.artifact_base).prepare()
    request.url = broker.artifact_base + path
    with requests.Session() as session:
        session.trust_env = False
        got = session.send(request, verify=str(broker.ca), timeout=30)
    assert got.status_code == 404
    assert got.text == "Not here. This port serves /ars/1.11 /ars/1.13 /readyz only.\n"


@pytest.mark.parametrize(("base", "asked"), [("base_url", False), ("artifact_base", True)])
def test_a_browser_is_never_asked_for_a_certificate(broker: TlsBroker, base: str, asked: bool) -> None:
    """With TLS 1.2 the question is visible on the wire."""
    context = ssl.create_default_context(cafile=str(broker.ca))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    seen: list[int] = []
    context._msg_callback = lambda *what: seen.append(int(what[4]))  # type: ignore[attr-defined]
    split = urlsplit(getattr(broker, base))
    with (
        socket.create_connection((split.hostname, split.port), 30) as plain,
        context.wrap_socket(plain, server_hostname=split.hostname),
    ):
        pass
    assert SERVER_HELLO in seen
    assert (CERTIFICATE_REQUEST in seen) is asked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_server_is_trusted_under_each_of_its_names(broker: TlsBroker, host: str) -> None:
    assert broker.get(f"https://{host}:{port(broker.base_url)}/readyz").ok


def test_a_client_that_does_not_trust_the_ca_is_turned_away_by_its_own_tls_and_the_log_says_what_to_do(
    broker: TlsBroker,
) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        broker.get(f"{broker.base_url}/readyz", verify=True)
    hint = "the client does not trust the broker's certificate: give it the CA certificate, /ca.pem"
    until(lambda: hint in broker.log, "the log says it")


@pytest.mark.parametrize("base", ["base_url", "artifact_base"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken_with_forward_secrecy(
    broker: TlsBroker, base: str, version: ssl.TLSVersion
) -> None:
    cipher = handshake(getattr(broker, base), broker.ca, version)
    assert cipher[0].startswith(("ECDHE-", "TLS_"))


@pytest.mark.parametrize("base", ["base_url", "artifact_base"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_are_not(broker: TlsBroker, base: str, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(getattr(broker, base), broker.ca, version, "ALL:@SECLEVEL=0")


@pytest.mark.parametrize(
    "ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"]
)
def test_ciphers_without_forward_secrecy_or_authentication_of_the_data_are_not(
    broker: TlsBroker, ciphers: str
) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(broker.base_url, broker.ca, ssl.TLSVersion.TLSv1_2, ciphers)


def handshake(base: str, ca: Path, version: ssl.TLSVersion, ciphers: str = "") -> tuple[str, str, int]:
    context = ssl.create_default_context(cafile=str(ca))
    context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    split = urlsplit(base)
    with (
        socket.create_connection((split.hostname, split.port), 30) as plain,
        context.wrap_socket(plain, server_hostname=split.hostname) as tls,
    ):
        found = tls.cipher()
    assert found
    return found


@pytest.mark.parametrize(
    ("base", "resumed"), [("base_url", [False, True, True]), ("artifact_base", [False, False, False])]
)
def test_a_session_is_resumed_but_where_each_connection_must_prove_its_key(
    broker: TlsBroker, base: str, resumed: list[bool]
) -> None:
    context = ssl.create_default_context(cafile=str(broker.ca))
    split = urlsplit(getattr(broker, base))
    session = None
    reused = []
    for _ in range(3):
        with (
            socket.create_connection((split.hostname, split.port), 30) as plain,
            context.wrap_socket(plain, server_hostname=split.hostname, session=session) as tls,
        ):
            tls.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: tls.recv(9_999), b""))
            assert answer.startswith(b"HTTP/1.1 200 ")
            reused.append(tls.session_reused)
            session = tls.session
    assert reused == resumed


def test_two_requests_in_one_packet_are_both_answered(broker: TlsBroker) -> None:
    """The second waits in the buffer of TLS, where the kernel does not see it."""
    context = ssl.create_default_context(cafile=str(broker.ca))
    split = urlsplit(broker.base_url)
    # The first fills the buffer that is read into to the brim, and the second is in the same TLS record.
    head = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nX-Padding: "
    first = head + b"x" * (io.DEFAULT_BUFFER_SIZE - len(head) - 4) + b"\r\n\r\n"
    last = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with (
        socket.create_connection((split.hostname, split.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=split.hostname) as tls,
    ):
        tls.sendall(first + last)
        answer = b"".join(iter(lambda: tls.recv(9_999), b""))
    assert answer.count(b"HTTP/1.1 200 ") == 2


def test_the_cookie_of_the_console_goes_over_https_only(tmp_path: Path) -> None:
    with TlsBroker(tmp_path / "home", "--token", "the-token", store="memory") as broker:
        got = broker.get(f"{broker.base_url}/console?token=the-token", allow_redirects=False)
        assert "Secure" in got.headers["Set-Cookie"]


# Over restarts, and under other names.


def test_the_ca_is_the_same_after_a_restart_and_the_server_gets_the_name_of_the_new_base_url(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with TlsBroker(home, store="memory") as first:
        ca = first.ca.read_bytes()
        server = (home / "certs" / "tls-server.pem").read_bytes()
    with TlsBroker(home, store="memory"):
        assert (home / "certs" / "tls-server.pem").read_bytes() == server
    with TlsBroker(home, "--base-url", "https://broker.test:8080", store="memory"):
        assert (home / "certs" / "ca.pem").read_bytes() == ca
        changed = x509.load_pem_x509_certificate((home / "certs" / "tls-server.pem").read_bytes())
        san = changed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert san.get_values_for_type(x509.DNSName) == ["broker.test", "localhost"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> TlsBroker:
    """Reached by browsers and by service providers under names of their own."""
    return TlsBroker(
        tmp_path / "home",
        "--base-url",
        "https://login.test:8080",
        "--backchannel-url",
        "https://broker:8443/hm",
        store="memory",
    )


def test_a_back_channel_url_goes_into_the_metadata_and_is_a_name_that_the_broker_answers_to(
    elsewhere: TlsBroker,
) -> None:
    with elsewhere as broker:
        local = f"https://127.0.0.1:{listening(broker)}"
        metadata = broker.get(f"{local}/metadata", headers={"Host": "login.test:8080"}).content
        assert locations(metadata, "ArtifactResolutionService") == {"https://broker:8443/hm/ars/1.13"}
        assert locations(metadata, "SingleSignOnService") >= {"https://login.test:8080/sso/1.13"}
        for host, status in (("broker:8443", 200), ("login.test", 200), ("evil.test", 421)):
            assert broker.get(f"{local}/readyz", headers={"Host": host}).status_code == status, host
        made = x509.load_pem_x509_certificate((broker.home / "certs" / "tls-server.pem").read_bytes())
        san = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert set(san.get_values_for_type(x509.DNSName)) == {"broker", "login.test", "localhost"}


def listening(broker: TlsBroker) -> int:
    """The port that browsers are served on, where the base URL is somebody else's."""
    for file in Path(f"/proc/{broker.process.pid}/net/tcp").read_text().splitlines()[1:]:
        fields = file.split()
        if fields[3] == "0A" and fields[9] in _inodes(broker.process.pid):
            number = int(fields[1].partition(":")[2], 16)
            if broker.get(f"https://127.0.0.1:{number}/metadata", headers={"Host": "localhost"}).ok:
                return number
    raise AssertionError("the broker listens nowhere")


def _inodes(pid: int) -> set[str]:
    links = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
    return {link[8:-1] for link in links if link.startswith("socket:[")}


# A certificate of one's own.


@pytest.fixture(params=["EC", "RSA"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """The options for it; its root is in ``own-ca.pem``, and the CA between the two is sent along."""
    root_key, ca = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate_of(root_key, name="my own root", ca=True)
    between = certificate_of(ca, name="my own CA", ca=True, issuer=(root_key, root))
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if request.param == "EC":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = certificate_of(key, issuer=(ca, between), san="localhost")
    (tmp_path / "own-ca.pem").write_bytes(pem(root))
    (tmp_path / "own.pem").write_bytes(pem(leaf, between))
    (tmp_path / "own.key").write_bytes(pem(key))
    return ("--tls-certificate", str(tmp_path / "own.pem"), "--tls-key", str(tmp_path / "own.key"))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_a_certificate_of_ones_own_is_shown_on_both_ports_and_no_ca_is_made(
    tmp_path: Path, own: tuple[str, ...]
) -> None:
    with TlsBroker(tmp_path / "home", tls=own, store="memory") as broker:
        for base in (broker.base_url, broker.artifact_base):
            url = f"https://localhost:{port(base)}/readyz"
            got = broker.get(url, verify=str(tmp_path / "own-ca.pem"))
            assert got.ok
        got = broker.get(f"{broker.base_url}/ca.pem", verify=False)
        assert got.status_code == 404
        assert not list((tmp_path / "home" / "certs").glob("*ca*"))
        assert "/ca.pem" not in broker.said


def test_without_tls_nothing_changes(tmp_path: Path, sp: ServiceProvider) -> None:
    (tmp_path / "home" / "metadata").mkdir(parents=True)
    (tmp_path / "home" / "metadata" / "sp.xml").write_bytes(sp.metadata)
    with TlsBroker(tmp_path / "home", tls=(), store="memory") as broker:
        assert re.match(r"http://127", broker.base_url)
        assert broker.get(f"{broker.base_url}/ca.pem").status_code == 404
        assert not list((tmp_path / "home" / "certs").glob("*ca*"))
        assert holds_message(broker.resolve(Client(), sp, broker.artifact(sp)))
        assert all(finding["rule"] != "AX-07" for finding in broker.last_resolve()["findings"])
        assert kind(broker.browser().get("/")) == "other"
