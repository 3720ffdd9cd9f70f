"""CloudWatch's embedded metric format: requirements of AWS's specification and JSON Schema for a log line.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

UNITS = [
    *("Seconds", "Microseconds", "Milliseconds"),
    *(f"{size}{what}" for what in ("bytes", "bits") for size in ("kilo", "mega", "giga", "tera", "")),
    *("Percent", "Count", "None"),
]
"""Units of PutMetricData in any case, except rates, which are not used."""

NAME = {"type": "string", "minLength": 1, "maxLength": 255}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "additionalProperties": False,
            "properties": {
                "Timestamp": {"type": "integer", "description": "milliseconds since 1970"},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/directive"}},
            },
        }
    },
    "$defs": {
        "directive": {
            "type": "object",
            "required": ["Namespace", "Dimensions", "Metrics"],
            "additionalProperties": False,
            "properties": {
                "Namespace": NAME,
                "Dimensions": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "array", "maxItems": 9, "items": NAME},
                },
                "Metrics": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 100,
                    "items": {
                        "type": "object",
                        "required": ["Name"],
                        "additionalProperties": False,
                        "properties": {
                            "Name": NAME,
                            "Unit": {"enum": [unit.capitalize() for unit in UNITS]},
                            "StorageResolution": {"enum": [1, 60]},
                        },
                    },
                },
            },
        }
    },
}


def problems(line: Any) -> list[str]:
    """Return the reasons why CloudWatch would not extract all metrics."""
    found = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(line)]
    return found or list(_broken_references(line))


def _broken_references(line: dict[str, Any]) -> Iterator[str]:
    """Yield metrics that name no number, and dimensions that name no text, at the top of the line."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for metric in directive["Metrics"]:
            value = line.get(metric["Name"])
            if isinstance(value, bool) or not isinstance(value, int | float):
                yield f"{metric['Name']} is {value!r}"
        for dimension in (name for names in directive["Dimensions"] for name in names):
            if not isinstance(line.get(dimension), str):
                yield f"{dimension} is {line.get(dimension)!r}"
