"""Which questions wait for an answer of somebody's phone, so that the phone can find them.

What was asked and answered stands in the visit; here is only where to look, by the id of the question or by what
its page shows in readable characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from suppliers.ask import Names
from suppliers.store import Store
from suppliers.visit import PhoneAsked

_KIND = "phone"
_SHORT = "phone-short"
KINDS = (_KIND, _SHORT)
# As long as a visit is kept, so that a code that is late can be told from one that never was.
_KEEP_SECONDS = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits for an answer. ``number`` is what to compare, or the readable code to scan."""

    id: str
    ask_id: str
    supplier: str
    supplier_name: str
    person: str
    service: Names
    factor: str
    number: str
    at: datetime
    until: datetime


class Phones:
    def __init__(self, store: Store) -> None:
        self._store = store

    def asked(self, change: PhoneAsked) -> None:
        approval = change.approval
        self._store.put(_KIND, approval.id, change.ask_id.encode(), keep=_KEEP_SECONDS)
        if approval.factor == "qr":
            self._store.put(_SHORT, _plain(approval.shown), approval.id.encode(), keep=_KEEP_SECONDS)

    def find(self, code: str) -> tuple[str, str] | None:
        """Id of the question and of its Ask, by that id or by the readable code; None if there never was one."""
        id_ = code.strip()
        if short := self._store.get(_SHORT, _plain(code)):
            id_ = short.decode()
        ask_id = self._store.get(_KIND, id_)
        return (id_, ask_id.decode()) if ask_id else None

    def all(self) -> list[tuple[str, str]]:
        """Id of the question and of its Ask, newest first; there may be some among them that wait no more."""
        return [(id_, ask_id.decode()) for id_, ask_id in reversed(self._store.records(_KIND))]


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).upper()
