"""The tester's phone over the API: what waits for an app's approval or for a scan, and the answer to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from flask.typing import ResponseReturnValue
from pydantic import Field

from broker.api import body
from broker.api.described import Answer, Body, Calls, Operation, answer
from broker.api.models import EXAMPLE_AT, Given
from broker.api.problems import Answered
from broker.wire import instants
from suppliers.phone import Waiting

ANSWERS: dict[str, Literal["approved", "refused"]] = {"approve": "approved", "refuse": "refused"}
LONGEST = 500
# Title and detail over the API; the page has the same by the same words, in Dutch.
_WRONG = {
    "unknown": (404, "No such request", "No login ever asked this of a phone."),
    "other": (409, "Not of this login", "This request or code belongs to another login or another way."),
    "replaced": (409, "Replaced", "Another was asked since; only the last one counts."),
    "used": (409, "Used", "This one was answered before; an answer counts once."),
    "late": (409, "Too late", "A request or code can be answered for ten minutes, by the broker's clock."),
    "ended": (409, "Login ended", "The login that asked this is over."),
}


class Phone(Protocol):
    """What a phone needs of the suppliers; ``suppliers.desk`` fulfils it."""

    def waiting(self) -> list[Waiting]: ...

    def answer_phone(
        self, code: str, given: Literal["approved", "refused"], *, ask_id: str = "", factor: str = ""
    ) -> str: ...


class WaitingSeen(Given):
    id: str
    ask_id: str = Field(description="the login that asks")
    supplier: str
    supplier_name: str
    person: str
    service: str
    factor: str = Field(description="app or qr")
    number: str = Field(description="what to compare, or what stands below the QR code")
    at: str = Field(examples=[EXAMPLE_AT])
    until: str = Field(description="the last moment for an answer")


class AllWaiting(Given):
    waiting: list[WaitingSeen]


class Scan(Given):
    code: str = Field(description="what the QR code says, or what stands below it")
    ask_id: str = Field("", description="the login that it must belong to")


class PhoneAnswer(Given):
    answer: Literal["approve", "refuse"]
    ask_id: str = Field("", description="the login that it must belong to")


class PhoneAnswered(Given):
    answer: Literal["approved", "refused"]


def add(calls: Calls, phone: Phone) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/phone",
            "What waits for an answer of somebody's phone",
            "inbox",
            {200: Answer("newest first", AllWaiting)},
        )
    )
    def waiting() -> ResponseReturnValue:
        return answer({"waiting": [waiting_json(one) for one in phone.waiting()]})

    @calls(
        Operation(
            "POST",
            "/api/v1/phone",
            "Scan a QR code",
            "inbox",
            {200: Answer("the login goes on", PhoneAnswered)},
            body=Body(Scan, {"code": "7K3M-Q2XD"}, strict=False),
            problems=(404, 409),
        )
    )
    def scan() -> ResponseReturnValue:
        code, login = _texts(body.perhaps(), "code", "ask_id")
        if not code:
            raise Answered(
                422, "Which code?", 'Send {"code": "…"}: what the QR code says, or what is below it.'
            )
        return _answered(phone, code_of(code), "approved", login, "qr")

    @calls(
        Operation(
            "POST",
            "/api/v1/phone/{id}",
            "Approve or refuse what an app asks",
            "inbox",
            {200: Answer("the login goes on, or ends", PhoneAnswered)},
            body=Body(PhoneAnswer, {"answer": "approve"}, strict=False),
            problems=(404, 409),
        )
    )
    def post(id: str) -> ResponseReturnValue:  # noqa: A002
        given, login = _texts(body.perhaps(), "answer", "ask_id")
        if given not in ANSWERS:
            raise Answered(422, "Which answer?", 'Send {"answer": "approve"} or {"answer": "refuse"}.')
        return _answered(phone, id, ANSWERS[given], login, "")


def waiting_json(waiting: Waiting) -> dict[str, Any]:
    return {
        **asdict(waiting),
        "service": waiting.service.nl,
        "at": instants.write(waiting.at),
        "until": instants.write(waiting.until),
    }


def code_of(text: str) -> str:
    """What was scanned or typed: the code itself, or the URL that it is in."""
    text = text.strip()[:LONGEST]
    try:
        return parse_qs(urlsplit(text).query).get("code", [text])[0]
    except ValueError:
        return text


def _answered(
    phone: Phone, code: str, given: Literal["approved", "refused"], login: str, factor: str
) -> ResponseReturnValue:
    if wrong := phone.answer_phone(code, given, ask_id=login, factor=factor):
        raise Answered(*_WRONG[wrong])
    return answer({"answer": given})


def _texts(given: object, *names: str) -> tuple[str, ...]:
    """Those of a JSON object that are texts; empty for what is not."""
    found = given if isinstance(given, dict) else {}
    return tuple(value if isinstance(value := found.get(name), str) else "" for name in names)
