"""What is set when the broker starts, and does not change while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from broker.rules.engine import Profile

ENTITY_ID = "urn:etoegang:HM:00000003999999990000:entities:9001"
OIN = "00000003999999990000"
VERSIONS = ("1.11", "1.13")
"""Versions of the interface that we speak, oldest first."""
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


@dataclass(frozen=True)
class Settings:
    """``base_url`` is how the browser reaches the broker, without a slash at the end."""

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    store: str = "sqlite"
    entity_id: str = ENTITY_ID
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.base_url:
            host = f"[{self.host}]" if ":" in self.host else self.host
            object.__setattr__(self, "base_url", f"http://{host}:{self.port}")

    @property
    def sso_url(self) -> str:
        return self.sso_url_of(VERSIONS[-1])

    def sso_url_of(self, version: str) -> str:
        """An address serves one version of the interface only (spec 1.3)."""
        return f"{self.base_url}/sso/{version}"

    @property
    def artifact_url(self) -> str:
        return f"{self.base_url}/ars/1.13"

    @property
    def metadata_url(self) -> str:
        return f"{self.base_url}/metadata"

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def hosts(self) -> frozenset[str]:
        """Host names under which we answer: guards the console against DNS rebinding."""
        own = {urlsplit(self.base_url).hostname or ""}
        return frozenset(own | (set(LOOPBACK) if self.on_loopback else {self.host}))


LOGIN_LIFE = timedelta(minutes=30)
"""How long a person may take from request to answer."""
