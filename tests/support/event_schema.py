"""Schemas in docs/schemas, the contract for consumers of events."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker

SCHEMAS = settings.BASE_DIR / "docs" / "schemas"


@cache
def schema_of(subject: str) -> Any:
    """Return the schema of the events of a `subscription` or a `payment`. Raises jsonschema's SchemaError."""
    schema = json.loads((SCHEMAS / f"{subject}-events.v1.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return schema


def problems(event: Any, subject: str = "subscription") -> list[str]:
    """Return the violations of the schema in words."""
    validator = Draft202012Validator(schema_of(subject), format_checker=FormatChecker(["date-time"]))
    return [error.message for error in validator.iter_errors(event)]


def undescribed(event: dict[str, Any], schema: Any = None) -> Iterator[str]:
    """Yield the members of an event and its objects that the schema, that of subscriptions by default, lacks."""
    described = (schema or schema_of("subscription"))["properties"]
    for name, value in event.items():
        if name not in described:
            yield name
        elif isinstance(value, dict) and "properties" in described[name]:  # others hold what integrators put there
            yield from undescribed(value, described[name])
