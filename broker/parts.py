"""Everything that a login needs, put together once by ``app.py`` and handed on."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event

from broker.configuration import Configuration, Snapshot
from broker.exchanges import Exchanges
from broker.keys import KeyFolder
from broker.polls import Polls
from broker.settings import Settings
from broker.store import Store
from broker.trusted.introductions import NONE, Introductions
from broker.wire.assertions import Party
from suppliers.ask import Suppliers


def new_id() -> str:
    """An xs:ID that nobody guesses: 128 random bits."""
    return "_" + secrets.token_hex(16)


@dataclass(frozen=True)
class Parts:
    """Clock and randomness come in here, so that a test can hold them still.

    ``now_of`` is the time in the logins of one service provider (by entity id): a tester may give it a clock of its
    own, or the room that they are in, which has the tag of ``tag``. ``now`` is everybody else's. ``stopping`` is set
    when the broker stops: what waits then waits no longer.
    """

    settings: Settings
    store: Store
    keys: KeyFolder
    configuration: Configuration
    exchanges: Exchanges
    suppliers: Suppliers
    now: Callable[[], datetime]
    now_at: Callable[[str | None, str], datetime]
    polls: Polls
    introductions: Introductions = NONE
    new_id: Callable[[], str] = new_id
    new_uuid: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    stopping: Event = field(default_factory=Event)
    tag: str = ""

    def seen_by(self, tag: str) -> Parts:
        """The same in a room: what is in force there, by the clock there (docs/tags.md)."""
        return self if tag == self.tag else replace(self, tag=tag)

    @property
    def current(self) -> Snapshot:
        return self.configuration.current.seen_by(self.tag)

    def now_of(self, sp: str | None) -> datetime:
        return self.now_at(sp, self.tag)

    @property
    def broker(self) -> Party:
        """Ourselves, towards the service provider."""
        return self.party("broker", self.settings.entity_id)

    def party(self, name: str, entity_id: str) -> Party:
        """Whoever signs something: its key is made the first time."""
        oin = entity_id.split(":")[3]
        return Party(entity_id, self.keys.get(name, entity_id, oin, self.now()))
