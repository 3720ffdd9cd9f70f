"""The deployed schedule: EventBridge rules and their targets, read from the local AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from infra.lambda_local.eventbridge.scheduled_event import InputTransformer, scheduled_event, transform

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import TargetOutputTypeDef


@dataclass(frozen=True)
class Target:
    """A rule's target. It receives the transformed event, the constant `input`, or else the event itself."""

    arn: str
    transformer: InputTransformer | None = None
    input: str | None = None

    def receives(self, event: dict[str, Any]) -> Any:
        """Return the target's input for an event. Raises UnsupportedPath."""
        if self.transformer is not None:
            return transform(self.transformer, event)
        return event if self.input is None else json.loads(self.input)


@dataclass(frozen=True)
class DeployedRule:
    """A rule with a schedule."""

    rule_name: str
    expression: str
    enabled: bool
    targets: tuple[Target, ...]
    region: str

    @property
    def function(self) -> str:
        """The function that Zappa's handler runs for the rule: the last part of its name."""
        return self.rule_name.rpartition("-")[2]

    def deliveries(self, time: datetime) -> list[tuple[str, Any]]:
        """Return each target's ARN and input when the rule fires at `time`."""
        event = scheduled_event(self, region=self.region, time=time)
        return [(target.arn, target.receives(event)) for target in self.targets]


def deployed_rules(client: "EventBridgeClient") -> list[DeployedRule]:
    """Return every rule that has a schedule, by name; rules for events of AWS services are left out."""
    return [
        DeployedRule(
            rule["Name"],
            rule["ScheduleExpression"],
            rule["State"] == "ENABLED",
            tuple(_targets(client, rule["Name"])),
            client.meta.region_name,
        )
        for page in client.get_paginator("list_rules").paginate()
        for rule in page["Rules"]
        if rule.get("ScheduleExpression")
    ]


def _targets(client: "EventBridgeClient", rule_name: str) -> Iterator[Target]:
    for page in client.get_paginator("list_targets_by_rule").paginate(Rule=rule_name):
        for target in page["Targets"]:
            yield Target(target["Arn"], _transformer(target), target.get("Input"))


def _transformer(target: "TargetOutputTypeDef") -> InputTransformer | None:
    found = target.get("InputTransformer")
    if found is None:
        return None
    return {"InputPathsMap": found.get("InputPathsMap", {}), "InputTemplate": found["InputTemplate"]}
