"""The page that shows the API's description: `static/config/openapi.json`, made by `make schema`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import get_script_prefix
from django.views.generic import TemplateView

DOCUMENT = Path(__file__).parents[1] / "web" / "static" / "config" / "openapi.json"


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of an object."""

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class Answer:
    """What an operation may answer. `kind` is empty where there is no body."""

    status: str
    kind: str
    description: str


@dataclass(frozen=True)
class Operation:
    """A method of a path. `body` names the object that it takes, if any."""

    name: str
    method: str
    path: str
    description: str
    parameters: list[Field]
    body: str
    answers: list[Answer]
    public: bool


@dataclass(frozen=True)
class Object:
    """An object of JSON."""

    name: str
    description: str
    fields: list[Field]


class ApiDocs(TemplateView):
    """The description as a page, made here: no script, and nothing from elsewhere."""

    template_name = "config/api_docs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The operations and objects, and the prefix that comes before each path."""
        document = read_document()
        return super().get_context_data(**kwargs) | {
            "info": document["info"],
            "operations": list(operations(document)),
            "objects": list(objects(document)),
            "prefix": get_script_prefix().removesuffix("/"),
        }


@cache
def read_document() -> dict[str, Any]:
    """The OpenAPI document, read once a process."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation, in the document's order."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Operation(
                name=operation["operationId"],
                method=method.upper(),
                path=path,
                description=operation["description"],
                parameters=[_field(part, part["schema"]) for part in operation.get("parameters", [])],
                body=_kind(_content(operation.get("requestBody", {}))),
                answers=[
                    Answer(status, _kind(_content(answer)), answer["description"])
                    for status, answer in operation["responses"].items()
                ],
                public="security" not in operation,
            )


def objects(document: dict[str, Any]) -> Iterator[Object]:
    """Every object that an operation takes or answers."""
    for name, schema in document["components"]["schemas"].items():
        required = schema.get("required", [])
        fields = [
            _field({"name": field, "required": field in required}, inner)
            for field, inner in schema.get("properties", {}).items()
        ]
        yield Object(name, schema.get("description", "") or _kind(schema), fields)


def _field(part: dict[str, Any], schema: dict[str, Any]) -> Field:
    description = part.get("description") or schema.get("description", "")
    return Field(part["name"], _kind(schema), bool(part.get("required")), description)


def _content(message: dict[str, Any]) -> dict[str, Any]:
    """The schema of a message's body; it has one media type, or none."""
    return next((content["schema"] for content in message.get("content", {}).values()), {})


def _kind(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": str(reference)} | {"allOf": [{"$ref": str(reference)}]}:
            return reference.rpartition("/")[-1]
        case {"enum": values}:
            return "one of " + ", ".join(values)
        case {"items": items}:
            return f"list of {_kind(items)}"
        case {"type": kinds}:
            kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
            return f"{kind} ({schema['format']})" if "format" in schema else str(kind)
    return ""
