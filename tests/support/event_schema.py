"""Schema in docs/schemas, the contract for consumers of events."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = settings.BASE_DIR / "docs" / "schemas" / "subscription-events.v1.json"


@cache
def event_schema() -> Any:
    """Return the schema. Raises jsonschema's SchemaError if it is invalid."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return schema


def problems(event: Any) -> list[str]:
    """Return the violations of the schema in words."""
    validator = Draft202012Validator(event_schema(), format_checker=FormatChecker(["date-time"]))
    return [error.message for error in validator.iter_errors(event)]


def undescribed(event: dict[str, Any], schema: Any = None) -> Iterator[str]:
    """Yield the members of an event and its objects that the schema does not describe."""
    described = (schema or event_schema())["properties"]
    for name, value in event.items():
        if name not in described:
            yield name
        elif isinstance(value, dict) and "properties" in described[name]:  # others hold what integrators put there
            yield from undescribed(value, described[name])
