"""A forgotten password: a link for the gemachtigde of the school, not for who asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from helpdeskpo.models import Account, Gemachtigde, Pending, PinCode, ResetToken
from helpdeskpo.problem import Problem
from helpdeskpo.secret import LONGEST_PASSWORD, SHORTEST_PASSWORD, digest, make_token

LIFE: Final = timedelta(hours=1)
KEEP: Final = timedelta(days=30)
"""How long a link can be told to be used or late; after that it is unknown."""
MOST: Final = 3
"""Mails about one account within the hour: nobody's mailbox is filled by pressing a button."""


def ask(session: Session, now: datetime, user_name: str) -> tuple[Account, list[Gemachtigde], str] | None:
    """Whose mail is to go out, to whom, with which token; None for nothing. The page says the same either way."""
    account = session.scalar(select(Account).where(Account.user_name == user_name.strip().lower()))
    if account is None or not account.organisation.agents:
        return None
    of_late = select(ResetToken).where(ResetToken.account_id == account.id, ResetToken.made_at > now - LIFE)
    if len(session.scalars(of_late).all()) >= MOST:
        return None
    session.execute(delete(ResetToken).where(ResetToken.made_at < now - KEEP))
    token = make_token()
    session.add(ResetToken(account_id=account.id, token_hash=digest(token), made_at=now))
    return account, list(account.organisation.agents), token


def look(session: Session, now: datetime, token: str) -> ResetToken | Problem:
    """The token, if it still works. Looked up by its hash: how long that takes tells nothing about any token."""
    found = session.scalar(select(ResetToken).where(ResetToken.token_hash == digest(token)))
    if found is None:
        return Problem("token", "reset-unknown")
    if found.used_at:
        return Problem("token", "reset-used")
    if now >= found.made_at + LIFE:
        return Problem("token", "reset-late")
    return found


def judge(session: Session, now: datetime, token: str, password: str, again: str) -> Problem | None:
    """What is to be mended before ``change``, if anything."""
    found = look(session, now, token)
    if isinstance(found, Problem):
        return found
    if len(password) < SHORTEST_PASSWORD:
        return Problem("password", "password-short", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        return Problem("password", "password-long", most=LONGEST_PASSWORD)
    if password != again:
        return Problem("again", "password-different")
    return None


def change(session: Session, now: datetime, token: str, password_hash: str) -> Account | Problem:
    """The new password counts, and nothing that the old one began goes on: no link in a mail, no linking under way.

    It takes the hash, which takes long to make: nobody is to hold the lock of the database meanwhile.
    """
    found = look(session, now, token)
    if isinstance(found, Problem):
        return found
    account = found.account
    account.password_hash = password_hash
    begun = select(Pending.id).where(Pending.account_id == account.id)
    session.execute(delete(PinCode).where(PinCode.pending_id.in_(begun)))
    session.execute(delete(Pending).where(Pending.account_id == account.id))
    open_ones = (ResetToken.account_id == account.id, ResetToken.used_at.is_(None))
    session.execute(update(ResetToken).where(*open_ones).values(used_at=now))
    return account
