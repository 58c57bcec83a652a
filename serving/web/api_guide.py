"""The OpenAPI document as a page that reads without script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FieldLine:
    """One parameter or field."""

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One path with one method."""

    method: str
    path: str
    summary: str
    description: str
    tag: str
    takes: tuple[FieldLine, ...]
    answers: str
    """Name of the schema of the good answer, empty for plain text."""
    responses: tuple[tuple[str, str], ...]
    """Status and what it means."""


@dataclass(frozen=True, kw_only=True)
class ApiGuide:
    """Everything the page shows."""

    title: str
    version: str
    description: str
    operations: tuple[Operation, ...]
    schemas: tuple[tuple[str, tuple[FieldLine, ...]], ...]


def api_guide(document: dict[str, Any]) -> ApiGuide:
    """Arrange an OpenAPI document for reading."""
    schemas = document["components"]["schemas"]
    operations = [
        _operation(method, path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    tags = [tag["name"] for tag in document["tags"]]
    return ApiGuide(
        title=document["info"]["title"],
        version=document["info"]["version"],
        description=document["info"]["description"],
        operations=tuple(sorted(operations, key=lambda one: tags.index(one.tag))),
        schemas=tuple(
            (name, _fields(schema))
            for name, schema in sorted(schemas.items())
            if "properties" in schema
        ),
    )


def _operation(
    method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]
) -> Operation:
    parameters = [
        FieldLine(
            name=parameter["name"],
            kind=_kind(parameter["schema"]),
            required=parameter["required"],
            description=_described(parameter["schema"]),
        )
        for parameter in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next(iter(operation["responses"].values()))
    answer = good.get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        tag=operation["tags"][0],
        takes=(*parameters, *_fields(schemas.get(_kind(body.get("schema", {})), {}))),
        answers=_kind(answer) if answer else "",
        responses=tuple(
            (status, response["description"]) for status, response in operation["responses"].items()
        ),
    )


def _fields(schema: dict[str, Any]) -> tuple[FieldLine, ...]:
    return tuple(
        FieldLine(
            name=name,
            kind=_kind(field),
            required=name in schema.get("required", []),
            description=_described(field),
        )
        for name, field in schema.get("properties", {}).items()
    )


def _described(schema: dict[str, Any]) -> str:
    """Say what a field is, and how it may be written where its schema shows that."""
    description = str(schema.get("description", ""))
    if not schema.get("examples"):
        return description
    example = schema["examples"][0]
    shown = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
    return f"{description} Example: {shown}"


def _kind(schema: dict[str, Any]) -> str:
    """Name a type: a schema's name, or what JSON calls it."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
        case {"anyOf": options}:
            name = " or ".join(_kind(option) for option in options)
        case {"const": value}:
            name = f'"{value}"'
        case {"enum": values}:
            name = " or ".join(f'"{value}"' for value in values)
        case {"type": "array", "items": items}:
            name = f"list of {_kind(items)}"
        case {"additionalProperties": dict(values)}:
            name = f"object of {_kind(values)}"
        case _:
            name = str(schema.get("format", schema.get("type", "")))
    return name
