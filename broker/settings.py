"""What is set when the broker starts, and does not change while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from broker.rules.engine import Profile
from broker.rules.resolve import ClientCertificates

ENTITY_ID = "urn:etoegang:HM:00000003999999990000:entities:9001"
OIN = "00000003999999990000"
VERSIONS = ("1.11", "1.13")
"""Versions of the interface that we speak, oldest first."""
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BrokerSection(BaseModel):
    """The section ``broker:`` of the YAML: how this broker behaves. It may change while it runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: Profile = Field(
        Profile.LENIENT,
        description="lenient goes on after an error where a real broker might; strict refuses",
    )
    unknown_artifact: str = Field(
        "empty",
        pattern="^(empty|responder)$",
        description="answer to an artifact that cannot be resolved: empty, or a Response with Responder in it",
    )
    request_seconds: int = Field(300, ge=1, le=86_400, description="how old a request may be")
    artifact_seconds: int = Field(60, ge=1, le=86_400, description="how long an artifact can be resolved")
    assertion_seconds: int = Field(120, ge=1, le=86_400, description="how long an assertion holds")
    backchannel_seconds: int = Field(
        10, ge=1, le=60, description="how long a service provider may take to answer our ArtifactResolve"
    )
    backchannel_ca: str | None = Field(
        None,
        min_length=1,
        description="file in the home folder with the CA (PEM) of service providers' ArtifactResolutionServices; "
        "else the system's CAs",
    )
    tester_panel: bool = Field(
        True,
        description="suppliers' pages have a panel for testers: who can log in here, with what, and how that ends",
    )
    client_certificates: ClientCertificates | None = Field(
        None,
        description="an artifact resolution without a client certificate of the metadata: required refuses it, "
        "recorded makes a finding of it, off lets it be; else recorded with TLS and off without",
    )


@dataclass(frozen=True)
class Settings:
    """``base_url`` is how the browser reaches the broker, without a slash at the end; ``backchannel_url`` how
    service providers do, if otherwise. The artifact service has a port of its own where it asks for client
    certificates, so that browsers are never asked. ``client_certificate_header`` counts from a trusted proxy only.
    ``smtp`` is the URL of the server that e-mail goes out by, empty for none; it may have a password in it.
    ``cors`` are the origins of other sites whose pages may call the API. ``threads`` is how many requests the server
    does at once. ``sp_metadata`` are addresses of providers to trust. ``certs`` is the folder of our keys,
    if not in the home.
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    store: str = "sqlite"
    entity_id: str = ENTITY_ID
    token: str | None = field(default=None, repr=False)
    tls: bool = False
    artifact_port: int | None = None
    backchannel_url: str = ""
    client_certificate_header: str = ""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    cors: tuple[str, ...] = ()
    threads: int = 8
    sp_metadata: tuple[str, ...] = ()
    smtp: str = field(default="", repr=False)
    certs: Path | None = None

    def __post_init__(self) -> None:
        if not self.base_url:
            host = f"[{self.host}]" if ":" in self.host else self.host
            scheme = "https" if self.tls else "http"
            object.__setattr__(self, "base_url", f"{scheme}://{host}:{self.port}")

    @property
    def key_folder(self) -> Path:
        """Where our keys are."""
        return self.certs or self.home / "certs"

    @property
    def sso_url(self) -> str:
        return self.sso_url_of(VERSIONS[-1])

    def sso_url_of(self, version: str) -> str:
        """An address serves one version of the interface only (spec 1.3)."""
        return f"{self.base_url}/sso/{version}"

    def logout_url_of(self, version: str) -> str:
        return f"{self.base_url}/slo/{version}"

    @property
    def artifact_url(self) -> str:
        return f"{self._artifact_base}/ars/1.13"

    @property
    def _artifact_base(self) -> str:
        if self.backchannel_url:
            return self.backchannel_url
        if self.artifact_port is None:
            return self.base_url
        split = urlsplit(self.base_url)
        host = f"[{split.hostname}]" if ":" in (split.hostname or "") else split.hostname
        return f"{split.scheme}://{host}:{self.artifact_port}"

    @property
    def https(self) -> bool:
        """Whether browsers come over TLS, be it ours or a proxy's."""
        return self.base_url.startswith("https:")

    @property
    def sees_client_certificates(self) -> bool:
        return self.tls or bool(self.client_certificate_header)

    @property
    def metadata_url(self) -> str:
        return f"{self.base_url}/metadata"

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def hosts(self) -> frozenset[str]:
        """Host names under which we answer: guards the console against DNS rebinding."""
        own = {host for url in (self.base_url, self.backchannel_url) if (host := urlsplit(url).hostname)}
        # On every address, loopback too: a health check inside a container asks there. A token guards the console.
        beside = {self.host} if not self.on_loopback and self.host not in ANY_ADDRESS else set(LOOPBACK)
        return frozenset(own | beside)


LOGIN_LIFE = timedelta(minutes=30)
"""How long a person may take from request to answer."""
