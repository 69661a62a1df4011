"""What happens to a means while the mock runs: wrong passwords, the block that follows, a new password.

It lies over what the file says, and is gone as soon as the file says anything else of this means: whoever
edits the file decides. Two guesses at once are counted as two.

Each room (the tag of a login) has its own, which begin at nothing: what one test gets wrong blocks no other.

Guesses for a user name that nobody has are counted in the same way, for a while, so that the answers do not tell
which names there are.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from suppliers.adapters import Adapter
from suppliers.ask import Level
from suppliers.register.model import Means, MeansStatus
from suppliers.rooms import enter, of_room
from suppliers.store import Store

KIND = "account"
STRANGER = "stranger"
STRANGER_SECONDS = 3600.0
"""How long guesses for a name that nobody has are remembered, in real time: anybody can make up names."""
MOST_WRONG = 3
"""So many wrong passwords (or PINs of a smartcard) in a row block the means."""


@dataclass(frozen=True, slots=True)
class Account:
    """``password`` is the one that the person chose, if not the one of the file; ``chosen`` counts how often."""

    fingerprint: str
    wrong: int = 0
    password: str | None = field(default=None, repr=False)
    chosen: int = 0

    @property
    def blocked(self) -> bool:
        return self.wrong >= MOST_WRONG


class Standing(enum.StrEnum):
    """Whether a means can be used today, and if not why."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Guess:
    """``left`` is how many wrong ones there may still be; 0 when the means is blocked."""

    right: bool
    left: int


_ACCOUNT = Adapter(Account)


class Accounts:
    """One record for each means, in each room, of which there is something to remember."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, means: Means, tag: str = "") -> Account:
        return self._read(means, tag)[1]

    def of_all(self, several: Iterable[Means], tag: str = "") -> list[Account]:
        """The same of many, with one look in the store."""
        kept = dict(self._store.records(of_room(KIND, tag)))
        return [_account(means, kept.get(_key(means))) for means in several]

    def guess(self, means: Means, given: str, tag: str = "") -> Guess:
        """Compare a password, or a smartcard's PIN, and count it if it is wrong."""
        while True:
            raw, account = self._read(means, tag)
            if account.blocked or means.status is MeansStatus.BLOCKED:
                return Guess(False, 0)
            secret = secret_of(means, account)
            # A stranger has no password, and neither has a card without a PIN: nothing is right then.
            right = bool(secret) and hmac.compare_digest(given.encode(), secret.encode())
            counted = replace(account, wrong=0 if right else account.wrong + 1)
            if counted == account or self._swap(means, raw, counted, tag):
                return Guess(right, MOST_WRONG - counted.wrong)

    def set_password(self, means: Means, password: str, tag: str = "") -> None:
        """The person chose a new one. A block stays: lifting it is the tester's."""
        self._change(
            means,
            lambda account: (
                account
                if account.password == password
                else replace(account, password=password, chosen=account.chosen + 1)
            ),
            tag,
        )

    def reset_password(self, means: Means, tag: str = "") -> None:
        """The password of the file is the right one again."""
        self._change(means, lambda account: replace(account, password=None, chosen=account.chosen + 1), tag)

    def unblock(self, means: Means, tag: str = "") -> bool:
        """Lift the block that wrong passwords caused; False if there was none."""
        blocked = self.of(means, tag).blocked
        self._change(means, lambda account: replace(account, wrong=0), tag)
        return blocked

    def _change(self, means: Means, change: Callable[[Account], Account], tag: str) -> None:
        while True:
            raw, account = self._read(means, tag)
            changed = change(account)
            if changed == account or self._swap(means, raw, changed, tag):
                return

    def _read(self, means: Means, tag: str) -> tuple[bytes | None, Account]:
        raw = self._store.get(of_room(_kind(means), tag), _key(means))
        return raw, _account(means, raw)

    def _swap(self, means: Means, raw: bytes | None, account: Account, tag: str) -> bool:
        new, kind = _ACCOUNT.dump_json(account), of_room(_kind(means), tag)
        if raw is None:
            keep = STRANGER_SECONDS if _is_stranger(means) else None
            enter(self._store, tag)
            return self._store.add(kind, _key(means), new, keep=keep)
        return self._store.swap(kind, _key(means), raw, new)


def secret_of(means: Means, account: Account) -> str:
    """The password as it is now, or a smartcard's PIN; empty if there is none."""
    return means.pin or "" if means.card else account.password or means.password


def stranger(supplier: str, username: str) -> Means:
    """Stands in for the means that a user name does not have, so that guesses for it can be counted."""
    # Hashed: people type passwords and whole pages of text in this field.
    name = hashlib.sha256(username.casefold().encode()).hexdigest()
    return Means(supplier, name, "", Level.EH2)


def _is_stranger(means: Means) -> bool:
    return not means.password and not means.card


def standing(means: Means, account: Account, today: date) -> Standing:
    """What the file and the wrong passwords together make of a means, on this (Dutch) day."""
    if means.status in (MeansStatus.SUSPENDED, MeansStatus.REVOKED, MeansStatus.BLOCKED):
        return Standing(means.status.value)
    if means.until is not None and today > means.until:
        return Standing.EXPIRED
    return Standing.BLOCKED if account.blocked else Standing.ACTIVE


def proof(means: Means, account: Account) -> str:
    """Other as soon as the means is written otherwise in the file, or its password was changed."""
    return f"{means.fingerprint}/{account.chosen}"


def must_renew(means: Means, account: Account) -> bool:
    """Whether the person has to choose a new password before going on."""
    return means.renew and account.password is None


def _account(means: Means, raw: bytes | None) -> Account:
    fingerprint = means.fingerprint
    account = _ACCOUNT.validate_json(raw) if raw else None
    return account if account and account.fingerprint == fingerprint else Account(fingerprint)


def _kind(means: Means) -> str:
    return STRANGER if _is_stranger(means) else KIND


def _key(means: Means) -> str:
    return f"{means.supplier}/{'card' if means.card else 'name'}/{means.username.casefold()}"
