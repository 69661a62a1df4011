"""What the API says of a call that it does not do: problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from suppliers.register.editing import InUse, Missing, Refused, Taken, Wrong
from suppliers.register.problems import SHOWN, KeyPath, Problem

JSON = "application/problem+json"
_NO_HEADERS: Mapping[str, str] = {}


class Fault(BaseModel):
    """One mistake in a body or in the query, in the words that the YAML gets too."""

    model_config = ConfigDict(defer_build=True)

    pointer: str = Field(description="JSON pointer of the value in the body; empty for the body itself")
    key: str = Field(description="the same as the YAML writes it, items of a list counted from 1")
    message: str
    allowed: list[str] = Field(default=[], description="what would have been right; the first of many")
    nearest: str | None = Field(default=None, description="what was probably meant")
    text: str = Field(description="all of it in one line, as `check` prints it")


class Reference(BaseModel):
    """A record that refers to another."""

    model_config = ConfigDict(defer_build=True)

    section: str
    key: str


class ChoiceSeen(BaseModel):
    """One thing to choose from."""

    model_config = ConfigDict(defer_build=True)

    value: str = Field(description="names it without a doubt")
    name: str
    kvk: str | None = None
    rsin: str | None = None


class StopSeen(BaseModel):
    """The page on which a login stopped that was completed over the API."""

    model_config = ConfigDict(defer_build=True)

    step: int
    page: str
    code: str = Field(description="what is in the way")
    heading: dict[str, str] = Field(description="of the page: nl, en")
    text: dict[str, str] = Field(description="the words of the page: nl, en")
    mend: str = Field(description="how to go on")
    options: list[ChoiceSeen] = Field(description="what there is to choose from")
    reasons: list[dict[str, str]] = Field(description="what is against each mandate: code, nl, en, place")


class ProblemDocument(BaseModel):
    """Why a call was not done. Nothing was changed."""

    model_config = ConfigDict(
        defer_build=True,
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Not right",
                "status": 422,
                "detail": 'level: "EH9" is not a level; allowed: EH2, EH2+, EH3, EH4',
                "errors": [
                    {
                        "pointer": "/level",
                        "key": "level",
                        "message": '"EH9" is not a level',
                        "allowed": ["EH2", "EH2+", "EH3", "EH4"],
                        "nearest": None,
                        "text": 'level: "EH9" is not a level; allowed: EH2, EH2+, EH3, EH4',
                    }
                ],
            }
        },
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = Field(default=None, description="everything that is wrong, at once")
    nearest: str | None = Field(default=None, description="the key that was probably meant")
    users: list[Reference] | None = Field(default=None, description="what refers to the record")
    line: int | None = Field(default=None, description="of the XML document that was sent")
    reason: str | None = Field(default=None, description="why a login cannot go on, in one word")
    exchange: str | None = Field(default=None, description="of the login that this is about")
    findings: list[dict[str, Any]] | None = Field(default=None, description="why a request was refused")
    stop: StopSeen | None = Field(default=None, description="the page that a login stopped on")
    steps: list[dict[str, Any]] | None = Field(default=None, description="the pages before that one")


class Answered(Exception):
    """Ends a call with a problem document."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}


def problem(status: int, title: str, detail: str) -> ResponseReturnValue:
    """What was expected, what came, how to mend it."""
    return response(Answered(status, title, detail).document)


def of_refusal(refused: Refused) -> Answered:
    if isinstance(refused, Wrong):
        return wrong(refused.problems)
    if isinstance(refused, Missing):
        return Answered(404, "Not there", str(refused), nearest=refused.nearest)
    if isinstance(refused, InUse):
        users = [{"section": str(section), "key": key} for section, key in refused.users[:100]]
        more = "; ?cascade=true takes them along" if refused.cascade else ""
        return Answered(409, "In use", f"{refused}{more}", users=users)
    if isinstance(refused, Taken):
        return Answered(409, "It is there already", str(refused))
    raise refused


def wrong(problems: Iterable[tuple[KeyPath, Problem]]) -> Answered:
    """422 with every mistake."""
    found = list(problems)
    first = str(found[0][1])
    detail = first if len(found) == 1 else f"{first} (and {len(found) - 1} more)"
    errors = [
        Fault(
            pointer=pointer(path),
            key=problem.key,
            message=problem.message,
            allowed=list(problem.allowed[: 5 * SHOWN]),
            nearest=problem.nearest,
            text=str(problem),
        ).model_dump()
        for path, problem in found
    ]
    return Answered(422, "Not right", detail, errors=errors)


def pointer(path: KeyPath) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def response(document: dict[str, Any], headers: Mapping[str, str] = _NO_HEADERS) -> ResponseReturnValue:
    made = jsonify({key: value for key, value in document.items() if value is not None})
    made.content_type = JSON
    made.headers.update(headers)
    return made, document["status"]
