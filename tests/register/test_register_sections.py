"""Top-level keys that belong to someone else, such as ``broker:``, get the same care."""

from enum import StrEnum

import pytest
from good_file import complaints, good
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


LAMP = "watt, colour, rules, code, on, weight, size, smell, bulb"


class Bulb(BaseModel):
    model_config = ConfigDict(extra="forbid")

    age: int = Field(1, gt=0, lt=9)


class Socket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    volts: int


class Lamp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    watt: int = Field(ge=1, le=100)
    colour: Colour = Colour.RED
    rules: str = Field("lenient", pattern="^(lenient|strict)$")
    code: str = Field("a", pattern="^[a-z]$", max_length=1)
    on: bool = False
    weight: float = 0.0
    size: int | str = 1
    smell: str = ""
    bulb: Bulb | None = None

    @field_validator("smell")
    @classmethod
    def _no_smell(cls, value: str) -> str:
        if value:
            raise ValueError("a lamp {has} no smell")
        return value


class House(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lamp: Lamp | None = None
    rooms: list[Lamp] = []
    spare: str | Socket = ""


def test_a_section_of_someone_else_becomes_a_model():
    loaded = good("house: {lamp: {watt: 40, on: yes}, rooms: [{watt: 5}]}", house=House)
    assert loaded.sections == {"house": House(lamp=Lamp(watt=40, on=True), rooms=[Lamp(watt=5)])}


@pytest.mark.parametrize("text", ["{}", "house:"], ids=["is not there", "has no value"])
def test_a_section_of_someone_else_that(text):
    assert good(text, house=House).sections == {"house": House()}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "house: {lampp: }",
            'house.lampp: is not known here; allowed: lamp, rooms, spare; did you mean "lamp"?',
            id="a key",
        ),
        pytest.param(
            "house: {lamp: {wat: 1, watt: 1}}",
            f'house.lamp.wat: is not known here; allowed: {LAMP}; did you mean "watt"?',
            id="a key below an optional one",
        ),
        pytest.param(
            "house: {rooms: [{watt: 1, colr: red}]}",
            f'house.rooms[1].colr: is not known here; allowed: {LAMP}; did you mean "colour"?',
            id="a key in a list",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, bulb: {ag: 2}}}",
            'house.lamp.bulb.ag: is not known here; allowed: age; did you mean "age"?',
            id="a key below two optional ones",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, bulb: {age: 0}}}",
            'house.lamp.bulb.age: must be more than 0, not "0"',
            id="too young",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, bulb: {age: 9}}}",
            'house.lamp.bulb.age: must be less than 9, not "9"',
            id="too old",
        ),
        pytest.param("house: {lamp: {}}", "house.lamp.watt: is missing", id="a key that is missing"),
        pytest.param(
            "house: {lamp: {watt: }}", "house.lamp.watt: has no value", id="a value that is missing"
        ),
        pytest.param(
            "house: {lamp: {watt: many}}", 'house.lamp.watt: "many" is not a whole number', id="a number"
        ),
        pytest.param(
            "house: {lamp: {watt: 0}}", 'house.lamp.watt: must be 1 or more, not "0"', id="too small"
        ),
        pytest.param(
            "house: {lamp: {watt: 101}}", 'house.lamp.watt: must be 100 or less, not "101"', id="too big"
        ),
        pytest.param(
            "house: {lamp: {watt: 1, weight: x}}", 'house.lamp.weight: "x" is not a number', id="a fraction"
        ),
        pytest.param(
            "house: {lamp: {watt: 1, colour: Reed}}",
            'house.lamp.colour: "Reed" is not one of the values; allowed: red, green; did you mean "red"?',
            id="one of the values",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, rules: strikt}}",
            'house.lamp.rules: "strikt" is not one of the values; allowed: lenient, strict; did you mean "strict"?',
            id="one of the words of a pattern",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, code: 7}}",
            'house.lamp.code: "7" does not have the form ^[a-z]$',
            id="a pattern",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, code: ab}}",
            "house.lamp.code: is longer than 1 characters",
            id="a length",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, on: maybe}}",
            'house.lamp.on: "maybe" is neither true nor false; allowed: true, false',
            id="true or false",
        ),
        pytest.param(
            "house: {lamp: {watt: 1, smell: roses}}",
            "house.lamp.smell: a lamp {has} no smell",
            id="its own rule",
        ),
        pytest.param(
            "house: x", "house: must consist of 'key: value' lines; allowed: lamp, rooms, spare", id="a text"
        ),
        pytest.param(
            "house: []", "house: must consist of 'key: value' lines; allowed: lamp, rooms, spare", id="a list"
        ),
        pytest.param(
            "hose: {}",
            "hose: is not known here; "
            'allowed: services, companies, people, mandates, include, csv, generate, house; did you mean "house"?',
            id="its name",
        ),
    ],
)
def test_a_mistake_in_a_section_of_someone_else(text, complaint):
    assert complaints(text, house=House) == [f"f.yaml:1: {complaint}"]


def test_a_mistake_in_one_of_two_forms_is_said_for_both():
    assert complaints("house: {spare: {volt: 2}}", house=House) == [
        "f.yaml:1: house.spare: must be one text, not 'key: value' lines",
        "f.yaml:1: house.spare.volts: is missing",
        'f.yaml:1: house.spare.volt: is not known here; allowed: volts; did you mean "volts"?',
    ]


def test_a_section_whose_model_would_let_a_misspelt_key_pass_is_a_mistake_of_ours():
    class Lax(BaseModel):
        pass

    with pytest.raises(TypeError, match="Lax must have extra='forbid', or misspelt keys in lax: go unseen"):
        good("{}", lax=Lax)
