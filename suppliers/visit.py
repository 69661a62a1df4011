"""One person's visit to one supplier: the record, the road that it goes, and what a step may answer.

The steps (``authenticate.py``, ``authorise.py``, ``walk.py``) are plain functions: visit and :class:`Facts` in,
:class:`Turn` out. Only ``desk.py`` stores a visit, tells its events and sends its messages.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import TypeAdapter

from suppliers.ask import Ask, Word
from suppliers.profiles import Profile
from suppliers.register.model import Means, PersonRecord, Register


class Store(Protocol):
    """What suppliers need of a store: records that change in one step, and one bounded log."""

    def put(self, kind: str, key: str, value: bytes, *, keep: float | None = None) -> None: ...

    def get(self, kind: str, key: str) -> bytes | None: ...

    def take(self, kind: str, key: str) -> bytes | None: ...

    def swap(self, kind: str, key: str, old: bytes, new: bytes) -> bool: ...

    def append(self, log: str, group: str, value: bytes, *, most_groups: int, most_bytes: int) -> None: ...

    def groups(self, log: str, *, limit: int, before: str | None = None) -> list[str]: ...

    def group(self, log: str, group: str) -> list[bytes]: ...


class Event(enum.StrEnum):
    """What a visit tells of itself; the broker's exchange log keeps it."""

    OPENED = "supplier-opened"
    PASSWORD_WRONG = "password-wrong"
    PASSWORD_RIGHT = "password-right"
    USERNAME_UNKNOWN = "username-unknown"
    USERNAME_KNOWN = "username-known"
    LEVEL_REFUSED = "level-refused"
    PIN_NO_CHANNEL = "pin-no-channel"
    PIN_SENT = "pin-sent"
    PIN_RIGHT = "pin-right"
    PIN_WRONG = "pin-wrong"
    PIN_LATE = "pin-late"
    PIN_USED = "pin-used"
    PIN_BLOCKED = "pin-blocked"
    MANDATES_CONSIDERED = "mandates-considered"
    MANDATE_CHOSEN = "mandate-chosen"
    ATTRIBUTES_MISSING = "attributes-missing"
    CONSENT_GIVEN = "consent-given"
    STEP_REFUSED = "step-refused"
    CANCELLED = "cancelled"
    WORD_GIVEN = "word-given"
    LOGGED_OUT = "supplier-logged-out"


class Kind(enum.StrEnum):
    LOGIN = "login"
    CHANNEL = "channel"
    PIN = "pin"
    MANDATE = "mandate"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the road; ``fields`` are those that a LOGIN page asks."""

    kind: Kind
    fields: tuple[str, ...] = ()


def road(profile: Profile) -> tuple[Step, ...]:
    """The pages of this supplier in order, numbered from 1 in the URLs.

    The same for everybody, so that a number means one thing: a step that has nothing to ask of a person is
    passed over, not left out.
    """
    steps: list[Step] = []
    for fields in profile.steps:
        if fields != ("pin",):
            steps.append(Step(Kind.LOGIN, fields))
            continue
        if len(profile.second_factors) > 1:
            steps.append(Step(Kind.CHANNEL))
        steps.append(Step(Kind.PIN))
    return (*steps, Step(Kind.MANDATE), Step(Kind.CONSENT))


@dataclass(frozen=True, slots=True)
class Pin:
    """The PIN that was sent last. Codes stay out of the repr, and so out of log lines."""

    code: str = field(repr=False)
    channel: str
    address: str
    sent_at: datetime
    tries: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """``done`` counts the steps that are behind this person; the one at hand is ``done + 1``.

    ``person`` and ``username`` are as the register has them, empty until known. ``old_pins`` are the few before
    ``pin``, so that an old message can be told from a wrong guess. ``offered`` are the mandates that were on
    the page, so that one that has since been withdrawn is not taken for a forgery; ``mandate`` is the one that
    was chosen. ``shown`` are the attributes, with their values, that consent was asked for.
    """

    ask: Ask
    supplier: str
    done: int = 0
    person: str = ""
    username: str = ""
    channel: str = ""
    pin: Pin | None = None
    old_pins: tuple[str, ...] = field(default=(), repr=False)
    authenticated_at: datetime | None = None
    offered: tuple[str, ...] = ()
    mandate: str = ""
    shown: tuple[tuple[str, str], ...] = ()
    word: Word | None = None


_VISIT = TypeAdapter(Visit)


def dump(visit: Visit) -> bytes:
    return _VISIT.dump_json(visit)


def load(raw: bytes) -> Visit:
    return _VISIT.validate_json(raw)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step is decided on besides the visit: all that a function would otherwise reach for."""

    profile: Profile
    register: Register
    now: datetime
    make_pin: Callable[[], str]

    def holder(self, visit: Visit) -> tuple[PersonRecord, Means] | None:
        """Who this visit is of, as the register has it now; None when it has this login no more."""
        found = self.register.login(self.profile.slug, visit.username) if visit.person else None
        return found if found and found[0].key == visit.person else None


@dataclass(frozen=True, slots=True)
class Message:
    """An SMS or an e-mail. ``code`` is there for whoever reads the inbox by machine."""

    at: datetime
    channel: str
    to: str
    subject: str
    body: str = field(repr=False)
    code: str = field(repr=False)
    supplier: str
    ask_id: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its data, which JSON can hold. Never a PIN or a password."""

    kind: Event
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend on a page: the name of the field, and the key of its text in ``wording.py``."""

    name: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one step: passed when there is neither a problem nor a refusal."""

    visit: Visit
    problems: tuple[Problem, ...] = ()
    told: tuple[Told, ...] = ()
    sent: tuple[Message, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class At:
    """Go on at this step."""

    step: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The Word is ready: back to the broker."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A page to show: its name, and all that it shows apart from the words.

    ``back`` is the step that "Vorige" leads to, 0 for the broker's choice page.
    """

    name: str
    status: int = 200
    step: int = 0
    back: int = 0
    problems: tuple[Problem, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer to what the user did: the visit as it is now, where to go, what to tell and to send."""

    visit: Visit
    to: At | Leave | Screen
    told: tuple[Told, ...] = ()
    sent: tuple[Message, ...] = ()
