"""The broker's own test CA and the certificate that it makes for the broker."""

from __future__ import annotations

import socket
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from broker.tls.adapter import TlsAdapter
from broker.tls.authority import Authority, Identity, own
from broker.wire.keys import KeyProblem
from support.certificates import of_version_5
from support.tls import certificate_of, pem

NAMES = ["127.0.0.1", "::1", "localhost", "broker.test"]
YEAR = timedelta(days=365)


def names_of(certificate: x509.Certificate) -> set[str]:
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in san}


def later(by: timedelta) -> datetime:
    return datetime.now(UTC) + by


@pytest.mark.parametrize("name", NAMES)
def test_a_strict_client_that_trusts_the_ca_accepts_the_server_under_each_name(
    tmp_path: Path, name: str
) -> None:
    authority = Authority(tmp_path)
    identity = authority.identity(NAMES)
    host = x509.IPAddress(ip_address(name)) if name in ("127.0.0.1", "::1") else x509.DNSName(name)
    verifier = PolicyBuilder().store(Store([authority.certificate])).build_server_verifier(host)
    assert verifier.verify(identity.certificate, [])[0] == identity.certificate


def test_and_under_no_other_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    verifier = (
        PolicyBuilder()
        .store(Store([authority.certificate]))
        .build_server_verifier(x509.DNSName("evil.example"))
    )
    with pytest.raises(VerificationError):
        verifier.verify(authority.identity(NAMES).certificate, [])


def test_both_certificates_say_that_they_are_for_tests(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    for certificate in (authority.certificate, authority.identity(NAMES).certificate):
        assert "TEST" in certificate.subject.rfc4514_string()


@pytest.mark.parametrize(
    ("file", "mode"), [("tls-ca.pem", 0o600), ("tls-server.pem", 0o600), ("ca.pem", 0o644)]
)
def test_only_the_owner_can_read_the_keys(tmp_path: Path, file: str, mode: int) -> None:
    Authority(tmp_path).identity(NAMES)
    assert stat.S_IMODE((tmp_path / file).stat().st_mode) == mode


def test_what_is_given_to_clients_holds_no_key(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert authority.file.read_bytes() == authority.pem
    assert b"PRIVATE" not in authority.pem


def test_everything_is_made_once_and_kept(tmp_path: Path) -> None:
    first, second = Authority(tmp_path), Authority(tmp_path)
    assert second.certificate == first.certificate
    assert second.identity(NAMES).certificate == first.identity(NAMES).certificate


def test_processes_that_start_at_once_agree_on_the_ca(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Authority(tmp_path).certificate, range(8)))
    assert len(set(made)) == 1


@pytest.mark.parametrize("names", [[*NAMES, "another.test"], NAMES[:2]], ids=["more", "fewer"])
def test_other_names_give_a_new_certificate_for_the_same_key(tmp_path: Path, names: list[str]) -> None:
    authority = Authority(tmp_path)
    before, after = authority.identity(NAMES), authority.identity(names)
    assert names_of(after.certificate) == set(names)
    assert after.certificate.public_key() == before.certificate.public_key()


def test_the_order_of_the_names_does_not_matter(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert authority.identity(NAMES).certificate == authority.identity(NAMES[::-1]).certificate


def test_a_name_beyond_ascii_stands_in_the_certificate_as_browsers_send_it(tmp_path: Path) -> None:
    identity = Authority(tmp_path).identity(["bücher.test"])
    assert names_of(identity.certificate) == {"xn--bcher-kva.test"}


@pytest.mark.parametrize("name", ["a" * 64 + ".test", "broker..test"])
def test_a_name_that_cannot_stand_in_a_certificate_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyProblem, match="cannot stand in a certificate; give --base-url"):
        Authority(tmp_path).identity([name])


@pytest.mark.parametrize(("days", "renewed"), [(0, False), (366, False), (368, True), (500, True)])
def test_the_server_certificate_is_renewed_when_it_is_nearly_over(
    tmp_path: Path, days: int, renewed: bool
) -> None:
    first = Authority(tmp_path)
    before = first.identity(NAMES).certificate
    second = Authority(tmp_path, lambda: later(timedelta(days=days)))
    assert second.certificate == first.certificate, "the CA stays"
    assert (second.identity(NAMES).certificate != before) is renewed


def test_a_ca_that_is_over_is_made_anew_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = Authority(tmp_path)
    before = first.identity(NAMES).certificate
    second = Authority(tmp_path, lambda: later(10 * YEAR))
    assert second.certificate != first.certificate
    assert second.identity(NAMES).certificate != before
    assert second.file.read_bytes() == second.pem, "clients are offered the new one"
    assert "give your clients the new ca.pem" in caplog.text


def test_a_server_certificate_of_another_ca_is_not_shown(tmp_path: Path) -> None:
    Authority(tmp_path).identity(NAMES)
    (tmp_path / "tls-ca.pem").unlink()
    second = Authority(tmp_path)
    second.identity(NAMES).certificate.verify_directly_issued_by(second.certificate)


def broken(folder: Path, file: str) -> bytes:
    return b"no PEM"


def cut_off(folder: Path, file: str) -> bytes:
    return (folder / file).read_bytes()[:200]


def with_another_key(folder: Path, file: str) -> bytes:
    certificate = x509.load_pem_x509_certificate((folder / file).read_bytes())
    return pem(ec.generate_private_key(ec.SECP256R1()), certificate)


def of_an_unknown_version(folder: Path, file: str) -> bytes:
    private = (folder / file).read_bytes().partition(b"-----BEGIN CERTIFICATE")[0]
    return private + ssl.DER_cert_to_PEM_cert(of_version_5()).encode()


@pytest.mark.parametrize("file", ["tls-ca.pem", "tls-server.pem"])
@pytest.mark.parametrize("spoil", [broken, cut_off, with_another_key, of_an_unknown_version])
def test_a_file_that_cannot_be_used_is_named_with_the_mend(tmp_path: Path, file: str, spoil: object) -> None:
    Authority(tmp_path).identity(NAMES)
    (tmp_path / file).write_bytes(spoil(tmp_path, file))  # type: ignore[operator]
    with pytest.raises(KeyProblem, match=rf"{file}: .*; delete the file to have a new one made"):
        Authority(tmp_path).identity(NAMES)


def test_a_folder_that_cannot_be_made_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "certs").write_text("a file, where the folder should be")
    with pytest.raises(KeyProblem, match="certs: File exists; let this user write there, or give --home"):
        Authority(tmp_path / "certs")


# While it runs.


def connect(adapter: TlsAdapter) -> None:
    with socket.socket() as connection:
        adapter.wrap(connection)


def test_a_broker_that_runs_for_more_than_a_year_renews_its_certificate_without_a_restart(
    tmp_path: Path,
) -> None:
    clock = [datetime.now(UTC)]
    authority = Authority(tmp_path, lambda: clock[0])
    shown: list[Identity] = []

    def identity() -> Identity:
        shown.append(authority.identity(NAMES))
        return shown[-1]

    adapter = TlsAdapter(identity, now=lambda: clock[0])
    for days in (0, 300, 380, 381):
        clock[0] = later(timedelta(days=days))
        connect(adapter)
    assert len(shown) == 2, "asked again once, when it was time"
    assert shown[1].certificate.not_valid_after_utc > later(timedelta(days=700))


def test_a_certificate_that_cannot_be_renewed_stays_in_use_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [datetime.now(UTC)]
    authority = Authority(tmp_path, lambda: clock[0])
    adapter = TlsAdapter(lambda: authority.identity(NAMES), now=lambda: clock[0])
    (tmp_path / "tls-server.pem").write_bytes(b"spoilt")
    clock[0] = later(timedelta(days=380))
    for _ in range(3):
        connect(adapter)
    assert caplog.text.count("could not be renewed") == 1


def test_a_key_of_the_user_is_read_whatever_its_kind_and_its_chain_is_sent(tmp_path: Path) -> None:
    ca = ec.generate_private_key(ec.SECP256R1())
    root = certificate_of(ca, name="my CA")
    key = ec.generate_private_key(ec.SECP384R1())
    leaf = certificate_of(key, issuer=(ca, root))
    (tmp_path / "chain.pem").write_bytes(pem(leaf, root))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    found = own(tmp_path / "chain.pem", tmp_path / "key.pem")
    assert (found.certificate, found.chain) == (leaf, (root,))
    assert "PRIVATE" not in repr(found)
