"""The local EventBridge delivers the same events as EventBridge for Zappa's rules."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from zappa.core import Zappa

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.errors import UnsupportedPath
from infra.lambda_local.eventbridge.scheduled_event import (
    InputTransformer,
    delivered_event,
    scheduled_event,
    transform,
    zappa_transformer,
)
from infra.packaging.zappa_stage import ZappaStage

SWEEP = "subscriptions.jobs.check_expired_subscriptions"
SAMPLE = Path(__file__).parents[3] / "events" / "cloudwatch-scheduled-event.json"


def put_by_zappa(stage: ZappaStage, kwargs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let Zappa schedule the sweep on the local AWS, and return the target of the rule."""
    monkeypatch.setattr(Zappa, "create_event_permission", lambda *_: None)  # there is no function to allow
    monkeypatch.setattr(Zappa, "_clear_policy", lambda *_: None)
    arn = f"arn:aws:lambda:{stage.region}:{ACCOUNT}:function:{stage.lambda_name}"
    zappa = Zappa(boto_session=boto3.Session(), aws_region=stage.region)
    zappa.credentials_arn = f"arn:aws:iam::{ACCOUNT}:role/any"
    schedule = stage.schedule_of(SWEEP)
    event = {"function": SWEEP, "expression": schedule.expression, "kwargs": kwargs}
    zappa.schedule_events(arn, stage.lambda_name, [event])
    (target,) = boto3.client("events").list_targets_by_rule(Rule=schedule.rule_name)["Targets"]
    return dict(target)


@pytest.mark.parametrize("kwargs", [{}, {"plan": "Monthly", "limit": 7}])
def test_the_transformer_is_the_one_that_zappa_puts(
    aws: LocalAWS, stage: ZappaStage, kwargs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert put_by_zappa(stage, kwargs, monkeypatch)["InputTransformer"] == zappa_transformer(kwargs)


def test_aws_sample_event_passes_through_with_the_kwargs_added(stage: ZappaStage) -> None:
    sample = json.loads(SAMPLE.read_text())
    sample["resources"] = scheduled_event(stage.schedules[0], region="us-east-1", time=datetime.now(UTC))["resources"]

    transformed = transform(zappa_transformer({"limit": 7}), sample)

    # The sample has no version, which every event from EventBridge has.
    assert transformed == sample | {"version": "", "kwargs": {"limit": 7}}


def test_a_schedule_delivers_its_rule_and_the_time_in_utc(stage: ZappaStage) -> None:
    schedule = stage.schedule_of(SWEEP)
    time = datetime.fromisoformat("2026-12-01T03:00:00.5+02:00")

    event = delivered_event(schedule, region="us-east-1", time=time)

    assert event["time"] == "2026-12-01T01:00:00Z"
    assert event["resources"] == [f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{schedule.rule_name}"]
    assert event["version"] == "0"
    assert schedule.rule_name.endswith(f"-{SWEEP}")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"value": <text>}', {"value": 'a "b"'}),
        ('{"value": "<number> of <missing>."}', {"value": "7 of ."}),
        ('{"value": <detail>}', {"value": {"n": [1]}}),
        ('"<number>"', "7"),
        ('{"value": "say \\"<number>\\"", "more": <number>}', {"value": 'say "7"', "more": 7}),
        ('{"value": <unknown>}', {"value": ""}),
    ],
)
def test_a_placeholder_is_json_except_between_quotes(template: str, expected: object) -> None:
    paths = {name: f"$.{name}" for name in ("text", "number", "detail", "missing")}
    transformer: InputTransformer = {"InputPathsMap": paths, "InputTemplate": template}

    assert transform(transformer, {"text": 'a "b"', "number": 7, "detail": {"n": [1]}}) == expected


def test_a_path_that_is_not_understood_is_refused() -> None:
    with pytest.raises(UnsupportedPath, match=r"\$\.detail\.n"):
        transform({"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": "<n>"}, {"detail": {"n": 1}})
