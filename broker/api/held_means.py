"""What became of the means of people: wrong tries, blocks, chosen passwords; and back to the file.

A smartcard is named by its number, with ``?card=true``: a number may also be somebody's user name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from flask.typing import ResponseReturnValue
from pydantic import Field, StringConstraints

from broker.api.described import Answer, Calls, Operation, answer, asked
from broker.api.models import DESCRIBED, MOST, Given, InRoom, Tagged
from broker.api.problems import Answered, wrong
from broker.console import means_held
from broker.console.means_held import STATES, MeansProblem
from broker.parts import Parts
from suppliers.desk import Desk
from suppliers.register.problems import Problem, nearest, shown

State = Literal[STATES]  # type: ignore[valid-type]
_WHAT = {
    "unblock": "Forget the wrong tries, so that a block is over",
    "reset": "Put back the password that the file has",
}
_Said = Annotated[str, StringConstraints(max_length=200)]


class MeansState(Given):
    """Never a password or a PIN."""

    supplier: str
    username: str = Field(description="or the number of the card")
    card: bool
    person: str
    name: str
    level: str
    state: State
    until: str | None = Field(description="the last day")
    wrong: int = Field(description="wrong tries so far")
    left: int = Field(description="tries until it is blocked")
    password_changed: bool = Field(description="whether its holder chose another than that of the file")
    can_unblock: bool
    place: str = Field(description="the line that has it")


class MeansStates(Given):
    means: list[MeansState]
    more: int = Field(description=f"how many there are beside these {MOST}")


class MeansStateQuery(InRoom):
    model_config = DESCRIBED

    supplier: _Said = Field("", description="slug of a supplier")
    state: Literal[("", *STATES)] = ""  # type: ignore[valid-type]
    q: _Said = Field("", description="text in person, name, e-mail address or user name, case ignored")


class CardQuery(Tagged):
    model_config = DESCRIBED

    card: bool = Field(False, description="whether the name is the number of a smartcard")


def add(calls: Calls, parts: Parts, desk: Desk) -> None:
    @calls(
        Operation(
            "GET",
            "/api/v1/means",
            "What became of means",
            "means",
            {200: Answer("in the order of the file", MeansStates)},
            query=MeansStateQuery,
            more="Without a filter only those of which there is something to tell: a state, wrong tries, another "
            "password.",
        )
    )
    def list_() -> ResponseReturnValue:
        query = asked(MeansStateQuery)
        if query.supplier not in ("", *desk.profiles):
            known = tuple(sorted(desk.profiles))
            message = f"there is no supplier {shown(query.supplier)}"
            near = nearest(query.supplier, known)
            raise wrong([(("supplier",), Problem("", 0, 0, "supplier", message, known, near))])
        rows = means_held.having(
            parts.seen_by(query.tag),
            desk,
            text=query.q,
            supplier=query.supplier,
            state=query.state,
            every=bool(query.q or query.supplier or query.state),
        )
        return answer({"means": rows[:MOST], "more": max(0, len(rows) - MOST)})

    for change in means_held.CHANGES:
        _changing(calls, parts, desk, change)


def _changing(calls: Calls, parts: Parts, desk: Desk, what: str) -> None:
    @calls(
        Operation(
            "POST",
            f"/api/v1/means/{{supplier}}/{{username}}/{what}",
            _WHAT[what],
            "means",
            {200: Answer("as it is now", MeansState)},
            query=CardQuery,
            problems=(404, 409),
            rest="username",
        )
    )
    def change(supplier: str, username: str) -> ResponseReturnValue:
        query = asked(CardQuery)
        try:
            here = parts.seen_by(query.tag)
            return answer(means_held.change(here, desk, what, supplier, username, card=query.card))
        except MeansProblem as problem:
            raise Answered(problem.status, problem.title, problem.reason) from None
