"""One person's visit to one supplier: the record, the road that it goes, and what a step may answer.

The steps (``steps/``, ``walk.py``) are plain functions: visit and :class:`Facts` in, :class:`Turn` out. Only
``desk.py`` stores a visit, tells its events, sends its messages and makes its changes.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from suppliers.accounts import Account, Guess
from suppliers.adapters import Adapter
from suppliers.ask import Ask, Word
from suppliers.grants import Held
from suppliers.profiles import Profile
from suppliers.register.days import dutch_day
from suppliers.register.model import Means, PersonRecord, Register
from suppliers.sessions import Session


class Event(enum.StrEnum):
    """What a visit tells of itself; the broker's exchange log keeps it."""

    OPENED = "supplier-opened"
    SESSION_USED = "supplier-session-used"
    SESSION_NOT_USED = "supplier-session-not-used"
    SESSION_BEGUN = "supplier-session-begun"
    PASSWORD_WRONG = "password-wrong"
    PASSWORD_RIGHT = "password-right"
    USERNAME_UNKNOWN = "username-unknown"
    USERNAME_KNOWN = "username-known"
    MEANS_BLOCKED = "means-blocked"
    MEANS_REFUSED = "means-refused"
    CARD_WRONG = "card-wrong"
    CARD_RIGHT = "card-right"
    PASSWORD_RENEWED = "password-renewed"
    PASSWORD_RESET_ASKED = "password-reset-asked"
    PASSWORD_RESET = "password-reset"
    PASSWORD_RESET_REFUSED = "password-reset-refused"
    LEVEL_REFUSED = "level-refused"
    PIN_NO_CHANNEL = "pin-no-channel"
    PIN_SENT = "pin-sent"
    PIN_RIGHT = "pin-right"
    PIN_WRONG = "pin-wrong"
    PIN_LATE = "pin-late"
    PIN_USED = "pin-used"
    PIN_BLOCKED = "pin-blocked"
    FACTOR_EARLY = "factor-early"
    FACTOR_NO_MORE = "factor-no-more"
    PHONE_ASKED = "phone-asked"
    PHONE_APPROVED = "phone-approved"
    PHONE_REFUSED = "phone-refused"
    PHONE_NOT_TAKEN = "phone-not-taken"
    PHONE_LATE = "phone-late"
    PHONE_RIGHT = "phone-right"
    MAIL_DELIVERED = "mail-delivered"
    MAIL_FAILED = "mail-failed"
    MANDATES_CONSIDERED = "mandates-considered"
    CHAIN_CONFIRMED = "chain-confirmed"
    MANDATE_CHOSEN = "mandate-chosen"
    MANDATE_REQUESTED = "mandate-requested"
    MANDATE_REMINDED = "mandate-reminded"
    MANDATE_APPROVED = "mandate-approved"
    MANDATE_REFUSED = "mandate-refused"
    MANDATE_WITHDRAWN = "mandate-withdrawn"
    MANDATE_USED = "mandate-used"
    ATTRIBUTES_MISSING = "attributes-missing"
    CONSENT_GIVEN = "consent-given"
    STEP_REFUSED = "step-refused"
    CANCELLED = "cancelled"
    WORD_GIVEN = "word-given"
    LOGGED_OUT = "supplier-logged-out"


class Kind(enum.StrEnum):
    """What a page of the road asks; ``steps/`` has a module for each."""

    LOGIN = "login"
    CHANNEL = "channel"
    PIN = "pin"
    CARD = "card"
    RENEW = "renew"
    MANDATE = "mandate"
    CHAIN = "chain"
    BRANCH = "branch"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the road; ``fields`` are those that a LOGIN page asks."""

    kind: Kind
    fields: tuple[str, ...] = ()


def road(profile: Profile, *, alone: bool = False) -> tuple[Step, ...]:
    """The pages of this supplier in order, numbered from 1 in the URLs; ``alone`` ends it where it is known who
    the person is, for those who come on business of their own.

    The same for everybody, so that a number means one thing: a step that has nothing to ask of a person is
    passed over, not left out.
    """
    return _road(profile.steps, len(profile.second_factors) > 1, profile.smartcard, alone)


@cache
def _road(
    pages: tuple[tuple[str, ...], ...], channel: bool, smartcard: bool, alone: bool
) -> tuple[Step, ...]:
    """There are few roads, and each login goes along one many times."""
    steps: list[Step] = []
    for fields in pages:
        if fields != ("pin",):
            steps.append(Step(Kind.LOGIN, fields))
            continue
        if channel:
            steps.append(Step(Kind.CHANNEL))
        steps.append(Step(Kind.PIN))
    if smartcard:
        steps.append(Step(Kind.CARD))
    steps.append(Step(Kind.RENEW))
    return (
        tuple(steps)
        if alone
        else (
            *steps,
            Step(Kind.MANDATE),
            Step(Kind.CHAIN),
            Step(Kind.BRANCH),
            Step(Kind.CONSENT),
        )
    )


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
class Approval:
    """What was last asked of the person's phone: to approve (``app``), or to scan a code (``qr``).

    ``id`` has 192 random bits: whoever knows it may answer. ``shown`` is what the page shows for it: the number to
    compare, or the code in a form that people can type. ``answer`` is empty as long as there is none.
    """

    id: str = field(repr=False)
    factor: str
    shown: str = field(repr=False)
    sent_at: datetime
    answer: Literal["", "approved", "refused"] = ""
    used: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """``done`` counts the steps that are behind this person; the one at hand is ``done + 1``.

    ``person`` and ``username`` are as the register has them, empty until known; with ``card`` the person came in
    by smartcard, and ``username`` is its number. ``proved`` is set by the right password or the card's PIN.
    ``old_pins`` are the few before ``pin``, so that an old message can be told from a wrong guess. ``offered``
    is what the pages of the mandate had to choose from, as ``field:value``, so that what has since been withdrawn
    is not taken for a forgery. ``company`` and ``intermediary`` are what was chosen so far; ``mandate`` is the one
    that came of it. ``shown`` are the attributes, with their values, that consent was
    asked for. ``phone`` is what the person's phone was asked instead of a PIN; ``sent`` counts both, of whoever
    was here. ``stay`` is the wish to stay logged in, ``session`` the supplier's session that this visit began or
    used. ``alone`` is a visit on business of the person's own, outside any login.
    """

    ask: Ask
    supplier: str
    done: int = 0
    person: str = ""
    username: str = ""
    card: bool = False
    proved: bool = False
    channel: str = ""
    pin: Pin | None = None
    old_pins: tuple[str, ...] = field(default=(), repr=False)
    phone: Approval | None = None
    sent: int = 0
    authenticated_at: datetime | None = None
    offered: tuple[str, ...] = ()
    company: str = ""
    intermediary: str = ""
    mandate: str = ""
    shown: tuple[tuple[str, str], ...] = ()
    stay: bool = False
    session: str = field(default="", repr=False)
    alone: bool = False
    word: Word | None = None


_VISIT = Adapter(Visit)


def dump(visit: Visit) -> bytes:
    return _VISIT.dump_json(visit)


def load(raw: bytes) -> Visit:
    return _VISIT.validate_json(raw)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step is decided on besides the visit: all that a function would otherwise reach for.

    ``account`` is what happened to a means while the mock runs; ``guess`` compares and counts a password, and
    counts the same one once however often a turn is decided again. ``held`` is what there is of a person's
    mandates (by the person's key) beside the register. ``session`` is the supplier's session that the browser
    names, if there is one.
    ``profiles`` are those of every supplier, by slug. ``ordinary`` is the register as it is for nobody in particular,
    where ``register`` may be that of one login: an address still names who has lost it in that one.
    """

    profile: Profile
    register: Register
    now: datetime
    make_pin: Callable[[], str]
    account: Callable[[Means], Account]
    guess: Callable[[Means, str], Guess]
    held: Callable[[str], Held]
    session: Session | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    ordinary: Register | None = None

    @property
    def today(self) -> date:
        """Mandates and means start and end on Dutch days."""
        return dutch_day(self.now)

    def holder(self, visit: Visit) -> tuple[PersonRecord, Means] | None:
        """Who this visit is of, as the register has it now; None when it has this login no more."""
        if not visit.person:
            return None
        found = self.register.login(self.profile.slug, visit.username, card=visit.card)
        return found if found and found[0].key == visit.person else None


@dataclass(frozen=True, slots=True)
class Message:
    """An SMS, an e-mail, or what an app shows. ``code`` is there for whoever reads the inbox by machine.

    ``delivery`` is what became of an e-mail that goes out by SMTP; ``why`` says why that failed. ``tag`` is the
    room in which it was sent.
    """

    at: datetime
    channel: str
    to: str
    subject: str
    body: str = field(repr=False)
    code: str = field(repr=False)
    supplier: str
    ask_id: str
    id: str = ""
    delivery: Literal["kept", "delivered", "failed"] = "kept"
    why: str = ""
    sender: str = ""
    link: str = field(default="", repr=False)
    tag: str = ""


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
class NewPassword:
    means: Means
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MandateUsed:
    person: str
    on: date


@dataclass(frozen=True, slots=True)
class SessionBegun:
    """Of a means that was proved just now; the session is to hold as long as that is what it was."""

    means: Means
    session: Session


@dataclass(frozen=True, slots=True)
class SessionEnded:
    id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PhoneAsked:
    """The phone can find this question from now on."""

    ask_id: str
    approval: Approval


Change = NewPassword | MandateUsed | SessionBegun | SessionEnded | PhoneAsked
"""What a step changes outside its visit. The desk does it once the turn counts; doing it twice does no harm."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one step: passed when there is neither a problem nor a refusal."""

    visit: Visit
    problems: tuple[Problem, ...] = ()
    told: tuple[Told, ...] = ()
    sent: tuple[Message, ...] = ()
    refused: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """What coming to a step does by itself; ``passed`` when there is nothing to ask, and the road goes on."""

    visit: Visit
    passed: bool = False
    told: tuple[Told, ...] = ()
    sent: tuple[Message, ...] = ()
    changes: tuple[Change, ...] = ()


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
    changes: tuple[Change, ...] = ()
