"""Scheduled events of EventBridge, and their input transformers."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any, Protocol, TypedDict

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.errors import UnsupportedPath

PLACEHOLDER = re.compile(r"<([A-Za-z0-9_-]+)>")
QUOTE = re.compile(r'(?<!\\)"')
ZAPPA_PATHS = ("time", "detail-type", "source", "account", "region", "detail", "version", "resources", "id")


class InputTransformer(TypedDict):
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html"""

    InputPathsMap: dict[str, str]
    InputTemplate: str


class Rule(Protocol):
    """An EventBridge rule, by its name."""

    @property
    def rule_name(self) -> str: ...


class ZappaSchedule(Rule, Protocol):
    """A rule that Zappa makes, and the `kwargs` that zappa_settings.json gives the scheduled function."""

    @property
    def kwargs(self) -> dict[str, Any]: ...


def scheduled_event(schedule: Rule, *, region: str, time: datetime) -> dict[str, Any]:
    """Return the event that a rule's schedule produces. Zappa finds the function by the rule's name in `resources`.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{ACCOUNT}:rule/{schedule.rule_name}"],
        "detail": {},
    }


def delivered_event(schedule: ZappaSchedule, *, region: str, time: datetime) -> Any:
    """Return the event that the function receives when the schedule fires."""
    return transform(zappa_transformer(schedule.kwargs), scheduled_event(schedule, region=region, time=time))


def zappa_transformer(kwargs: dict[str, Any]) -> InputTransformer:
    """Return the transformer that Zappa puts on each rule's target; a test compares it with Zappa's own."""
    return {
        "InputPathsMap": {name: f"$.{name}" for name in ZAPPA_PATHS},
        "InputTemplate": (
            '{"time": <time>, "detail-type": <detail-type>, "source": <source>,"account": <account>, '
            '"region": <region>,"detail": <detail>, "version": <version>,"resources": <resources>,"id": <id>,'
            f'"kwargs": {json.dumps(kwargs)}}}'
        ),
    }


def transform(transformer: InputTransformer, event: dict[str, Any]) -> Any:
    """Return the target's input, for a template that is JSON.

    A placeholder between quotes becomes the value's text, any other one the value as JSON. A path that the event does
    not have yields an empty string. Raises UnsupportedPath, and ValueError if no JSON results.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    template = transformer["InputTemplate"]
    values = {name: event.get(_member(path), "") for name, path in transformer["InputPathsMap"].items()}

    def put(placeholder: re.Match[str]) -> str:
        value = values.get(placeholder[1], "")
        between_quotes = len(QUOTE.findall(template, 0, placeholder.start())) % 2 == 1
        return value if between_quotes and isinstance(value, str) else json.dumps(value)

    return json.loads(PLACEHOLDER.sub(put, template))


def _member(path: str) -> str:
    root, _, name = path.partition("$.")
    if root or not name or "." in name:
        raise UnsupportedPath(f"only paths of the form $.name are known here, not {path}")
    return name
