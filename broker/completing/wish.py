"""What a caller wants of a login, what was done on the way, and where and why the road stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from suppliers.ask import Names
from suppliers.choice import Option
from suppliers.reasons import Step

NOTHING = Names("", "")
CHOICE, RETURN = "choice", "return"
"""The broker's own page before the suppliers', and what stands for a supplier that has done its part."""

MEND = {
    "not-offered": "Name one of the options as supplier, or leave supplier out.",
    "no-means": "Name a supplier at which this person has a means, or give a password to try anyway.",
    "choose-channel": "Name one of the options as channel, or leave channel out.",
    "pin-needed": "Give pin.",
    "choose-company": "Name one of the options as company, by value, key, number or name.",
    "choose-client": "Name one of the options as client, by key, number or name.",
    "choose-branch": "Name one of the options as branch, by number or name; whole is the whole organisation.",
    "other-company": "Leave company out to log in for what there is, or give this person a mandate for that company.",
    "other-client": "Leave client out to log in for what there is, or give this person a chain mandate for that one.",
    "other-branch": "Leave branch out to log in for what there is, or give this person a mandate for that branch.",
    "cancel-not-reached": "Leave cancel out to go on to the answer; steps are the pages that there were.",
    "username.wrong": "Give the user name that this person has at this supplier: GET /api/v1/users lists them.",
    "login.wrong": "Leave password out for the one in force: GET /api/v1/users lists them.",
    "password.wrong": "Leave password out for the one in force: GET /api/v1/users lists them.",
    "pin.wrong": "Leave pin out for the newest in the inbox: GET /api/v1/inbox.",
    "pin.format": "A PIN has 6 digits; leave pin out for the newest in the inbox.",
    "cardpin.wrong": "Leave pin out for that of the YAML.",
    "nomore": "Cancel this login, and begin another.",
    "nochannel": "Give this person a phone, an e-mail address or an app, as the supplier needs.",
    "level": "Log in with a means of the level that is asked, or raise the level of this one.",
    "none": "Give this person a mandate: POST /api/v1/mandates.",
    "password-needed": "Give password.",
    "no-end": "Report this with the exchange.",
}
"""How to go on from a stop, by its code."""
_MEND_PAGE = {
    "means": "Mend the means in the YAML or by PUT /api/v1/people/{key}/means/{supplier}/{name}, or use another.",
    "nomandate": "Give this person a mandate that counts: reasons say what is against those that there are.",
    "login": "POST /api/v1/means/{supplier}/{username}/unblock, or set its status in the YAML.",
    "card": "Check the number of the card; POST /api/v1/means/{supplier}/{number}/unblock?card=true lifts a block.",
    "renew": "Give another new_password.",
    "pin": "Call again: a new PIN is asked for, half a minute after the last one.",
    "app": "Call again, with phone: approve; a new request can be sent half a minute after the last one.",
    "qr": "Call again, with phone: approve; a new code can be made half a minute after the last one.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is empty is left open: the road takes what there is, or stops where that cannot be known."""

    person: str = ""
    supplier: str = ""
    means: str = ""
    card: str = ""
    password: str = field(default="", repr=False)
    new_password: str = field(default="", repr=False)
    channel: str = ""
    pin: str = field(default="", repr=False)
    phone: str = ""
    company: str = ""
    client: str = ""
    branch: str = ""
    consent: bool = True
    cancel: str = ""
    stay_logged_in: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """One page that is behind us. ``gave`` is what was filled in; None for what is secret."""

    step: int
    page: str
    gave: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose from; ``value`` names it without a doubt."""

    value: str
    name: str
    kvk: str | None = None
    rsin: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the road ends for now. ``reasons`` are of a person without a mandate that counts."""

    step: int
    page: str
    code: str
    heading: Names = NOTHING
    text: Names = NOTHING
    options: tuple[Choice, ...] = ()
    reasons: tuple[Step, ...] = ()

    @property
    def mend(self) -> str:
        return MEND.get(self.code) or _MEND_PAGE.get(self.page) or "Cancel this login, and begin another."


class Stopped(Exception):
    """A page stands in the way that the wish has no answer for. The login stays open."""

    def __init__(self, stop: Stop, taken: Iterable[Taken] = ()) -> None:
        super().__init__(f"{stop.page}: {stop.code}")
        self.stop = stop
        self.taken = tuple(taken)


class Unknown(ValueError):
    """A part of the wish that names nothing: ``key`` says which, ``nearest`` what was probably meant."""

    def __init__(self, key: str, text: str, nearest: str | None = None) -> None:
        super().__init__(text)
        self.key = key
        self.nearest = nearest


def choices(options: Iterable[Option]) -> tuple[Choice, ...]:
    return tuple(Choice(one.value, one.name, one.kvk, one.rsin) for one in options)
