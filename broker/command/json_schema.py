"""The JSON Schema of ``eherkenning.yaml``, out of the models that read it: the register's and the broker's own."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from broker.scenarios.section import ScenarioSection
from broker.settings import BrokerSection
from broker.sp_settings import SpSections
from suppliers.register.schema import RegisterPart

NAME = "eherkenning.schema.json"
_REF = "#/$defs/{model}"


def schema() -> dict[str, Any]:
    """Draft 2020-12, one object for the whole file; every key has a description and examples where they help."""
    models = [(model, "validation") for model in (RegisterPart, BrokerSection, SpSections, ScenarioSection)]
    refs, found = models_json_schema(models, by_alias=True, ref_template=_REF)  # type: ignore[arg-type]
    definitions = found["$defs"]
    whole = definitions.pop("RegisterPart")
    whole["properties"]["broker"] = {
        **refs[BrokerSection, "validation"],
        "description": "how this broker behaves",
        "examples": [{"rules": "strict"}],
    }
    whole["properties"]["service_providers"] = {
        **refs[SpSections, "validation"],
        "description": "by entity id: how one service provider is judged and answered",
        "examples": [{"urn:etoegang:DV:00000001999999990000:entities:9999": {"rules": "strict"}}],
    }
    whole["properties"]["scenarios"] = {
        **refs[ScenarioSection, "validation"],
        "description": "who gets which scenario, whenever they log in",
        "examples": [[{"scenario": "wrong-audience", "person": "verkeerde-audience"}]],
    }
    _allow_nothing(whole)
    for definition in definitions.values():
        _allow_nothing(definition)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://mock-eherkenning.example/eherkenning.schema.json",
        **whole,
        "title": "eherkenning.yaml of Mock eHerkenning",
        "$defs": definitions,
    }


def _allow_nothing(definition: dict[str, Any]) -> None:
    """A key without a value counts as a key that is not there, unless it is needed."""
    needed = definition.get("required", ())
    for name, value in definition.get("properties", {}).items():
        value.pop("title", None)
        if "patternProperties" in value:
            value["additionalProperties"] = False
        if name in needed or any(option == {"type": "null"} for option in value.get("anyOf", ())):
            continue
        told = {key: value.pop(key) for key in ("description", "examples", "default") if key in value}
        definition["properties"][name] = {"anyOf": [value, {"type": "null"}], **told}
