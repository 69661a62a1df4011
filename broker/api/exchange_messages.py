"""The messages of one exchange: which there are, what is signed in them, and their bytes."""

from __future__ import annotations

from typing import Any, Literal

from flask.typing import ResponseReturnValue
from pydantic import ConfigDict, Field

from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.models import Given
from broker.api.openapi import BYTES
from broker.api.problems import Answered
from broker.console.download import file_of
from broker.exchange_view.keyring import keyring
from broker.exchange_view.messages import Message, messages
from broker.exchange_view.page import signatures
from broker.exchanges import Exchange
from broker.parts import Parts
from suppliers.register.problems import shown
from suppliers.register.schema import Part

_PATH = "/api/v1/exchanges/{id}/messages"


class SignatureSeen(Given):
    covers: str = Field(description="the element that it is over, or the query parameters; empty for nothing")
    uri: str = Field(description="of its Reference")
    algorithm: str
    digest: str
    canonicalization: str
    key_name: str
    issuer: str = Field(description="who it says it is of")
    owner: str = Field(description="whose key made it; empty where that is not known")
    fingerprint: str = Field(description="SHA-256 of that certificate")
    valid: bool | None = Field(
        description="by the certificates that are known now; null where it was not run"
    )
    why: Literal[
        "holds", "changed", "other-key", "unknown-key", "no-key", "structure", "algorithm", "elsewhere"
    ]
    whole: bool = Field(description="whether it covers the message as a whole")
    line: int


class SamlMessage(Given):
    n: int = Field(description="its number in the exchange, from 1")
    event: int = Field(description="the number of its event, from 1")
    kind: str = Field(description="the name of its element, such as AuthnRequest, or `unreadable`")
    direction: Literal["in", "out"]
    binding: str
    url: str | None
    media_type: Literal["application/xml", "text/plain"]
    bytes: int
    lines: int
    cut: bool = Field(description="whether the log has only its beginning")
    signatures: list[SignatureSeen]
    inside: list[SignatureSeen] = Field(description="those in an assertion that is encrypted as a whole")


class MessagesSeen(Given):
    messages: list[SamlMessage]


class MessageQuery(Part):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    form: Literal["xml", "sent"] = Field(
        "xml", description="`xml`: decoded; `sent`: the form field, the query or the SOAP envelope as it went"
    )


def add(calls: Calls, parts: Parts) -> None:
    def exchange(id: str) -> Exchange:  # noqa: A002
        found = parts.exchanges.get(id)
        if found is None:
            raise Answered(404, "Not there", f"the log has no exchange {shown(id)}; it keeps the newest 1000")
        return found

    @calls(
        Operation(
            "GET",
            _PATH,
            "The messages of one login, in the order in which they went",
            "exchanges",
            {200: Answer("which there are, and what is signed in them", MessagesSeen)},
            problems=(404,),
        )
    )
    def list_(id: str) -> ResponseReturnValue:  # noqa: A002
        found = exchange(id)
        room = parts.seen_by(str(found.last("request").get("tag") or ""))
        ring = keyring(room, room.current)

        def told(message: Message) -> dict[str, Any]:
            own, inside = signatures(message, ring)
            return {
                **message.as_json(),
                "signatures": [one.as_json() for one in own],
                "inside": [one.as_json() for one in inside],
            }

        return answer({"messages": [told(message) for message in messages(found)]})

    @calls(
        Operation(
            "GET",
            f"{_PATH}/{{n}}",
            "The bytes of one message",
            "exchanges",
            {200: Answer("as they were; as a file", media=BYTES)},
            query=MessageQuery,
            problems=(404,),
        )
    )
    def get(id: str, n: str) -> ResponseReturnValue:  # noqa: A002
        query = asked(MessageQuery)
        found = messages(exchange(id))
        message = next((one for one in found if str(one.n) == n), None)
        if message is None:
            raise Answered(404, "Not there", f"exchange {id} has no message {shown(n)}; it has {len(found)}")
        if query.form == "sent" and message.sent is None:
            detail = f"of message {n} the log has no more than its XML: leave out form=sent"
            raise Answered(404, "Not there", detail)
        return file_of(message, id, sent=query.form == "sent", media=BYTES)
