"""The PIN that goes to somebody's own e-mail address: six digits, a quarter of an hour, three tries, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from helpdeskpo.models import Pending, PinCode
from helpdeskpo.problem import Problem
from helpdeskpo.secret import mac, make_pin, same

LIFE: Final = timedelta(minutes=15)
TRIES: Final = 3
AGAIN: Final = timedelta(seconds=30)
MOST: Final = 5
"""PINs for one link: each gives three tries, and they may not be had without end."""
GUESSES: Final = frozenset({"pin-wrong", "pin-replaced", "pin-tries"})
"""What ``judge`` says of a PIN that is not the one."""
KEEP: Final = timedelta(days=1)


def forget(session: Session, now: datetime) -> None:
    """What was begun a day ago and more: nobody waits for its PIN."""
    old = select(Pending.id).where(Pending.made_at < now - KEEP)
    session.execute(delete(PinCode).where(PinCode.pending_id.in_(old)))
    session.execute(delete(Pending).where(Pending.made_at < now - KEEP))


def send(session: Session, now: datetime, pending: Pending, key: bytes) -> str | Problem:
    """A new PIN, to be mailed; it replaces the one before."""
    if pending.pins:
        if any(one.used_at for one in pending.pins):
            return Problem("pin", "pin-used")
        wait = pending.pins[-1].sent_at + AGAIN - now
        if wait > timedelta():
            return Problem("pin", "pin-again-soon", seconds=max(1, round(wait.total_seconds())))
        if len(pending.pins) >= MOST:
            return Problem("pin", "pin-too-many-sent")
    pin = make_pin()
    pending.pins.append(PinCode(mac=mac(key, f"pin {pending.id}", pin), sent_at=now, tries=0))
    session.flush()
    return pin


def judge(session: Session, now: datetime, pending: Pending, said: str, key: bytes) -> Problem | None:
    """None: it is right, and used from now on. A wrong one is counted, whatever else is the matter."""
    said = "".join(said.split())
    if not said:
        return Problem("pin", "pin-missing")
    newest = pending.pins[-1]
    given = mac(key, f"pin {pending.id}", said)
    right = same(newest.mac, given)
    replaced = any(same(one.mac, given) for one in pending.pins[:-1])
    if newest.used_at:
        return Problem("pin", "pin-used")
    if newest.tries >= TRIES:
        return Problem("pin", "pin-tries")
    if now >= newest.sent_at + LIFE:
        return Problem("pin", "pin-late")
    if right:
        newest.used_at = now
        session.flush()
        return None
    newest.tries += 1
    session.flush()
    if newest.tries >= TRIES:
        return Problem("pin", "pin-tries")
    return Problem("pin", "pin-replaced" if replaced else "pin-wrong", left=TRIES - newest.tries)
