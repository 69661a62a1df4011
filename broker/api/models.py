"""What the calls give and take that is not in the file: lists, where a record came from, what was dropped."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from suppliers.register.problems import nearest, shown
from suppliers.register.schema import (
    CompanyPart,
    MandatePart,
    MeansPart,
    Part,
    PersonPart,
    ServicePart,
    fault,
)
from suppliers.rooms import MOST_TAG

MOST = 500
EXAMPLE_AT = "2026-11-22T09:00:00Z"


# What is given is only described, what is asked is checked by the first call: no start need wait for either.
DESCRIBED = ConfigDict(defer_build=True)


class Given(BaseModel):
    model_config = DESCRIBED


class Source(Given):
    """Where a record came from."""

    from_: Literal["file", "api"] = Field(alias="from")
    file: str | None = Field(None, description="where the file has it, also when a change lies over that")
    line: int | None = None
    tag: str | None = Field(None, description="of the call that changed it last")
    at: str | None = Field(None, description="when that was, by the broker's clock")


class Service(ServicePart):
    model_config = DESCRIBED

    key: str
    source: Source


class Company(CompanyPart):
    model_config = DESCRIBED

    key: str
    source: Source


class Person(PersonPart):
    model_config = DESCRIBED

    key: str
    source: Source


class Mandate(MandatePart):
    model_config = DESCRIBED

    id: str
    state: Literal["requested", "active", "revoked", "not-yet", "expired"] = Field(
        description="on this day, by the broker's clock"
    )
    source: Source


class Means(MeansPart):
    model_config = DESCRIBED


class _Page(Given):
    total: int = Field(description="how many fit, on all pages together")
    next: str | None = Field(description="the next page is `after=` this; null on the last")


class Services(_Page):
    services: list[Service]


class Companies(_Page):
    companies: list[Company]


class People(_Page):
    people: list[Person]


class Mandates(_Page):
    mandates: list[Mandate]


class MeansOfPerson(Given):
    means: list[Means]


class Supplier(Given):
    slug: str
    name: str
    smartcard: bool = Field(description="whether one can log in with a smartcard")
    levels: list[str] = Field(description="that its pages show")


class Suppliers(Given):
    suppliers: list[Supplier]


class Reference(Given):
    section: str
    key: str


class Gone(Given):
    """What is not in force any more."""

    gone: list[Reference]
    hidden: int = Field(description="how many of those are in a file: they are there again after a reset")
    note: str


class Count(Given):
    services: int
    companies: int
    people: int
    mandates: int


class Changed(Given):
    total: int
    by_section: dict[str, int]
    by_tag: dict[str, int] = Field(description="without a tag under an empty key")
    not_fitting: list[str] = Field(description="changes that the file leaves no room for now, and why")


class Log(Given):
    kept: int
    dropped: int = Field(description="how many made room for newer ones")
    since: str | None = Field(description="when the first made room")
    last: str | None = Field(description="when the last did")


class ClockState(Given):
    now: str
    frozen_at: str | None = None
    shift_seconds: float | None = None
    service_providers: dict[str, dict[str, str | float]] = Field(
        description="those with a clock of their own"
    )
    tags: dict[str, dict[str, str | float]] = Field(description="rooms with a clock of their own")


class RoomSeen(Given):
    """How much there is of each kind in one room."""

    tag: str
    changes: int
    service_providers: int
    service_catalogues: int
    scenarios: int
    accounts: int = Field(description="means with wrong tries or another password, guessed names too")
    grants: int = Field(description="people with a request for a mandate, or who used one")
    logins: int = Field(description="begun in the last 24 hours")
    clock: bool = Field(description="whether it has a clock of its own")


class State(Given):
    configuration: int = Field(description="one up for every change in force")
    loaded_at: str
    counts: Count
    problems: list[str] = Field(description="of the files; while there are any, the last good one counts")
    warnings: list[str]
    changes: Changed
    store: str
    exchanges: Log
    clock: ClockState
    tags: list[RoomSeen] = Field(description="the rooms in which there is anything")


class Dropped(Given):
    """How much of what was dropped by a reset."""

    dropped: dict[str, int]
    changes: dict[str, int] = Field(description="the changes that were dropped, by section")


# ---- what is asked ----

_TAG = rf"^[A-Za-z0-9_.:-]{{0,{MOST_TAG}}}$"


def _tag(text: str) -> str:
    if re.fullmatch(_TAG, text):
        return text
    raise fault(f"{shown(text)} is no tag", f"at most {MOST_TAG} letters, digits and . _ : -")


Tag = Annotated[str, AfterValidator(_tag), WithJsonSchema({"type": "string", "pattern": _TAG})]
_Said = Annotated[str, StringConstraints(max_length=200)]


class Tagged(Part):
    model_config = DESCRIBED

    tag: Tag = Field("", description="the room that it is for: nobody elsewhere sees it; left out, all do")


class Trusted(Tagged):
    replace: bool = Field(False, description="also what is there already; without it that is a 409")


class InRoom(Part):
    model_config = DESCRIBED

    tag: Tag = Field("", description="as it is in this room; left out, as it is outside any")


class Deletion(Tagged):
    cascade: bool = Field(False, description="take along what refers to it")


class Paged(InRoom):
    model_config = DESCRIBED

    q: _Said = Field("", description="text in key or name, case ignored")
    limit: int = Field(50, ge=1, le=MOST)
    after: Annotated[str, StringConstraints(max_length=1000)] = Field(
        "", description="`next` of the page before"
    )


class CompaniesQuery(Paged):
    person: _Said = Field("", description="key of a person with a mandate for it")


class PeopleQuery(Paged):
    supplier: _Said = Field("", description="slug of a supplier where they have a means")
    company: _Said = Field("", description="key of a company that they have a mandate for")


class MandatesQuery(Paged):
    person: _Said = Field("", description="key of a person")
    company: _Said = Field("", description="key of a company, or of an intermediary")
    service: _Said = Field("", description="key, name, ServiceID or UUID of a service")
    state: Literal["", "requested", "active", "revoked", "not-yet", "expired"] = ""


What = Literal[
    "changes",
    "service-providers",
    "scenarios",
    "logins",
    "inbox",
    "exchanges",
    "clock",
    "sessions",
    "accounts",
    "grants",
]
WHAT: tuple[What, ...] = (
    "changes",
    "service-providers",
    "scenarios",
    "logins",
    "inbox",
    "exchanges",
    "clock",
    "sessions",
    "accounts",
    "grants",
)


OF_ROOMS: tuple[What, ...] = (
    "changes",
    "service-providers",
    "scenarios",
    "logins",
    "clock",
    "sessions",
    "accounts",
    "grants",
)
"""What a room has of its own. The log of exchanges and the inbox are everybody's."""
BY_TAG: tuple[What, ...] = (*OF_ROOMS, "exchanges")
"""What can be dropped of a room: its exchanges go only where they are named."""


_SEVERAL = rf"^(({'|'.join(WHAT)})(,|$))*$"


def _what(text: str) -> str:
    # A comma alone is not nothing, for which everything would go.
    if not re.fullmatch(_SEVERAL, text):
        one = next((one for one in text.split(",") if one not in WHAT), text)
        raise fault(f"{shown(one)} is nothing that can be dropped", *WHAT, nearest=nearest(one, WHAT))
    return text


_What = Annotated[str, AfterValidator(_what), WithJsonSchema({"type": "string", "pattern": _SEVERAL})]


class Reset(Part):
    model_config = DESCRIBED

    what: _What = Field(
        "",
        description=f"what to drop, with commas between: {', '.join(WHAT)}; all of it when left out, but without "
        "a tag no service-providers",
    )
    tag: Tag = Field(
        "", description="only what is of this room; its exchanges only if they are named, its inbox never"
    )
