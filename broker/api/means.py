"""The means of a person: each may be made, changed and taken away without repeating the person."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from broker.api import body, examples, models
from broker.api.described import Answer, Body, Calls, Operation, answer, asked
from broker.api.register import by, changed
from broker.api.view import View
from broker.parts import Parts
from suppliers.register import editing
from suppliers.register.changes import Section
from suppliers.register.model import PersonRecord
from suppliers.register.schema import MeansPart

_ALL = "/api/v1/people/{key}/means"
_ONE = _ALL + "/{supplier}/{name}"
_HOW = (
    "A means is named by its supplier's slug and its user name, or the number of its card. It belongs to the person: "
    "a change of it is a change of that person."
)


def add(calls: Calls, parts: Parts) -> None:
    def person(view: View, key: str) -> PersonRecord:
        found = editing.existing(view.layer, Section.PEOPLE, key)
        assert isinstance(found, PersonRecord)
        return found

    def one(here: Parts, key: str, supplier: str, name: str, *, new: bool = False) -> ResponseReturnValue:
        view = View(here)
        holder = person(view, key)
        found = view.means(holder)[editing.means_at(holder, supplier, name)]
        return answer(found, 201 if new else 200)

    @calls(
        Operation(
            "GET",
            _ALL,
            "The means of a person",
            "means",
            {200: Answer("in the order of the file", models.MeansOfPerson)},
            query=models.InRoom,
            problems=(404,),
        )
    )
    def list_(key: str) -> ResponseReturnValue:
        view = View(parts.seen_by(asked(models.InRoom).tag))
        return answer({"means": view.means(person(view, key))})

    @calls(
        Operation(
            "GET",
            _ONE,
            "One means of a person",
            "means",
            {200: Answer("as it is in force", models.Means)},
            query=models.InRoom,
            problems=(404,),
            rest="name",
            more=_HOW,
        )
    )
    def get(key: str, supplier: str, name: str) -> ResponseReturnValue:
        return one(parts.seen_by(asked(models.InRoom).tag), key, supplier, name)

    @calls(
        Operation(
            "PUT",
            _ONE,
            "Give a person a means, or replace it",
            "means",
            {
                200: Answer("it is as asked; nothing changed if it was so already", models.Means),
                201: Answer("made", models.Means),
            },
            query=models.Tagged,
            body=Body(MeansPart, {key: value for key, value in examples.MEANS.items() if key != "username"}),
            problems=(404, 409),
            rest="name",
            more=f"{_HOW} supplier and username may be left out of the body; a smartcard is said by card.",
        )
    )
    def put(key: str, supplier: str, name: str) -> ResponseReturnValue:
        here = parts.seen_by(asked(models.Tagged).tag)
        value, who = body.read(), by(here)
        step = changed(here, lambda layer: editing.put_means(layer, key, supplier, name, value, who))
        return one(here, key, supplier, name, new=step.new)

    @calls(
        Operation(
            "DELETE",
            _ONE,
            "Take a means from a person",
            "means",
            {200: Answer("what went; what a file has of it is back after a reset", models.Gone)},
            query=models.Tagged,
            problems=(404, 409),
            rest="name",
            more=_HOW,
        )
    )
    def delete(key: str, supplier: str, name: str) -> ResponseReturnValue:
        here = parts.seen_by(asked(models.Tagged).tag)
        who = by(here)
        step = changed(here, lambda layer: editing.delete_means(layer, key, supplier, name, who))
        back = "POST /api/v1/reset?what=changes" + (f"&tag={here.tag}" if here.tag else "")
        return answer(
            {
                "gone": [{"section": "means", "key": f"{supplier}/{name}"}],
                "hidden": int(step.hides),
                "note": f"person {key} is as changed over the API; {back} undoes that",
            }
        )
