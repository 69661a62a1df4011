"""The clock of the broker, and of each service provider and each room that has one of its own: set, shift, stand
still."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from flask.typing import ResponseReturnValue
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from broker.api import body
from broker.api.described import Answer, Body, Calls, Operation, answer, asked
from broker.api.models import EXAMPLE_AT, Given, InRoom, Tagged
from broker.api.problems import Answered, wrong
from broker.clock import Clock
from broker.parts import Parts
from broker.wire import instants
from suppliers.register import days
from suppliers.register.layer import loose
from suppliers.register.problems import ConfigError, Problem, nearest, shown
from suppliers.register.reading import reading_now
from suppliers.register.schema import Part, fault, problems_of

_HOW = (
    "at sets it, shift_seconds puts it so far from the machine's, shift_by_seconds moves it on from where it is; "
    "with frozen it stands there. frozen by itself stops it, or lets it go on, where it is."
)
_ROOM = (
    "With a tag it is the clock of that room: all of its logins go by it, whatever their service provider's."
)
_OWN = (
    "All that belongs to logins at this service provider goes by its own clock: age of the request, artifacts, "
    "assertions, codes, mandates, means, sessions at the suppliers. "
    "Its entity id goes into the address percent-encoded."
)


class ProviderClock(Given):
    """``frozen_at`` and ``shift_seconds`` are what was set; both are null where nothing was."""

    sp: str = Field(description="entity id")
    now: str
    frozen: bool
    frozen_at: str | None = None
    shift_seconds: float | None = Field(None, description="from the machine's clock")
    own: bool = Field(description="whether it has a clock of its own, or the broker's")
    answers_offset_seconds: int = Field(
        description="`clock_offset_seconds` of the YAML: how far its answers say otherwise, on top of this"
    )


class RoomClock(Given):
    """``frozen_at`` and ``shift_seconds`` are what was set."""

    tag: str
    now: str
    frozen: bool
    frozen_at: str | None = None
    shift_seconds: float | None = Field(None, description="from the machine's clock")


class WholeClock(Given):
    now: str
    frozen: bool
    frozen_at: str | None = None
    shift_seconds: float | None = Field(None, description="from the machine's clock")
    service_providers: list[ProviderClock] = Field(description="those with a clock of their own")
    tags: list[RoomClock] = Field(description="rooms with a clock of their own")
    tag: str = Field("", description="of the room that the above is about; empty for the broker's")


def _instant(value: object) -> datetime:
    text = str(value)
    try:
        return days.moment(text, reading_now().today)
    except ValueError:
        message = f"{shown(text)} is neither a time nor a day"
        raise fault(message, EXAMPLE_AT, *days.FORMS, nearest=days.likely(text)) from None


def _seconds(value: object) -> timedelta:
    try:
        seconds = float(str(value))
        if str(value) in ("true", "false") or not math.isfinite(seconds):
            raise ValueError
        return timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise fault(f"{shown(str(value))} is not a number of seconds", "600", "-3600") from None


_Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "examples": [EXAMPLE_AT]})
]
_Seconds = Annotated[timedelta, BeforeValidator(_seconds), WithJsonSchema({"type": "number"})]


class ClockChange(Part):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    at: _Instant | None = Field(
        None, description="a time, without a zone Dutch time; or a day as in the YAML (today-1d), at noon"
    )
    shift_seconds: _Seconds | None = Field(None, description="from the machine's clock")
    shift_by_seconds: _Seconds | None = Field(None, description="from where it is now")
    frozen: bool | None = Field(None, description="whether it stands still there")

    @model_validator(mode="after")
    def _one(self) -> ClockChange:
        times = [self.at, self.shift_seconds, self.shift_by_seconds]
        if times.count(None) < 2:
            raise fault("say one of at, shift_seconds and shift_by_seconds, not more")
        if times.count(None) == 3 and self.frozen is None:
            raise fault("says nothing", "at", "shift_seconds", "shift_by_seconds", "frozen")
        return self


def whole(parts: Parts, clock: Clock, tag: str = "") -> dict[str, Any]:
    """As the API and the console show it; with a tag as that room has it."""
    own, rooms = clock.of_providers(), clock.of_rooms()
    return {
        **_state(clock.of("", tag), rooms.get(tag) or clock.setting()),
        "service_providers": [of_provider(parts, clock, sp, own) for sp in sorted(own)],
        "tags": [{"tag": of, **_state(clock.of("", of), set_)} for of, set_ in sorted(rooms.items())],
        "tag": tag,
    }


def of_provider(parts: Parts, clock: Clock, sp: str, own: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "sp": sp,
        **_state(clock.of(sp), own.get(sp) or clock.setting()),
        "own": sp in own,
        "answers_offset_seconds": parts.current.settings_of(sp).clock_offset_seconds,
    }


def _state(now: datetime, setting: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "now": instants.write(now),
        "frozen": "frozen_at" in setting,
        "frozen_at": setting.get("frozen_at"),
        "shift_seconds": setting.get("shift_seconds"),
    }


def add(calls: Calls, parts: Parts, clock: Clock) -> None:
    def one(sp: str) -> ResponseReturnValue:
        return answer(of_provider(parts, clock, sp, clock.of_providers()))

    def known(sp: str) -> None:
        there = parts.current.catalogue.sps
        if sp not in there and sp not in clock.of_providers():
            detail = f"no service provider has the entity id {shown(sp)}"
            raise Answered(404, "Not there", detail, nearest=nearest(sp, tuple(there)))

    example = {"at": EXAMPLE_AT}

    @calls(
        Operation(
            "GET",
            "/api/v1/clock",
            "The clock of the broker, and those of service providers",
            "clock",
            {200: Answer("what each says now, and what was set", WholeClock)},
            query=InRoom,
        )
    )
    def get() -> ResponseReturnValue:
        return answer(whole(parts, clock, asked(InRoom).tag))

    @calls(
        Operation(
            "PUT",
            "/api/v1/clock",
            "Set, shift or stop the clock of the broker",
            "clock",
            {200: Answer("as it is from now on", WholeClock)},
            query=Tagged,
            body=Body(ClockChange, example),
            more=f"{_HOW} {_ROOM}",
        )
    )
    def put() -> ResponseReturnValue:
        tag = asked(Tagged).tag
        _change(clock, "", tag)
        return answer(whole(parts, clock, tag))

    @calls(
        Operation(
            "DELETE",
            "/api/v1/clock",
            "Back to the machine's clock, for everybody",
            "clock",
            {200: Answer("as it is from now on", WholeClock)},
            query=Tagged,
            more="With a tag only that room gives its own clock back, and has the broker's again.",
        )
    )
    def delete() -> ResponseReturnValue:
        tag = asked(Tagged).tag
        clock.reset(tag=tag)
        return answer(whole(parts, clock, tag))

    @calls(
        Operation(
            "GET",
            "/api/v1/clock/{sp}",
            "The clock of one service provider's logins",
            "clock",
            {200: Answer("its own, or the broker's", ProviderClock)},
            problems=(404,),
            rest="sp",
            more=_OWN,
        )
    )
    def get_one(sp: str) -> ResponseReturnValue:
        known(sp)
        return one(sp)

    @calls(
        Operation(
            "PUT",
            "/api/v1/clock/{sp}",
            "Set, shift or stop the clock of one service provider's logins",
            "clock",
            {200: Answer("as it is from now on", ProviderClock)},
            body=Body(ClockChange, example),
            problems=(404,),
            rest="sp",
            more=f"{_HOW} {_OWN}",
        )
    )
    def put_one(sp: str) -> ResponseReturnValue:
        known(sp)
        _change(clock, sp)
        return one(sp)

    @calls(
        Operation(
            "DELETE",
            "/api/v1/clock/{sp}",
            "Back to the broker's clock, for one service provider",
            "clock",
            {200: Answer("as it is from now on", ProviderClock)},
            problems=(404,),
            rest="sp",
        )
    )
    def delete_one(sp: str) -> ResponseReturnValue:
        known(sp)
        clock.reset(sp)
        return one(sp)


def _change(clock: Clock, sp: str, tag: str = "") -> None:
    made = _checked(body.read())
    try:
        clock.change(
            sp,
            tag=tag,
            at=made.at,
            shift=made.shift_seconds,
            further=made.shift_by_seconds,
            frozen=made.frozen,
        )
    except ValueError as error:
        said = {"at": made.at, "shift_seconds": made.shift_seconds, "shift_by_seconds": made.shift_by_seconds}
        key = next((name for name, value in said.items() if value is not None), "")
        raise wrong([((key,) if key else (), Problem("", 0, 0, key, str(error)))]) from None


def _checked(value: Any) -> ClockChange:
    try:
        return ClockChange.model_validate(value)
    except ValidationError as error:
        document = loose(value, "") if isinstance(value, dict) else loose({}, "")
        problems = ConfigError(problems_of(error, document, ClockChange)).problems
        raise wrong(((problem.key,) if problem.key else (), problem) for problem in problems) from None
