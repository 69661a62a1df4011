"""Choosing a new password: what it must be, the same wherever a person does so."""

from __future__ import annotations

from collections.abc import Mapping

from suppliers.register.model import Means
from suppliers.visit import Problem

SHORTEST = 8


def problems_of(form: Mapping[str, str], means: Means) -> tuple[Problem, ...]:
    """What is wrong with ``new_password`` and ``repeat_password``; nothing if it can be used."""
    new, again = form.get("new_password", ""), form.get("repeat_password", "")
    if not new:
        return (Problem("new_password", "new_password.empty"),)
    if len(new) < SHORTEST:
        return (Problem("new_password", "new_password.short", {"least": SHORTEST}),)
    if new == means.password:
        return (Problem("new_password", "new_password.same"),)
    return () if new == again else (Problem("repeat_password", "repeat_password.differs"),)
