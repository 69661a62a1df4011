"""Why somebody would get in or not, and who can do what: the same as the commands ``explain`` and ``users``."""

from __future__ import annotations

from typing import Annotated

from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from broker import explaining, users
from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.models import InRoom
from broker.api.problems import wrong
from broker.explaining import Question, Scene, WrongQuestion
from broker.parts import Parts
from suppliers.desk import Desk
from suppliers.register.problems import Problem

_DESCRIBED = ConfigDict(defer_build=True)
_Said = Annotated[str, StringConstraints(max_length=200)]
_Named = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ExplainQuery(InRoom):
    model_config = _DESCRIBED

    person: _Named = Field(description="key, user name, card number, name or e-mail address")
    service: _Named = Field(description="key, name, ServiceID or UUID")
    company: _Said = Field("", description="key, KvK number, RSIN or name; any company when left out")
    supplier: _Said = Field("", description="slug or name; that of a means of the person when left out")
    means: _Said = Field("", description="user name or card number, for a person with more than one")
    level: _Said = Field("", description="that the request asks; that of the service when left out")
    at: _Said = Field(
        "", description="a day, a day counted from today (today+30d) or a time; now when left out"
    )


class UsersQuery(InRoom):
    model_config = _DESCRIBED

    q: _Said = Field("", description="text in key, name, user name or e-mail address, case ignored")
    supplier: _Said = Field("", description="slug or name")
    service: _Said = Field("", description="key, name, ServiceID or UUID; all services when left out")
    limit: int = Field(50, ge=1, le=500)
    start: int = Field(0, ge=0, le=10_000_000, description="how many to skip: `next` of the page before")


class _Described(BaseModel):
    model_config = _DESCRIBED


class BothLanguages(_Described):
    nl: str
    en: str


class Keyed(_Described):
    key: str
    name: str


class NamedService(_Described):
    key: str
    name: BothLanguages


class NamedSupplier(_Described):
    slug: str
    name: str


class UsedMeans(_Described):
    username: str
    card: bool
    level: str


class ReasonStep(_Described):
    """One thing that was decided."""

    step: str = Field(description="what was looked at: person, supplier, means, standing, level, mandate ...")
    code: str = Field(description="what came of it, such as expired")
    ok: bool | None = Field(description="false is against the login; null neither helps nor hinders")
    nl: str
    en: str
    place: str = Field(description="file and line that decided; - where there is none")


class WouldGet(_Described):
    """What the service provider would get."""

    company: Keyed
    identifiers: dict[str, str]
    level: str
    branch: str | None
    intermediary: Keyed | None
    mandate: str


class Explanation(_Described):
    passes: bool
    person: Keyed
    service: NamedService
    supplier: NamedSupplier
    means: UsedMeans | None = Field(description="null for a person without one there")
    company: Keyed | None = Field(description="that was asked for; of more than one, the first that gets in")
    also: list[Keyed] = Field(description="others that have the number or name that was asked for")
    level: str = Field(description="that is needed")
    at: str
    steps: list[ReasonStep] = Field(description="in the order of a login")
    given: WouldGet | None = Field(description="null for who does not get in")


class AtService(_Described):
    service: str
    name: BothLanguages
    passes: bool
    companies: list[str] = Field(description="names of those that they can log in for")
    why: list[BothLanguages] = Field(description="what goes wrong, or what the person meets on the way")
    place: str


class User(_Described):
    person: str
    name: str
    supplier: str
    supplier_name: str
    username: str
    card: bool
    password: str | None = Field(description="null with a card; of the environment as the file writes it")
    pin: str | None = Field(description="null where a new one is sent at each login")
    level: str
    place: str
    services: list[AtService]


class Users(_Described):
    users: list[User]
    total: int
    next: int | None = Field(description="the next page is `start=` this; null on the last")


def add(calls: Calls, parts: Parts, desk: Desk) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/explain",
            "Why a login would pass or fail",
            "explain",
            {200: Answer("each step, with the line that decides", Explanation)},
            query=ExplainQuery,
            problems=(404,),
            more="Nothing happens: no login is made and nobody gets a message. The person types everything right, and "
            "chooses what lets them in.",
        )
    )
    def explain() -> ResponseReturnValue:
        query = asked(ExplainQuery)
        try:
            here = parts.seen_by(query.tag)
            question = Question(**query.model_dump(exclude={"tag"}))
            found = explaining.explained(scene(here, desk), question)
        except WrongQuestion as problem:
            fault = Problem("", 0, 0, problem.key, problem.text, problem.allowed, nearest=problem.nearest)
            raise wrong([((problem.key,), fault)]) from None
        return answer(explaining.as_json(found))

    @calls(
        Operation(
            "GET",
            "/api/v1/users",
            "Who can do what, with which password",
            "explain",
            {200: Answer("a page of people with a means, in the order of the files", Users)},
            query=UsersQuery,
            problems=(404,),
            more="Passwords of test data: shown on loopback, or to whoever has the token.",
        )
    )
    def listed() -> ResponseReturnValue:
        query = asked(UsersQuery)
        found, total = users.users(
            scene(parts.seen_by(query.tag), desk),
            q=query.q,
            supplier=query.supplier,
            service=query.service,
            start=query.start,
            most=query.limit,
        )
        end = query.start + len(found)
        return answer(
            {
                "users": [users.as_json(one) for one in found],
                "total": total,
                "next": end if 0 < end < total else None,
            }
        )


def scene(parts: Parts, desk: Desk) -> Scene:
    """In the room of ``parts``."""
    return Scene(parts.current, desk, parts.now_of(None), parts.tag)
