"""Each call is described once: its route, the checks of its query and its OpenAPI description come from that.

What comes in as a body is checked against all of the register (``body.py``, ``suppliers.register.editing``), in the
words of the YAML; a description only says which model the words are of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, ValidationError

from broker.api.problems import Answered, of_refusal, response, wrong
from suppliers.register.characters import is_unseen, unprintable
from suppliers.register.editing import Refused
from suppliers.register.layer import loose
from suppliers.register.problems import ConfigError, Problem
from suppliers.register.schema import Part, problems_of

_Query = TypeVar("_Query", bound=BaseModel)
_ALWAYS = (401, 421)
_OF_CHANGES = (403, 413)


class NoQuery(Part):
    """Of calls that take no parameters."""

    model_config = ConfigDict(defer_build=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """``model`` is of a JSON answer; without one it is ``media``, or has no content."""

    what: str
    model: type[BaseModel] | None = None
    media: str = ""
    example: Any = None


@dataclass(frozen=True, slots=True)
class Body:
    """What a call takes, or one of two things that it takes. ``xml`` is an example of a document that may come
    in place of JSON; without ``strict`` a body of any other type is read too, and there is no 415."""

    model: type[BaseModel]
    example: Any
    media: tuple[str, ...] = ("application/json",)
    partial: bool = False
    required: bool = True
    xml: str = ""
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """``path`` is as OpenAPI writes it; ``rest`` names the part of it that may hold a slash. ``open`` is of what
    needs no token and is outside of the API."""

    method: str
    path: str
    summary: str
    group: str
    answers: Mapping[int, Answer]
    query: type[BaseModel] = NoQuery
    body: Body | None = None
    problems: tuple[int, ...] = ()
    rest: str = ""
    more: str = ""
    open: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        words = re.findall(r"[A-Za-z]+", self.path.removeprefix("/api/v1").replace(".", "_"))
        return "_".join((self.method.lower(), *words))

    @property
    def rule(self) -> str:
        """As Flask writes the path."""
        return re.sub(
            r"\{(\w+)\}", lambda m: f"<path:{m[1]}>" if m[1] == self.rest else f"<{m[1]}>", self.path
        )

    @property
    def statuses(self) -> tuple[int, ...]:
        """The problems that it can end with."""
        if self.open:
            return self.problems
        found = {*_ALWAYS, *self.problems, 422}
        found.update(_OF_CHANGES if self.method != "GET" else ())
        found.update((415,) if self.body and self.body.strict else ())
        # Of some keys no address can be made, such as an empty one.
        found.update((404,) if "{" in self.path else ())
        return tuple(sorted(found))


Handler = Callable[..., ResponseReturnValue]


class Calls:
    """The calls of one blueprint, in the order in which they are described."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.operations: list[Operation] = []

    def __call__(self, operation: Operation) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            def call(**given: str) -> ResponseReturnValue:
                try:
                    return handler(**{name: _whole(name, value) for name, value in given.items()})
                except Refused as refused:
                    return response(of_refusal(refused).document)
                except Answered as answered:
                    return response(answered.document)

            self.operations.append(operation)
            self.blueprint.add_url_rule(
                operation.rule,
                operation.id,
                call,
                methods=[operation.method],
                provide_automatic_options=False,
                merge_slashes=False,
            )
            return handler

        return add


def asked(query: type[_Query], given: Mapping[str, str] | None = None) -> _Query:
    """The parameters of this request, or those given. Ends the call where one is wrong or not known."""
    given = request.args.to_dict() if given is None else dict(given)
    document = loose(given, "")
    try:
        return query.model_validate(given)
    except ValidationError as error:
        problems = ConfigError(problems_of(error, document, query)).problems
        raise wrong(((problem.key,), problem) for problem in problems) from None


def answer(value: BaseModel | Mapping[str, Any], status: int = 200, **headers: str) -> ResponseReturnValue:
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    made: Response = jsonify(plain)
    made.headers.update(headers)
    return made, status


def _whole(name: str, text: str) -> str:
    """Some servers, ours among them, leave a slash encoded when they decode the rest of a path."""
    if found := unprintable(text):
        raise wrong([((), Problem("", 0, 0, name, is_unseen(found)))])
    return re.sub("%2f", "/", text, flags=re.IGNORECASE)
