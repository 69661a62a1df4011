"""The inbox: SMS, e-mail and app messages that a real supplier would send."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import Field, StringConstraints

from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.models import DESCRIBED, EXAMPLE_AT, MOST, Given, Tag
from broker.api.problems import Answered
from broker.wire import instants
from suppliers.inbox import Filter, Inbox, Message
from suppliers.register.schema import Part


class MessageSeen(Given):
    id: str
    at: str = Field(examples=[EXAMPLE_AT])
    channel: str = Field(description="sms, email or app")
    to: str = Field(description="number or address")
    subject: str
    body: str
    code: str = Field(description="PIN, password or address in it, for whoever reads by machine")
    supplier: str
    ask_id: str = Field(description="the login that it belongs to, which is also its exchange")
    delivery: Literal["kept", "delivered", "failed"] = Field(description="of an e-mail that goes out by SMTP")
    why: str = Field(description="why delivery failed")
    sender: str = Field(description="who handed it in by the SMTP door; empty for the mock's own messages")
    link: str = Field(description="first address of a page in a message that came by the SMTP door, or empty")
    tag: str = Field(description="the room in which it was sent; empty for none")


class Messages(Given):
    messages: list[MessageSeen]


_Said = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]


class InboxQuery(Part):
    model_config = DESCRIBED

    to: _Said = Field("", description="text in number or address, case ignored")
    supplier: _Said = Field("", description="slug of a supplier")
    q: _Said = Field("", description="text in subject, body or code, case ignored")
    tag: Tag = Field("", description="the room in which they were sent")
    limit: int = Field(50, ge=1, le=MOST)
    after: _Said = Field("", description="id of a message: only those that are newer")


def add(calls: Calls, inbox: Inbox) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/inbox",
            "Messages, newest first",
            "inbox",
            {200: Answer("those that fit", Messages)},
            query=InboxQuery,
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(InboxQuery)
        found = inbox.list(query.limit, query.after, Filter(query.to, query.supplier, query.q, query.tag))
        return answer({"messages": [message_json(message) for message in found]})

    @calls(Operation("DELETE", "/api/v1/inbox", "Empty the inbox", "inbox", {204: Answer("it is empty")}))
    def clear() -> ResponseReturnValue:
        inbox.clear()
        return Response(status=204)

    @calls(
        Operation(
            "GET",
            "/api/v1/inbox/{id}",
            "One message",
            "inbox",
            {200: Answer("as it was sent", MessageSeen)},
            problems=(404,),
        )
    )
    def get(id: str) -> ResponseReturnValue:  # noqa: A002
        message = inbox.get(id)
        if message is None:
            raise Answered(
                404, "No such message", f"The inbox has no message {id}; it keeps the newest 1000."
            )
        return answer(message_json(message))


def message_json(message: Message) -> dict[str, object]:
    return {**asdict(message), "at": instants.write(message.at)}
