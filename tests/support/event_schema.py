"""docs/schemas: what other systems are told to expect of an event."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = settings.BASE_DIR / "docs" / "schemas" / "subscription-events.v1.json"


@cache
def event_schema() -> Any:
    """The schema. Raises jsonschema's SchemaError where the file holds none."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return schema


def problems(event: Any) -> list[str]:
    """Where an event is not as described, in words."""
    validator = Draft202012Validator(event_schema(), format_checker=FormatChecker(["date-time"]))
    return [error.message for error in validator.iter_errors(event)]


def undescribed(event: dict[str, Any], schema: Any = None) -> Iterator[str]:
    """The members of an event, and of the objects in it, that the schema says nothing of."""
    described = (schema or event_schema())["properties"]
    for name, value in event.items():
        if name not in described:
            yield name
        elif isinstance(value, dict):
            yield from undescribed(value, described[name])
