"""What can be set from outside. Nothing here is looked up: it is handed in by ``__main__`` or by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import urlsplit

HELPDESK: Final = "helpdesk@helpdeskpo.example"
"""An invented address: no mail goes to a real helpdesk."""

RequestBinding = Literal["redirect", "post"]
ResponseBinding = Literal["post", "artifact"]

OIN: Final = "00000001999999990000"
LEVELS: Final = {
    "urn:etoegang:core:assurance-class:loa1": "EH1",
    "urn:etoegang:core:assurance-class:loa2": "EH2",
    "urn:etoegang:core:assurance-class:loa2plus": "EH2+",
    "urn:etoegang:core:assurance-class:loa3": "EH3",
    "urn:etoegang:core:assurance-class:loa4": "EH4",
}
"""Lowest first."""


def request_binding(text: str) -> RequestBinding:
    """Raises ValueError."""
    if text not in ("redirect", "post"):
        raise ValueError("a request goes by redirect or post")
    return cast(RequestBinding, text)


def response_binding(text: str) -> ResponseBinding:
    """Raises ValueError."""
    if text not in ("post", "artifact"):
        raise ValueError("an answer comes by post or artifact")
    return cast(ResponseBinding, text)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """One service provider with one service."""

    idp_metadata: str
    """URL or file name of the broker's metadata."""
    state: Path
    """The folder for our keys, our certificate and the database."""
    base_url: str = "http://localhost:8081"
    request_binding: RequestBinding = "post"
    response_binding: ResponseBinding = "artifact"
    entity_id: str = f"urn:etoegang:DV:{OIN}:entities:9001"
    service_id: str = f"urn:etoegang:DV:{OIN}:services:1"
    service_name: str = "Mijn Helpdesk po"
    organisation: str = "Dienst Uitvoering Onderwijs"
    level: str = "urn:etoegang:core:assurance-class:loa3"
    skew: timedelta = timedelta(seconds=30)
    """How far the broker's clock and ours may be apart."""
    helpdesk: str = HELPDESK
    clock: Callable[[], datetime] = now
    smtp: str = field(default="", repr=False)
    """URL of the mail server; empty: mail is kept as files. It may have a password in it."""
    mail: Path | None = None
    """The folder for those files; None: mail in ``state``."""
    seed: Path | None = None
    """The schools and accounts that a new database starts with; None: those of the package."""
    database: Path | None = None
    """None: in ``state``."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.rstrip("/"):
            raise ValueError(f"base URL {self.base_url!r} is not of the form http://localhost:8081")

    @property
    def database_file(self) -> Path:
        return self.database or self.state / "helpdeskpo.sqlite"

    def url(self, path: str) -> str:
        return self.base_url.rstrip("/") + path

    @property
    def acs(self) -> dict[ResponseBinding, tuple[int, str]]:
        """Where answers come in: index and URL, as in our metadata."""
        return {"artifact": (1, self.url("/saml/acs/artifact")), "post": (2, self.url("/saml/acs/post"))}
