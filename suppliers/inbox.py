"""SMS and e-mail out: where the messages wait that a real supplier would send."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from pydantic import TypeAdapter

from suppliers.store import Store
from suppliers.visit import Message

LOG = "inbox"
MOST_MESSAGES = 1000
MOST_BYTES = 8 * 1024 * 1024

_MESSAGE = TypeAdapter(Message)


class Inbox:
    """The messages in a store's log, one group each; the oldest make room for the newest."""

    def __init__(self, store: Store, make_id: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._store = store
        self._make_id = make_id

    def add(self, message: Message) -> Message:
        """Put a message in; the same message with its id."""
        message = replace(message, id=self._make_id())
        self._store.append(
            LOG,
            message.id,
            _MESSAGE.dump_json(message),
            most_groups=MOST_MESSAGES,
            most_bytes=MOST_BYTES,
        )
        return message

    def list(self, limit: int = 50) -> list[Message]:
        """The newest messages, newest first."""
        found = (self.get(key) for key in self._store.groups(LOG, limit=limit))
        return [message for message in found if message]

    def get(self, message_id: str) -> Message | None:
        """One message; None if there is none of this id (any more)."""
        entries = self._store.group(LOG, message_id)
        return _MESSAGE.validate_json(entries[0]) if entries else None


__all__ = ["LOG", "MOST_BYTES", "MOST_MESSAGES", "Inbox", "Message"]
