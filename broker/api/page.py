"""The OpenAPI description as a page: operations by group, their parameters, schemas, and a line for curl."""

from __future__ import annotations

import json
import shlex
from typing import Any


def groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {tag["name"]: {**tag, "operations": []} for tag in document["tags"]}
    base = document["servers"][0]["url"]
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]]["operations"].append(
                {
                    **operation,
                    "method": method.upper(),
                    "path": path,
                    "curl": _curl(base, path, method, operation),
                    "body": _body(operation, schemas),
                    "responses": [
                        {"status": status, "what": said["description"], "fields": _fields(said, schemas)}
                        for status, said in sorted(operation["responses"].items())
                    ],
                }
            )
    return [group for group in found.values() if group["operations"]]


def _curl(base: str, path: str, method: str, operation: dict[str, Any]) -> str:
    words = ["curl"]
    if method != "get":
        words += ["-X", method.upper()]
    content = operation.get("requestBody", {}).get("content", {})
    media = list(content)[-1] if content else ""
    if content:
        words += [
            "-H",
            f"Content-Type: {media}",
            "-d",
            json.dumps(content[media]["example"], ensure_ascii=False),
        ]
    return shlex.join([*words, base + path])


def _body(operation: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, str]]:
    content = operation.get("requestBody", {}).get("content", {})
    return _fields({"content": content}, schemas) if content else []


def _fields(said: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, str]]:
    """The keys of a schema, one level deep."""
    contents = list(said.get("content", {}).values())
    schema: dict[str, Any] = contents[0]["schema"] if contents else {}
    if "$ref" in schema:
        schema = schemas[_name(schema)]
    return [
        {
            "name": name,
            "type": _type(part),
            "required": "ja" if name in schema.get("required", ()) else "",
            "what": part.get("description", ""),
        }
        for name, part in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return str(schema.get("type", "object"))


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
