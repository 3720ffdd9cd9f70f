"""Rules without a target, left by an interrupted `zappa schedule`, are removed by the next deployment."""

from collections.abc import Callable

import boto3
import pytest

from infra.deployment.deployment import Deployment

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

TARGET = {"Id": "1", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:subs-dev"}
OF_AN_EARLIER_RELEASE = "subs-dev-config.jobs.gone"
SCHEDULED = "subs-dev-config.operations.jobs.delete_old_rows"
OF_ANOTHER_STAGE = "subs-dev-2-config.jobs.gone"


def rules() -> set[str]:
    return {rule["Name"] for rule in boto3.client("events").list_rules()["Rules"]}


def test_rule_without_a_target_is_removed_and_no_other(
    released: Deployment, prove_usable: Callable[[Deployment], None]
) -> None:
    events = boto3.client("events")
    for name in (OF_AN_EARLIER_RELEASE, SCHEDULED, OF_ANOTHER_STAGE):
        events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule=SCHEDULED, Targets=[TARGET])  # type: ignore[list-item] # boto3's types want all members

    released.complete()

    assert rules() == {SCHEDULED, OF_ANOTHER_STAGE}
    events.delete_rule(Name=OF_ANOTHER_STAGE)
    prove_usable(released)
