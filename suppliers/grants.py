"""Mandates while the mock runs: asked for, approved or refused, and used. They lie over what the file says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from suppliers.register.model import Mandate
from suppliers.store import Store


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of one person beside the file: mandates (one with an id that the file has replaces it), and
    the last day on which a login used any mandate of theirs."""

    mandates: tuple[Mandate, ...] = ()
    last_used: date | None = None


class Grants:
    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, person: str) -> Held:
        return Held()

    def used(self, person: str, on: date) -> None:
        """A login used a mandate of this person."""
