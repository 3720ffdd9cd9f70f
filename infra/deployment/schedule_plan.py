"""EventBridge rules that a deployment would create, change and delete."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from infra.deployment.schedule_rules import ScheduleRules
from infra.packaging.zappa_stage import Schedule

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

NONE = ("", False)


def schedule_changes(client: "EventBridgeClient", rules: ScheduleRules, wanted: Sequence[Schedule]) -> list[str]:
    """Return a line per rule that differs from the settings, by name."""
    found = {name: _shown(client, name) for name in rules.find()}
    planned = {schedule.rule_name: (schedule.expression, schedule.enabled) for schedule in wanted}
    names = sorted(found.keys() | planned.keys())
    pairs = ((name, found.get(name, NONE), planned.get(name, NONE)) for name in names)
    return [_line(name, before, after) for name, before, after in pairs if before != after]


def _shown(client: "EventBridgeClient", name: str) -> tuple[str, bool]:
    rule = client.describe_rule(Name=name)
    return rule.get("ScheduleExpression", ""), rule["State"] == "ENABLED"


def _line(name: str, found: tuple[str, bool], planned: tuple[str, bool]) -> str:
    if found == NONE:
        return f"+ {name} {_words(planned)}"
    if planned == NONE:
        return f"- {name} {_words(found)}"
    return f"~ {name} {_words(found)} -> {_words(planned)}"


def _words(rule: tuple[str, bool]) -> str:
    expression, enabled = rule
    return expression if enabled else f"{expression}, disabled"
