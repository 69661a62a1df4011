"""What the pages work with, wired together once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from helpdeskpo import linking
from helpdeskpo.database import Database
from helpdeskpo.identity import Identity
from helpdeskpo.keys import KeyPair
from helpdeskpo.mail import Mailer
from helpdeskpo.models import Link, Organisation
from helpdeskpo.saml import ServiceProvider
from helpdeskpo.secret import Passwords
from helpdeskpo.sessions import InDatabase
from helpdeskpo.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    settings: Settings
    keys: KeyPair
    database: Database
    provider: ServiceProvider
    passwords: Passwords
    mailer: Mailer
    sessions: InDatabase
    secret: bytes

    def now(self) -> datetime:
        return self.settings.clock()


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody inside: who, by which link, where they may be and where they are."""

    identity: Identity
    link: Link
    organisations: list[Organisation]
    organisation: Organisation


def find_here(session: Session, identity: Identity, chosen: int | None) -> Here | Link | None:
    """None: not linked. A Link alone: linked, and today's mandate opens no school or board of it (SP-14)."""
    link = linking.find(session, identity)
    if link is None:
        return None
    organisations = linking.open_organisations(link, identity)
    if not organisations:
        return link
    organisation = next((one for one in organisations if one.id == chosen), organisations[0])
    return Here(identity, link, organisations, organisation)
