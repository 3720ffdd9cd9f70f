"""EventBridge's rules fire, whoever created them."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.eventbridge.deployed_rules import DeployedRule, deployed_rules
from infra.lambda_local.eventbridge.schedule_clock import Clock
from infra.lambda_local.eventbridge.scheduled_event import delivered_event, zappa_transformer
from infra.packaging.zappa_stage import ZappaStage

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:subs-dev"
TIME = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture
def events(aws: LocalAWS) -> "EventBridgeClient":
    return boto3.client("events")


def put(events: "EventBridgeClient", name: str, **more: Any) -> None:
    """Create a rule with one target."""
    target: Any = {"Id": "1", "Arn": FUNCTION} | more
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=name, Targets=[target])


def test_zappas_rule_delivers_what_its_own_transformer_says(events: "EventBridgeClient", stage: ZappaStage) -> None:
    schedule = stage.schedules[0]
    put(events, schedule.rule_name, InputTransformer=zappa_transformer({"limit": 7}))

    (rule,) = deployed_rules(events)
    ((function, event),) = rule.deliveries(TIME)

    assert (rule.expression, rule.enabled, rule.function) == ("rate(1 minute)", True, schedule.function)
    assert function == FUNCTION
    expected = delivered_event(schedule, region="us-east-1", time=TIME)
    assert event == expected | {"id": event["id"], "kwargs": {"limit": 7}}


def test_targets_without_a_transformer_get_their_constant_or_the_event(events: "EventBridgeClient") -> None:
    put(events, "constant", Input=json.dumps({"manage": "check"}))
    put(events, "plain")

    constant, plain = (rule.deliveries(TIME)[0][1] for rule in deployed_rules(events))

    assert constant == {"manage": "check"}
    assert plain["detail-type"] == "Scheduled Event"
    assert plain["resources"] == [f"arn:aws:events:us-east-1:{ACCOUNT}:rule/plain"]


def test_rules_without_a_schedule_are_left_out_and_disabled_ones_do_not_fire(events: "EventBridgeClient") -> None:
    events.put_rule(Name="pattern", EventPattern='{"source": ["aws.s3"]}')
    put(events, "off")
    events.disable_rule(Name="off")
    fired: list[DeployedRule] = []

    rules = deployed_rules(events)
    Clock(rules, lambda rule, _: fired.append(rule), lambda: TIME).fire_all()

    assert [rule.rule_name for rule in rules] == ["off"]
    assert fired == []


def test_every_rule_and_target_is_read(events: "EventBridgeClient") -> None:
    for number in range(60):
        put(events, f"rule-{number:02}")
    events.put_targets(Rule="rule-00", Targets=[{"Id": "2", "Arn": f"{FUNCTION}-other"}])

    rules = deployed_rules(events)

    assert len(rules) == 60
    assert [function for function, _ in rules[0].deliveries(TIME)] == [FUNCTION, f"{FUNCTION}-other"]
