"""The OpenAPI 3.1 description, out of the same descriptions that the routes are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from broker.api import problems
from broker.api.described import NoQuery, Operation
from broker.api.problems import ProblemDocument

SCHEMAS = "#/components/schemas/"
XML = ("application/samlmetadata+xml", "application/xml")
BYTES = "application/octet-stream"
TITLES = {
    400: "Not readable",
    401: "Token needed",
    403: "Called by another site",
    404: "Not there",
    409: "Not possible as things are",
    410: "Over",
    413: "Too big",
    415: "Not JSON",
    421: "Another host name",
    422: "Not right",
    500: "The broker's own fault",
    503: "Not now",
}
GROUPS = {
    "services": "Services that people log in to, as the YAML describes them.",
    "companies": "Companies and their branches.",
    "people": "People, with their means.",
    "means": "The means of a person, and what became of them: wrong tries, blocks, chosen passwords.",
    "mandates": "Mandates: who may act for which company, at which service; asked for and granted too.",
    "suppliers": "Where people log in.",
    "inbox": "SMS, e-mail and app messages; and the phone that approves or scans.",
    "sessions": "Who is still logged in: at a supplier, or at a service provider.",
    "service-providers": "Service providers and service catalogues that are trusted.",
    "keys": "The roll-over of the broker's own key.",
    "logins": "Logins without a browser: every step that a person takes, by call.",
    "scenarios": "What is to go another way than well, in which login.",
    "exchanges": "Logins that came: request, findings, choices, decision, answer.",
    "clock": "The clock of the broker, or of one service provider's logins.",
    "state": "The whole: state, file, reset.",
    "explain": "Why a login would pass or fail, and who can do what.",
}


def document(operations: Iterable[Operation], servers: str) -> dict[str, Any]:
    operations = list(operations)
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mock eHerkenning",
            "version": _version(),
            "summary": "What a tester configures and reads, over HTTP.",
            "description": "For tests only. Keys are those of the YAML, and errors have the texts of the YAML errors.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": servers}],
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of `serve --token`; not needed on loopback.",
                }
            },
        },
    }


def _version() -> str:
    try:
        return version("mock-eherkenning")
    except PackageNotFoundError:
        return "0"


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.group],
        "parameters": [*_of_path(operation), *_of_query(operation.query)],
        "responses": {
            **{str(status): _answer(answer) for status, answer in operation.answers.items()},
            **{str(status): _problem(status) for status in operation.statuses},
        },
    }
    if operation.more:
        found["description"] = operation.more
    if operation.body:
        schema = {"$ref": SCHEMAS + operation.body.model.__name__}
        if operation.body.partial:
            schema = {"type": "object", "description": f"some keys of {operation.body.model.__name__}"}
        content = {"schema": schema, "example": operation.body.example}
        contents = dict.fromkeys(operation.body.media, content)
        if operation.body.xml:
            text = {"schema": {"type": "string"}, "example": operation.body.xml}
            contents = {**dict.fromkeys(XML, text), **contents}
        found["requestBody"] = {"required": operation.body.required, "content": contents}
    return found


def _of_path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "description": "slashes may be written as they are"
            if name == operation.rest
            else "a slash is %2F",
        }
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _of_query(query: type[BaseModel]) -> list[dict[str, Any]]:
    if query is NoQuery:
        return []
    found = []
    whole = query.model_json_schema()
    for name, schema in whole["properties"].items():
        plain = {key: value for key, value in schema.items() if key not in ("title", "description")}
        needed = name in whole.get("required", ())
        parameter = {"name": name, "in": "query", "required": needed, "schema": plain}
        found.append(
            {**parameter, **({"description": schema["description"]} if "description" in schema else {})}
        )
    return found


def _answer(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.what}
    if answer.model:
        found["content"] = {"application/json": {"schema": {"$ref": SCHEMAS + answer.model.__name__}}}
    elif answer.media:
        schema = {"type": "string", "format": "binary"} if answer.media == BYTES else {"type": "object"}
        found["content"] = {answer.media: {"schema": schema}}
    return found


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": SCHEMAS + ProblemDocument.__name__}
    return {"description": TITLES[status], "content": {problems.JSON: {"schema": schema}}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    models: dict[type[BaseModel], None] = {ProblemDocument: None}
    bodies: dict[type[BaseModel], Any] = {}
    keyed: set[type[BaseModel]] = set()
    for operation in operations:
        models.update((answer.model, None) for answer in operation.answers.values() if answer.model)
        if operation.body:
            models[operation.body.model] = None
            if not operation.body.partial:
                bodies[operation.body.model] = operation.body.example
                keyed.update((operation.body.model,) if operation.path.endswith("/{key}") else ())
    _, found = models_json_schema(
        [(model, "validation") for model in models], ref_template=SCHEMAS + "{model}"
    )
    schemas: dict[str, Any] = found["$defs"]
    for model, example in bodies.items():
        schemas[model.__name__]["example"] = example
        key = {"type": "string", "readOnly": True, "description": "may stand in a body as GET gives it"}
        if model in keyed:
            schemas[model.__name__]["properties"]["key"] = key
    return schemas


def text(operations: Iterable[Operation], servers: str) -> str:
    return json.dumps(document(operations, servers), indent=1, ensure_ascii=False)
