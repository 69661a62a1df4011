"""Choosing a new password: what it must be, the same wherever a person does so."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from suppliers.accounts import Account, secret_of
from suppliers.register.model import Means
from suppliers.visit import Problem

SHORTEST = 8
LONGEST = 128


def problems_of(form: Mapping[str, str], means: Means, account: Account) -> tuple[Problem, ...]:
    """What is wrong with ``new_password`` and ``repeat_password``; nothing if it can be used."""
    new, again = form.get("new_password", ""), form.get("repeat_password", "")
    # The login page takes spaces alone for nothing filled in.
    if not new.strip():
        return (Problem("new_password", "new_password.empty"),)
    if len(new) < SHORTEST:
        return (Problem("new_password", "new_password.short", {"least": SHORTEST}),)
    if len(new) > LONGEST:
        return (Problem("new_password", "new_password.long", {"most": LONGEST}),)
    if hmac.compare_digest(new.encode(), secret_of(means, account).encode()):
        return (Problem("new_password", "new_password.same"),)
    return () if new == again else (Problem("repeat_password", "repeat_password.differs"),)
