"""Scenarios: which there are, which are armed and for whom, and in which logins they acted."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import ConfigDict, Field

from broker.api import body
from broker.api.described import Answer, Body, Calls, Operation, answer, asked
from broker.api.mandate_requests import InTwoLanguages
from broker.api.models import Given, Tag, Tagged
from broker.api.problems import Answered, wrong
from broker.parts import Parts
from broker.scenarios import arming
from broker.scenarios.armed import MOST, Armed, TooMany
from broker.scenarios.catalogue import CATALOGUE, UnknownScenario, scenario
from broker.scenarios.model import NeedsProvider, NobodyYet, Param, Scenario, WrongParams
from broker.wire import instants
from suppliers.ask import Names
from suppliers.register.problems import Problem
from suppliers.register.schema import Part

ALL = "/api/v1/scenarios"
ARMED = "/api/v1/armed-scenarios"


class ParamSeen(Given):
    name: str
    default: str = Field(description="what counts when it is left out")
    kind: Literal["text", "seconds", "number", "level", "choice"]
    what: InTwoLanguages
    least: int | None = Field(description="of numbers")
    most: int | None = Field(description="of numbers")
    choices: list[str]


class ScenarioSeen(Given):
    name: str
    title: InTwoLanguages
    group: str
    point: str = Field(description="where on the road of a login it acts")
    changes: InTwoLanguages = Field(description="what is another than in a good login")
    sp_must: InTwoLanguages = Field(description="what the service provider has to make of it")
    reference: str
    hostile: bool = Field(description="an attack: it is armed for one service provider by name only")
    params: list[ParamSeen]


class ScenariosSeen(Given):
    scenarios: list[ScenarioSeen]


class ArmedSeen(Given):
    id: str
    scenario: str
    params: dict[str, str]
    sp: str
    service: str
    person: str
    relay_state: str
    tag: str
    times: int = Field(description="in how many logins it acts; 0 is in every one")
    uses: int
    used_by: list[str] = Field(description="the exchanges in which it acted, the newest last")
    spent: bool = Field(description="whether it acts no more")
    armed_at: str | None
    source: str = Field(description="where the YAML has it; empty where it was armed while running")


class ArmedList(Given):
    armed: list[ArmedSeen]


class NewArmed(Part):
    model_config = ConfigDict(defer_build=True)

    scenario: str = Field(min_length=1, max_length=500, description="its name")
    params: dict[str, str] = Field(default_factory=dict, description="what can be set of it")
    sp: str = Field("", max_length=500, description="entity id of the service provider")
    service: str = Field("", max_length=500, description="ServiceID, a UUID, name or key of the service")
    person: str = Field("", max_length=500, description="key or user name of the person")
    relay_state: str = Field("", max_length=500, description="the RelayState of the request")
    times: int = Field(1, ge=0, le=1_000_000, description="in how many logins; 0 is in every one")


class ArmedQuery(Part):
    model_config = ConfigDict(defer_build=True)

    tag: Tag | None = Field(None, description="only those of this room; empty for those outside any")
    unused: bool = Field(False, description="true for those that have acted in no login yet")


def add(calls: Calls, parts: Parts) -> None:
    @calls(
        Operation(
            "GET",
            ALL,
            "Every scenario that there is",
            "scenarios",
            {200: Answer("by group", ScenariosSeen)},
        )
    )
    def catalogue() -> ResponseReturnValue:
        return answer({"scenarios": [scenario_json(one) for one in CATALOGUE.values()]})

    @calls(
        Operation(
            "GET",
            f"{ALL}/{{name}}",
            "One scenario",
            "scenarios",
            {200: Answer("what it changes, and what can be set", ScenarioSeen)},
            problems=(404,),
        )
    )
    def one(name: str) -> ResponseReturnValue:
        try:
            return answer(scenario_json(scenario(name)))
        except UnknownScenario as unknown:
            detail = f"there is no scenario {name[:200]!r}; GET {ALL} lists them"
            raise Answered(404, "No such scenario", detail, nearest=unknown.nearest) from None

    @calls(
        Operation(
            "GET",
            ARMED,
            "What is armed, and what has been used",
            "scenarios",
            {200: Answer("newest first, then those of the YAML", ArmedList)},
            query=ArmedQuery,
            more="One that was armed for a number of logins is forgotten after 24 hours.",
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(ArmedQuery)
        found = arming.listed(parts, query.tag, unused=query.unused)
        return answer({"armed": [armed_json(one) for one in found]})

    @calls(
        Operation(
            "POST",
            ARMED,
            "Arm a scenario",
            "scenarios",
            {201: Answer("it waits for a login that fits", ArmedSeen)},
            query=Tagged,
            body=Body(NewArmed, {"scenario": "wrong-audience", "person": "m.devries"}),
            problems=(409,),
            more="A login gets one scenario: that of its own tag before those without, then the one that names more "
            "of sp, service, person and relay_state, then the one that was armed last.",
        )
    )
    def arm() -> ResponseReturnValue:
        tag = asked(Tagged).tag
        data = body.read()
        if not isinstance(data, dict):
            raise Answered(422, "Not right", 'send an object such as {"scenario": "wrong-audience"}')
        given = asked(NewArmed, data)
        wish = arming.Wish(**{name: getattr(given, name) for name in arming.Wish.__slots__})
        try:
            made = arming.arm(parts, wish, tag)
        except UnknownScenario as unknown:
            message = f"there is no scenario {unknown.name!r}"
            problem = Problem("", 0, 0, "scenario", message, tuple(CATALOGUE), unknown.nearest)
            raise wrong([(("scenario",), problem)]) from None
        except (NeedsProvider, NobodyYet) as error:
            raise wrong(
                ((name,), Problem("", 0, 0, name, message)) for name, message in error.problems
            ) from None
        except WrongParams as error:
            raise wrong(
                (("params", name), Problem("", 0, 0, f"params.{name}", message))
                for name, message in error.problems
            ) from None
        except TooMany:
            detail = f"{MOST} scenarios wait already; POST /api/v1/reset or DELETE {ARMED}/<id> makes room"
            raise Answered(409, "Too many", detail) from None
        return answer(armed_json(made), 201, Location=f"{ARMED}/{made.id}")

    @calls(
        Operation(
            "GET",
            f"{ARMED}/{{id}}",
            "One armed scenario",
            "scenarios",
            {200: Answer("as it is now", ArmedSeen)},
            problems=(404,),
        )
    )
    def get(id: str) -> ResponseReturnValue:  # noqa: A002
        found = arming.one(parts, id)
        if found is None:
            raise _missing(id)
        return answer(armed_json(found))

    @calls(
        Operation(
            "DELETE",
            f"{ARMED}/{{id}}",
            "Disarm a scenario",
            "scenarios",
            {204: Answer("it acts no more; a login that has got it keeps it")},
            problems=(404, 409),
        )
    )
    def disarm(id: str) -> ResponseReturnValue:  # noqa: A002
        found = arming.one(parts, id)
        if found is None:
            raise _missing(id)
        if found.source:
            raise Answered(409, "Of the YAML", f"{found.source}: take it out of the file")
        arming.disarm(parts, id)
        return Response(status=204)


def scenario_json(one: Scenario) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": _both(one.title),
        "group": one.group,
        "point": str(one.point),
        "changes": _both(one.changes),
        "sp_must": _both(one.sp_must),
        "reference": one.reference,
        "hostile": one.hostile,
        "params": [_param_json(param) for param in one.params],
    }


def armed_json(one: Armed) -> dict[str, Any]:
    return {
        "id": one.id,
        "scenario": one.scenario,
        "params": one.params,
        "sp": one.sp,
        "service": one.service,
        "person": one.person,
        "relay_state": one.relay_state,
        "tag": one.tag,
        "times": one.times,
        "uses": one.uses,
        "used_by": list(one.used_by),
        "spent": one.spent,
        "armed_at": instants.write(one.armed_at) if one.armed_at else None,
        "source": one.source,
    }


def _param_json(param: Param) -> dict[str, Any]:
    numeric = param.kind in ("seconds", "number")
    return {
        "name": param.name,
        "default": param.default,
        "kind": param.kind,
        "what": _both(param.what),
        "least": param.least if numeric else None,
        "most": param.most if numeric else None,
        "choices": list(param.choices),
    }


def _both(names: Names) -> dict[str, str]:
    return {"nl": names.nl, "en": names.en}


def _missing(id: str) -> Answered:  # noqa: A002
    return Answered(404, "Not armed", f"nothing is armed under {id[:200]!r}; GET {ARMED} lists what is")
