"""A broker that speaks TLS as users run it, and clients with a certificate of their own, or without."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from support.browser import Browser, Page
from support.running import RunningBroker
from support.sp import NS, ServiceProvider
from support.walk import landed

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certificate_of(
    key: PrivateKey,
    *,
    name: str = "a client (TEST)",
    days: tuple[int, int] = (-1, 30),
    issuer: tuple[PrivateKey, x509.Certificate] | None = None,
    san: str | None = None,
    ca: bool = False,
) -> x509.Certificate:
    """Self-signed or by ``issuer``, valid from and until so many days from now."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, signed_by = issuer if issuer else (key, None)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signed_by.subject if signed_by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(san)]), critical=False)
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage_of_a_ca(), critical=True)
    # Python 3.13 checks strictly (RFC 5280): each certificate says whose key it has and whose key signed it.
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    return builder.sign(signer, hashes.SHA256())


def _usage_of_a_ca() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def pem(*things: PrivateKey | x509.Certificate) -> bytes:
    return b"".join(
        thing.public_bytes(serialization.Encoding.PEM)
        if isinstance(thing, x509.Certificate)
        else thing.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for thing in things
    )


@dataclass
class Client:
    """Whoever calls the back channel, with a certificate or without one."""

    key: PrivateKey | None = None
    certificate: x509.Certificate | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # Nothing of the environment of the tests may come in between: not a proxy, not a CA bundle.
        self.session.trust_env = False
        if self.key is not None and self.certificate is not None:
            # One file for its whole life: requests opens another connection for another name.
            self._file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - it goes when the client goes
            self._file.write(pem(self.key, self.certificate))
            self._file.flush()
            self.session.cert = self._file.name

    @classmethod
    def of(cls, sp: ServiceProvider) -> Client:
        """The provider itself, with the certificate of its metadata."""
        return cls(sp.key, sp.certificate)

    @property
    def fingerprint(self) -> str:
        assert self.certificate is not None
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def connections(self) -> int:
        """How many it has opened so far."""
        manager: Any = self.session.get_adapter("https://").poolmanager  # type: ignore[attr-defined]
        return sum(manager.pools[key].num_connections for key in manager.pools.keys())  # noqa: SIM118 - no mapping

    def post(self, url: str, body: bytes, ca: Path, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(
            url, data=body, headers={"Content-Type": "text/xml"} | named, verify=str(ca), timeout=30
        )


class TlsBroker(RunningBroker):
    """``mock-eherkenning serve --tls`` on free ports. Its clients trust its CA and nothing else."""

    def __init__(self, home: Path, *options: str, tls: tuple[str, ...] = ("--tls",), **how: Any) -> None:
        super().__init__(home, *tls, *options, **how)
        self.ca = home / "certs" / "ca.pem"
        self.mutual = True

    def __enter__(self) -> Self:
        super().__enter__()
        found = re.search(r"artifact service +(\S+)", "".join(self._said))
        self.artifact_url = found[1] if found else f"{self.base_url}/ars/1.13"
        self.artifact_base = self.artifact_url.removesuffix("/ars/1.13")
        return self

    @property
    def said(self) -> str:
        """What it told at the start."""
        return "".join(self._said)

    def get(self, url: str, **how: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, **{"verify": str(self.ca), "timeout": 30} | how)

    def browser(self) -> Browser:
        made = Browser(self.base_url)
        made._client.verify = str(self.ca)
        return made

    def state(self) -> dict[str, int]:
        return dict(self.get(f"{self.base_url}/readyz").json())

    def set(self, mode: str) -> None:
        """Put ``client_certificates:`` in the YAML, as a person would, and wait until it is in force."""
        file = self.home / "eherkenning.yaml"
        now = file.read_text()
        rest = re.sub(r"^broker:\n  client_certificates: \w+\n", "", now)
        wanted = f"broker:\n  client_certificates: {mode}\n{rest}" if mode else rest
        if wanted != now:
            self.changed(lambda: file.write_text(wanted))

    def artifact(self, sp: ServiceProvider) -> str:
        """A fresh one, of a login that was cancelled: the shortest road to one."""
        browser = self.browser()
        sso = f"{self.base_url}/sso/1.13"
        page = browser.post(sso, sp.form(sp.signed(sp.request(sso))))
        return landed(browser.submit(page, page.form("cancel"))).fields["SAMLart"]

    def resolve(
        self, client: Client, sp: ServiceProvider, artifact: str, url: str | None = None, **headers: str
    ) -> Page:
        """One ArtifactResolve by ``sp``, over a connection of ``client``."""
        address = url or self.artifact_url
        got = client.post(address, sp.resolve_message(artifact), self.ca, **headers)
        return Page(address, got.status_code, got.headers, got.content)

    def last_resolve(self) -> dict[str, Any]:
        """What the log of exchanges says of the newest login's last resolve."""
        exchange = self.get(f"{self.base_url}/api/v1/exchanges?limit=1&full=true").json()["exchanges"][0]
        assert exchange["request"], f"the resolve stands apart from the login that it was for: {exchange}"
        resolves = [event for event in exchange["events"] if event["kind"] == "resolve"]
        assert resolves, f"this login has no resolve: {exchange}"
        return dict(resolves[-1])


def found(resolve: dict[str, Any], rule: str = "AX-07") -> dict[str, str] | None:
    """The finding of one rule in an event of the log."""
    return next((finding for finding in resolve["findings"] if finding["rule"] == rule), None)


def holds_message(page: Page) -> bool:
    """Whether the artifact gave its message."""
    if page.status != 200:
        return False
    return etree.fromstring(page.body).find(".//samlp:ArtifactResponse/samlp:Response", NS) is not None


def fault_of(page: Page) -> str:
    """The words of a SOAP fault."""
    told = etree.fromstring(page.body).find("soap:Body/soap:Fault/faultstring", NS)
    assert told is not None, page.text
    return told.text or ""
