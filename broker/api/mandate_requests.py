"""Mandates that came about while running: what was asked, and what was granted."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from flask import Response, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from broker.api import body
from broker.api.described import Answer, Body, Calls, Operation, answer, asked
from broker.api.models import DESCRIBED, Given, Tag
from broker.api.problems import Answered
from broker.console.mandates import is_granted, request_json
from broker.parts import Parts
from suppliers.approving import Approvals
from suppliers.grants import MandateRequest
from suppliers.register.model import Mandate
from suppliers.register.schema import Part

REQUESTS = "/api/v1/mandate-requests"
GRANTED = "/api/v1/granted-mandates"


class InTwoLanguages(Given):
    nl: str
    en: str


class MandateRequestSeen(Given):
    id: str
    status: Literal["asked", "approved", "refused"]
    person: str
    person_name: str | None
    company: str
    company_name: str | None
    service: str
    service_name: InTwoLanguages
    level: str
    supplier: str
    exchange: str = Field(description="the login in which it was asked")
    mandate: str | None = Field(description="of the file, where that has it as requested")
    asked_at: str
    mailed_at: str | None = Field(description="when the mandate manager last got mail about it")
    decided_at: str | None
    decided_by: str | None = Field(description="manager, console or company")
    until: str | None = Field(description="the last day of what was approved")
    reason: str | None = Field(description="why it was refused")
    mend: str | None = Field(description="what to write in the YAML where nobody was mailed")
    tag: str = Field(description="the room in which it was asked; empty for none")


class MandateRequests(Given):
    requests: list[MandateRequestSeen]


class GrantedMandate(Given):
    id: str = Field(description="of the request")
    mandate: str
    person: str
    company: str
    service: str | None
    provider: str | None
    level: str
    from_: str | None = Field(alias="from")
    until: str | None
    exchange: str
    tag: str = Field(description="the room in which it counts; empty for the one without a tag")


class GrantedMandates(Given):
    mandates: list[GrantedMandate]


class Approval(Given):
    until: date | None = Field(None, description="the last day; as late as may be when left out")


class Refusal(Given):
    reason: str = ""


class OfRoom(Part):
    model_config = DESCRIBED

    tag: Tag = Field("", description="the room in which they were asked; of all when left out")


def add(calls: Calls, parts: Parts, approvals: Approvals) -> None:
    def existing(id: str) -> MandateRequest:  # noqa: A002
        if found := approvals.grants.find(id):
            return found
        raise _missing(id)

    def decided(id: str, found: MandateRequest | None) -> ResponseReturnValue:  # noqa: A002
        if found:
            return answer(request_json(parts, approvals, found))
        now = approvals.grants.find(id)
        said = f"it was {now.status}" if now and not now.is_open else "its company is no longer in the YAML"
        raise Answered(409, "Cannot be decided", f"{id}: {said}")

    @calls(
        Operation(
            "GET",
            REQUESTS,
            "Requests for a mandate",
            "mandates",
            {200: Answer("newest first", MandateRequests)},
            query=OfRoom,
        )
    )
    def list_() -> ResponseReturnValue:
        tag = asked(OfRoom).tag
        found = [one for one in approvals.grants.requests() if tag in ("", one.tag)]
        return answer({"requests": [request_json(parts, approvals, one) for one in found]})

    @calls(
        Operation(
            "GET",
            f"{REQUESTS}/{{id}}",
            "One request for a mandate",
            "mandates",
            {200: Answer("as it is now", MandateRequestSeen)},
            problems=(404,),
        )
    )
    def get(id: str) -> ResponseReturnValue:  # noqa: A002
        return answer(request_json(parts, approvals, existing(id)))

    @calls(
        Operation(
            "POST",
            f"{REQUESTS}/{{id}}/approve",
            "Approve a request for a mandate",
            "mandates",
            {200: Answer("approved", MandateRequestSeen)},
            body=Body(Approval, {}, required=False, strict=False),
            problems=(404, 409),
        )
    )
    def approve(id: str) -> ResponseReturnValue:  # noqa: A002
        found = existing(id)
        until = _until(approvals, found, _given("until"))
        return decided(id, approvals.approve(found, until, "console"))

    @calls(
        Operation(
            "POST",
            f"{REQUESTS}/{{id}}/refuse",
            "Refuse a request for a mandate",
            "mandates",
            {200: Answer("refused", MandateRequestSeen)},
            body=Body(Refusal, {"reason": "Niet afgesproken"}, required=False, strict=False),
            problems=(404, 409),
        )
    )
    def refuse(id: str) -> ResponseReturnValue:  # noqa: A002
        found = existing(id)
        reason = _given("reason").get("reason", "")
        if not isinstance(reason, str):
            raise Answered(422, "Which reason?", f"reason is a text; received {reason!r}")
        return decided(id, approvals.refuse(found, reason, "console"))

    @calls(
        Operation(
            "GET",
            GRANTED,
            "Mandates that were granted while running",
            "mandates",
            {200: Answer("over those of the register", GrantedMandates)},
            query=OfRoom,
        )
    )
    def granted() -> ResponseReturnValue:
        tag = asked(OfRoom).tag
        found = approvals.grants.granted()
        return answer({"mandates": [_granted(*one) for one in found if tag in ("", one[0].tag)]})

    @calls(
        Operation(
            "DELETE",
            f"{GRANTED}/{{id}}",
            "Take back a mandate that was granted while running",
            "mandates",
            {204: Answer("it is no more")},
            problems=(404,),
        )
    )
    def withdraw(id: str) -> ResponseReturnValue:  # noqa: A002
        found = approvals.grants.find(id)
        if found is None or not is_granted(approvals, found):
            detail = f"no mandate {id[:200]} was granted while running; GET {GRANTED} lists them"
            raise Answered(404, "Not granted", detail)
        approvals.withdraw(found)
        return Response(status=204)


def _granted(asked: MandateRequest, mandate: Mandate) -> dict[str, Any]:
    return {
        "id": asked.id,
        "mandate": mandate.id,
        "person": mandate.person,
        "company": mandate.company,
        "service": mandate.service or None,
        "provider": mandate.provider or None,
        "level": mandate.level.label,
        "from": mandate.start.isoformat() if mandate.start else None,
        "until": mandate.until.isoformat() if mandate.until else None,
        "exchange": asked.exchange,
        "tag": asked.tag,
    }


def _given(only: str) -> dict[str, Any]:
    """The JSON of this call, which may be absent and has one key at most."""
    if not request.get_data():
        return {}
    found = body.perhaps(any_type=True)
    if isinstance(found, dict) and set(found) <= {only}:
        return found
    raise Answered(422, "This is not understood", f'Send nothing, or JSON: {{"{only}": "…"}}')


def _until(approvals: Approvals, asked: MandateRequest, found: dict[str, Any]) -> date:
    last, given = approvals.last_day(asked), found.get("until")
    if given is None:
        return last
    try:
        until = date.fromisoformat(given)
    except (TypeError, ValueError):
        raise Answered(422, "Until when?", f"until is a day such as {last}; received {given!r}") from None
    if approvals.wrong_until(asked, until):
        raise Answered(
            422, "Until when?", f"until is from {approvals.today(asked)} to {last}; received {until}"
        )
    return until


def _missing(id: str) -> Answered:  # noqa: A002
    return Answered(404, "No such request", f"there is no request {id[:200]}; GET {REQUESTS} lists them")
