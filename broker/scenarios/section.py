"""The section ``scenarios:`` of the YAML: who gets which scenario, whenever they log in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WithJsonSchema, model_validator

from broker.scenarios.armed import Armed
from suppliers.register.model import Place, Register
from suppliers.register.problems import Surprise, nearest, shown
from suppliers.register.schema import fault


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=500)]

Value = Annotated[Text, WithJsonSchema({"type": ["string", "integer"], "maxLength": 500})]


class ScenarioEntry(BaseModel):
    """One scenario, and the logins that get it; what is not said does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: Text = Field(description="its name", examples=["wrong-audience", "mandate-expired"])
    person: Text | None = Field(
        None, description="user name or key of the person who logs in", examples=["verkeerde-audience"]
    )
    sp: Text | None = Field(
        None,
        description="entity id of the service provider",
        examples=["urn:etoegang:DV:00000001999999990000:entities:9999"],
    )
    service: Text | None = Field(
        None,
        description="a service: its ServiceID, a UUID, its name or its key",
        examples=["Mijn Helpdesk po"],
    )
    relay_state: Text | None = Field(None, description="the RelayState of the request", examples=["t-42"])
    params: dict[str, Value] = Field(
        default_factory=dict,
        description="what can be set of this scenario",
        examples=[{"seconds": 600}],
    )
    times: int = Field(
        0, ge=0, le=1_000_000, description="in how many logins; 0 is in every one", examples=[1]
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: Any) -> Any:
        return (
            {key: value for key, value in data.items() if value is not None}
            if isinstance(data, dict)
            else data
        )

    @model_validator(mode="after")
    def _known(self) -> ScenarioEntry:
        # Here, for the scenarios themselves use what is configured by this section.
        from broker.scenarios.catalogue import CATALOGUE
        from broker.scenarios.model import WrongParams

        found = CATALOGUE.get(self.scenario)
        if found is None:
            likely = nearest(self.scenario, tuple(CATALOGUE))
            raise fault(f"{shown(self.scenario)} is not a scenario", *CATALOGUE, nearest=likely)
        try:
            found.filled(self.params)
            found.aimed(self.sp or "", self.person or "")
        except WrongParams as error:
            raise fault(str(error)) from None
        return self

    def armed(self, number: int) -> Armed:
        """``number`` is its place in the file, from 1."""
        said = json.dumps([number, self.model_dump(mode="json")], sort_keys=True)
        return Armed(
            id=f"file-{hashlib.sha256(said.encode()).hexdigest()[:16]}",
            scenario=self.scenario,
            params=dict(self.params),
            sp=self.sp or "",
            service=self.service or "",
            person=self.person or "",
            relay_state=self.relay_state or "",
            times=self.times,
            source=f"eherkenning.yaml, scenarios[{number}]",
        )


class ScenarioSection(RootModel[list[ScenarioEntry]]):
    """All of them, in the order of the file; of two that fit as well the later one wins."""

    @model_validator(mode="before")
    @classmethod
    def _none(cls, data: Any) -> Any:
        return [] if data == {} else data

    def armed(self) -> tuple[Armed, ...]:
        return tuple(entry.armed(number) for number, entry in enumerate(self.root, 1))

    def surprises(self, register: Register, file: str) -> Iterator[Surprise]:
        """What may surprise: a person whom the register does not know never logs in."""
        wanted = {entry.person.casefold() for entry in self.root if entry.person}
        if not wanted:
            return
        names = {
            name.casefold()
            for person in register.people.values()
            for name in (person.key, *(means.username for means in person.means))
        }
        for index, entry in enumerate(self.root):
            if entry.person and entry.person.casefold() not in names:
                message = f"nobody has the key or the user name {shown(entry.person)}: nobody will get {entry.scenario}"
                likely = nearest(entry.person, tuple(register.people))
                yield Surprise(Place(file), ("scenarios", index, "person"), message, likely)
