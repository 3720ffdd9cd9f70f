"""`make status`: a table of a stage, even if parts are missing or broken."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from django.conf import settings

from infra.deployment.deployment import Deployment
from infra.deployment.status import Status, show
from infra.errors import NotHealthy
from tests.infra.deployment.account import Account
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

NOW = datetime.now(UTC).replace(second=30, microsecond=0)
ROWS = ["release", "commit", "since", "database", "health", "last sweep", "oldest pending", "alarms", "lock"]


@pytest.fixture
def live(stage_on_aws: RunningStage) -> RunningStage:
    """Return a stage with a kept release."""
    stage_on_aws.provide("good")
    return stage_on_aws


def table(deployment: Deployment) -> dict[str, str]:
    return {row.name: row.said for row in Status(deployment, NOW).rows()}


def unhealthy(deployment: Deployment) -> list[str]:
    return [row.name for row in Status(deployment, NOW).rows() if not row.healthy]


def put_metric(name: str, value: float, age: timedelta, stage: str = "dev") -> None:
    dimensions = [{"Name": "Project", "Value": "subs"}, {"Name": "Stage", "Value": stage}]
    boto3.client("cloudwatch").put_metric_data(
        Namespace=settings.METRIC_NAMESPACE,
        MetricData=[{"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": NOW - age}],
    )


def put_alarm(name: str, state: str) -> None:
    client = boto3.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=name,
        Namespace=settings.METRIC_NAMESPACE,
        MetricName="OldestPending",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Maximum",
        Threshold=900,
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="said by a test")


def test_healthy_stage_is_shown_in_one_table(live: RunningStage, capsys: pytest.CaptureFixture[str]) -> None:
    for age, expired in ((3, 7), (1, 2)):
        put_metric("SubscriptionsExpired", expired, timedelta(minutes=age))
        put_metric("OldestPending", 60 * age, timedelta(minutes=age))
    put_metric("OldestPending", 5000, timedelta(0), stage="production")
    put_alarm("subs-dev-delivery-late", "OK")
    put_alarm("subs-production-delivery-late", "ALARM")

    show(live.deployment, NOW)

    said = dict(re.findall(r"^  (.{16})(.*)$", capsys.readouterr().out, re.MULTILINE))
    rows = {name.strip(): value for name, value in said.items()}
    assert list(rows) == ROWS
    assert (rows["release"], rows["commit"], rows["health"]) == ("version 1", "000000000000", "ok")
    swept = NOW - timedelta(minutes=1)
    assert rows["last sweep"] == f"{swept:%Y-%m-%d %H:%M} UTC, 2 expired"
    assert (rows["oldest pending"], rows["alarms"], rows["lock"]) == ("0:01:00 old", "none of 1", "free")
    assert datetime.now(UTC) - datetime.strptime(f"{rows['since']}+0000", "%Y-%m-%d %H:%M UTC%z") < timedelta(minutes=5)


def with_database(account: Account, engine: str) -> Deployment:
    """Return a stage with a database's stack, whose template makes none, which moto cannot."""
    template = {
        "Parameters": {name: {"Type": "String"} for name in ("Project", "Stage", "Engine")},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "database"}}},
        "Outputs": {"DatabaseIdentifier": {"Value": "subs-dev"}},
    }
    (account.directory / "data.yaml").write_text(json.dumps(template))
    deployment = replace(account.deployment(), templates=account.directory)
    deployment.update_data({"Engine": engine})
    return deployment


def put_capacity(cluster: str, units: float, age: timedelta) -> None:
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "ServerlessDatabaseCapacity",
                "Dimensions": [{"Name": "DBClusterIdentifier", "Value": cluster}],
                "Value": units,
                "Timestamp": NOW - age,
            }
        ],
    )


@pytest.mark.parametrize(("newest", "said"), [(0, "asleep"), (0.5, "awake at 0.5 capacity units")])
def test_database_that_sleeps_is_told_from_one_that_is_awake(account: Account, newest: float, said: str) -> None:
    deployment = with_database(account, "aurora")
    for minutes, units in ((1, newest), (2, 0), (3, 1), (4, 0)):
        put_capacity("subs-dev", units, timedelta(minutes=minutes))
        put_capacity("subs-production", 8, timedelta(minutes=minutes))
    awake = 1 + bool(newest)
    assert table(deployment)["database"] == f"aurora subs-dev, {said}; awake in {awake} of the last 4 minutes"
    assert "database" not in unhealthy(deployment)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("aurora", "subs-dev, which CloudWatch does not know within 12 h"),
        ("instance", "subs-dev, always on"),
    ],
)
def test_database_without_a_capacity_is_named(account: Account, engine: str, said: str) -> None:
    assert table(with_database(account, engine))["database"] == f"{engine} {said}"


def test_bad_health_is_told_and_fails(live: RunningStage) -> None:
    live.functions.unready.add("good")
    with pytest.raises(NotHealthy, match=r"subs-dev is not healthy: health\."):
        show(live.deployment, NOW)
    assert table(live.deployment)["health"].endswith("/readyz answered 503: no sweep for 10 minutes")


def test_alarm_is_named_and_fails(live: RunningStage) -> None:
    put_alarm("subs-dev-delivery-late", "ALARM")
    put_alarm("subs-dev-dead-letters", "OK")
    assert table(live.deployment)["alarms"] == "delivery-late"
    assert unhealthy(live.deployment) == ["alarms"]


def test_stage_without_anything_is_shown_as_such(account: Account) -> None:
    account.with_stack, account.secret = False, None
    rows = table(deployment := account.deployment())
    assert list(rows) == ROWS
    assert rows["release"] == rows["commit"] == rows["since"] == "nothing is deployed"
    assert "run `make deploy STAGE=dev`" in rows["health"]
    assert rows["last sweep"] == rows["oldest pending"] == "no value within 12 h"
    assert rows["lock"] == "free"
    assert rows["database"] == "elsewhere: the function's secret has the address"
    assert unhealthy(deployment) == ["release", "commit", "since", "health"]


def test_unavailable_part_is_reported_in_its_row_only(live: RunningStage, answers: InjectedAnswers) -> None:
    answers.refuse("monitoring.DescribeAlarms", "AccessDenied", "not authorized to perform", status=403)
    rows = list(Status(live.deployment, NOW).rows())
    assert [row.name for row in rows if not row.healthy] == ["alarms"]
    (alarms,) = (row for row in rows if row.name == "alarms")
    assert "not authorized to perform" in alarms.said


def test_command_that_is_at_work_is_shown(live: RunningStage) -> None:
    with live.deployment.lock("deploy").held():
        rows = table(live.deployment)
    assert re.fullmatch(r"`make deploy` by arn:aws:\S+ since \S+", rows["lock"])
    assert not unhealthy(live.deployment)


def test_code_that_was_not_kept_is_no_release(live: RunningStage) -> None:
    live.edit_in_the_console("hotfix")
    rows = table(live.deployment)
    assert rows["release"] == "one that was not kept: see `make releases`"
    assert unhealthy(live.deployment) == ["release"]
