"""How often somebody may be wrong, or have a mail sent. Kept in the database, so that a restart forgives nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from helpdeskpo.models import Failure

MOST: Final = 10
WINDOW: Final = timedelta(minutes=15)


def blocked(session: Session, now: datetime, *keys: str) -> bool:
    """Too many of one of these within the window."""
    counted = select(func.count()).where(Failure.at > now - WINDOW).group_by(Failure.key)
    counts = session.scalars(counted.where(Failure.key.in_(keys)))
    return any(number >= MOST for number in counts)


def count(session: Session, now: datetime, *keys: str) -> None:
    session.execute(delete(Failure).where(Failure.at <= now - WINDOW))
    session.add_all(Failure(key=key, at=now) for key in keys)
