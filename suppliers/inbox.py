"""SMS, e-mail and what apps show: where the messages wait that a real supplier would send.

A message is a group of a log. What became of its delivery is written behind it in the same group, so that nothing
is ever rewritten and another process sees it too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from suppliers.adapters import Adapter
from suppliers.store import Store
from suppliers.visit import Message

LOG = "inbox"
MOST_MESSAGES = 1000
MOST_BYTES = 8 * 1024 * 1024

_MESSAGE = Adapter(Message)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages somebody wants to see; an empty one is all. Case is ignored.

    ``to`` is part of the address, ``supplier`` a slug, ``text`` part of subject, body or code, ``tag`` the room.
    """

    to: str = ""
    supplier: str = ""
    text: str = ""
    tag: str = ""

    def fits(self, message: Message) -> bool:
        said = f"{message.subject}\n{message.body}\n{message.code}".casefold()
        return (
            self.to.casefold() in message.to.casefold()
            and self.supplier in ("", message.supplier)
            and self.tag in ("", message.tag)
            and self.text.casefold() in said
        )


ALL = Filter()


class Inbox:
    """The messages in a store's log, one group each; the oldest make room for the newest.

    ``post`` hands every e-mail on to whoever delivers it; it must not take long.
    """

    def __init__(
        self,
        store: Store,
        make_id: Callable[[], str] = lambda: secrets.token_hex(8),
        post: Callable[[Message], None] | None = None,
    ) -> None:
        self._store = store
        self._make_id = make_id
        self._post = post

    @property
    def delivers(self) -> bool:
        """Whether e-mail also goes out for real."""
        return self._post is not None

    def add(self, message: Message) -> Message:
        """Put a message in; the same message with its id."""
        message = replace(message, id=self._make_id())
        self._append(message.id, _MESSAGE.dump_json(message))
        if self._post and message.channel == "email" and not message.sender:
            self._post(message)
        return message

    def delivered(self, message_id: str, why_not: str = "") -> None:
        """What became of an e-mail: delivered, or failed and why. Nothing where the message has gone since."""
        if self._store.group(LOG, message_id):
            said = {"delivery": "failed" if why_not else "delivered", "why": why_not}
            self._append(message_id, json.dumps(said).encode())

    def list(self, limit: int = 50, after: str = "", wanted: Filter = ALL) -> list[Message]:
        """The newest messages, newest first; with ``after`` those that are newer than the one of that id."""
        newer = takewhile(lambda key: key != after, self._store.groups(LOG, limit=MOST_MESSAGES))
        found = (message for key in newer if (message := self.get(key)) and wanted.fits(message))
        return list(islice(found, limit))

    def get(self, message_id: str) -> Message | None:
        """One message; None if there is none of this id (any more)."""
        entries = self._store.group(LOG, message_id)
        if not entries:
            return None
        first, *said = (json.loads(entry) for entry in entries)
        if "channel" not in first:
            # The message went between two writes; what is left is only how its delivery went.
            return None
        return _MESSAGE.validate_python({**first, **(said[-1] if said else {})})

    def clear(self) -> None:
        self._store.clear(log=LOG)

    def _append(self, message_id: str, entry: bytes) -> None:
        self._store.append(LOG, message_id, entry, most_groups=MOST_MESSAGES, most_bytes=MOST_BYTES)


__all__ = ["ALL", "LOG", "MOST_BYTES", "MOST_MESSAGES", "Filter", "Inbox", "Message"]
