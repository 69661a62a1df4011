"""More schools or boards on one link: those for which its e-mail address is registered as contact person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdeskpo import throttle
from helpdeskpo.models import Contact, Link, Membership, Organisation
from helpdeskpo.problem import Problem


def add(session: Session, now: datetime, link: Link, code: str) -> Organisation | Problem:
    """By instellingscode or bestuursnummer. An unknown one is refused as one of others is: codes are not told."""
    code = "".join(code.split()).upper()
    if not code:
        return Problem("code", "organisation-missing")
    key = f"link {link.id}"
    if throttle.blocked(session, now, key):
        return Problem("code", "too-often")
    found = session.scalar(select(Organisation).where(Organisation.code == code))
    registered = found and session.scalar(
        select(Contact).where(Contact.email == link.email, Contact.organisation_id == found.id)
    )
    if found is None or not registered:
        throttle.count(session, now, key)
        return Problem("code", "not-registered", code=code[:20], email=link.email)
    if any(one.organisation_id == found.id for one in link.memberships):
        return Problem("code", "already-added", code=found.code)
    link.memberships.append(Membership(organisation=found, added_at=now))
    return found
