"""Who is still logged in: sessions of suppliers ("Ik wil ingelogd blijven"), and those that answers began.

Each has an id of its own: what is in a cookie or in a message ends a session, and is nobody else's to know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import Field, StringConstraints

from broker import sessions
from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.dropping import drop
from broker.api.models import DESCRIBED, EXAMPLE_AT, MOST, Given
from broker.api.problems import Answered
from broker.clock import Clock
from broker.parts import Parts
from broker.wire import instants
from suppliers.desk import Desk
from suppliers.register.problems import shown
from suppliers.register.schema import Part

KINDS = ("supplier", "answer")


class SessionSeen(Given):
    id: str = Field(description="its own; not that of a cookie or a message")
    kind: Literal[KINDS] = Field(  # type: ignore[valid-type]
        description="supplier: single sign-on at a supplier; answer: a login at a service provider, which it may end"
    )
    supplier: str
    person: str
    sp: str | None = Field(description="entity id, of an answer")
    since: str | None = Field(examples=[EXAMPLE_AT])
    until: str | None = Field(description="of a supplier; the provider decides about its own")
    over: bool = Field(description="whether that moment has passed, by the broker's clock")
    login: str | None = Field(description="the login that began it, which is also its exchange")


class AllSessions(Given):
    sessions: list[SessionSeen]
    total: int = Field(description="how many fit")


class Ended(Given):
    ended: int


_Said = Annotated[str, StringConstraints(max_length=1000)]


class SessionsQuery(Part):
    model_config = DESCRIBED

    kind: Literal[("", *KINDS)] = ""  # type: ignore[valid-type]
    person: _Said = Field("", description="key of a person")
    supplier: _Said = Field("", description="slug of a supplier")
    sp: _Said = Field("", description="entity id of a service provider")
    limit: int = Field(50, ge=1, le=MOST)

    def fits(self, one: dict[str, Any]) -> bool:
        wanted = {"kind": self.kind, "person": self.person, "supplier": self.supplier, "sp": self.sp}
        return all(value in ("", one[name]) for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class _Found:
    since: datetime | None
    told: dict[str, Any]
    end: Callable[[], bool]


def add(calls: Calls, parts: Parts, desk: Desk, clock: Clock) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/sessions",
            "Who is still logged in",
            "sessions",
            {200: Answer("newest first", AllSessions)},
            query=SessionsQuery,
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(SessionsQuery)
        found = [one.told for one in _newest(_all(parts, desk)) if query.fits(one.told)]
        return answer({"sessions": found[: query.limit], "total": len(found)})

    @calls(
        Operation(
            "DELETE",
            "/api/v1/sessions",
            "End all sessions",
            "sessions",
            {200: Answer("how many there were", Ended)},
            more="As POST /api/v1/reset?what=sessions: the next login asks for everything again.",
        )
    )
    def clear() -> ResponseReturnValue:
        return answer({"ended": drop("sessions", parts.store, clock)})

    @calls(
        Operation(
            "DELETE",
            "/api/v1/sessions/{id}",
            "End one session",
            "sessions",
            {204: Answer("it is over")},
            problems=(404,),
        )
    )
    def end(id: str) -> ResponseReturnValue:  # noqa: A002
        if not any(one.told["id"] == id and one.end() for one in _all(parts, desk)):
            detail = f"there is no session {shown(id)}; GET /api/v1/sessions lists them"
            raise Answered(404, "Not there", detail)
        return Response(status=204)


def _all(parts: Parts, desk: Desk) -> list[_Found]:
    now = parts.now()
    of_suppliers = [
        _Found(
            one.authenticated_at,
            {
                "id": _id("supplier", one.id),
                "kind": "supplier",
                "supplier": one.supplier,
                "person": one.person,
                "sp": None,
                "since": instants.write(one.authenticated_at),
                "until": instants.write(one.until),
                "over": one.is_over(now),
                "login": one.login or None,
            },
            lambda one=one: desk.sessions.end(one.id),  # type: ignore[misc]
        )
        for one in desk.sessions.all()
    ]
    of_answers = [
        _Found(
            one.at,
            {
                "id": _id("answer", one.index),
                "kind": "answer",
                "supplier": one.supplier,
                "person": one.person,
                "sp": one.sp,
                "since": instants.write(one.at) if one.at else None,
                "until": None,
                "over": False,
                "login": one.login,
            },
            lambda one=one: sessions.forget(parts, one),  # type: ignore[misc]
        )
        for one in sessions.every(parts)
    ]
    return [*of_suppliers, *of_answers]


def _newest(found: Iterable[_Found]) -> list[_Found]:
    return sorted(found, key=lambda one: one.since.timestamp() if one.since else 0.0, reverse=True)


def _id(kind: str, secret: str) -> str:
    return hashlib.sha256(f"{kind} {secret}".encode()).hexdigest()[:32]
