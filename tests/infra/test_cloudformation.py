"""The templates: names agree with zappa_settings.json, figures with what the code logs, and moto makes what it can."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cfnlint.api import lint_file
from cfnlint.decode.cfn_yaml import load
from django.conf import settings

from config.zappa_settings import Stage, read_document, read_stages
from infra.deployment.policies import DATA, MESSAGING, STAGE
from infra.local.local_aws import LocalAWS
from notifications import wake_up
from notifications.delivery import Delivery
from subscriptions.services import SubscriptionService as Service
from subscriptions.sweep import Sweep, unlimited
from tests.factories import MONTH, make_plan, make_user

Template = dict[str, Any]

OUTPUTS_OF_MESSAGING = {
    "TopicArn", "RoleArn", "DeadLetterQueueArn", "DeadLetterQueueUrl", "FeedbackQueueArn", "ConfigurationSetName",
    "LogGroupName", "SecretArn", "FunctionName",
}  # fmt: skip
OUTPUTS_OF_DATA = {"SubnetIds", "SecurityGroupIds", "DatabaseSecretArn", "DatabaseHost"}

METRIC_FILTER = re.compile(r'\{ \$\.message = "(?P<message>[^"]+)" \}')
OWN_METRICS = "${Project}-${Stage}"


def stages() -> list[Stage]:
    return read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))


@pytest.fixture(scope="module")
def messaging() -> Template:
    return dict(load(str(MESSAGING)))


@pytest.fixture(scope="module")
def data() -> Template:
    return dict(load(str(DATA)))


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """The properties of all resources of a type, by logical name."""
    resources = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == f"AWS::{kind}"}


@pytest.fixture
def made(aws: LocalAWS) -> dict[str, str]:
    """The outputs of a stack of messaging.yaml in the local AWS."""
    client = boto3.client("cloudformation")
    client.create_stack(
        StackName="subs-dev-messaging",
        TemplateBody=MESSAGING.read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in STAGE.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (stack,) = client.describe_stacks(StackName="subs-dev-messaging")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.mark.parametrize("template", [MESSAGING, DATA], ids=lambda path: path.stem)
def test_cfn_lint_finds_nothing(template: Any) -> None:
    assert lint_file(template) == []


def test_cfn_lint_would_find(tmp_path: Any) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(DATA.read_text().replace("SecondsUntilAutoPause", "SecondsUntilPause"))
    assert [match.rule.id for match in lint_file(broken)] == ["E3002"]


def test_what_others_rely_on_is_among_the_outputs(messaging: Template, data: Template) -> None:
    assert messaging["Outputs"].keys() >= OUTPUTS_OF_MESSAGING
    assert data["Outputs"].keys() >= OUTPUTS_OF_DATA


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_stack_makes_what_zappa_settings_name(made: dict[str, str]) -> None:
    dev = stages()[0]
    variables = dev.settings["aws_environment_variables"]
    assert made["RoleArn"] == dev.settings["role_arn"]
    assert made["DeadLetterQueueArn"] == dev.settings["dead_letter_arn"]
    assert made["FunctionName"] == dev.lambda_name
    assert made["LogGroupName"] == f"/aws/lambda/{dev.lambda_name}"
    assert made["TopicArn"] == variables["SNS_TOPIC_ARN"]
    assert made["ConfigurationSetName"] == variables["SES_CONFIGURATION_SET"]
    assert made["SecretArn"] == variables["SECRET_ARN"]
    assert STAGE["FromAddress"] == variables["SES_FROM_ADDRESS"]


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_log_is_kept_for_a_month_and_failed_feedback_for_two_weeks(made: dict[str, str]) -> None:
    (group,) = boto3.client("logs").describe_log_groups(logGroupNamePrefix=made["LogGroupName"])["logGroups"]
    assert group["retentionInDays"] == 30
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=made["FeedbackQueueUrl"], AttributeNames=["All"])
    redrive = json.loads(attributes["Attributes"]["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(":subs-dev-feedback-dead-letters")
    assert attributes["Attributes"]["MessageRetentionPeriod"] == str(14 * 24 * 3600)


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_role_can_be_assumed_by_all_whom_zappa_names_it_to(made: dict[str, str]) -> None:
    role = boto3.client("iam").get_role(RoleName=made["RoleArn"].rpartition("/")[2])["Role"]
    trust: Any = role["AssumeRolePolicyDocument"]
    (statement,) = trust["Statement"]
    assert statement["Principal"] == {
        "Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com"]
    }


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_dashboard_shows_the_rules_and_the_metrics_that_there_are(made: dict[str, str], messaging: Template) -> None:
    body = boto3.client("cloudwatch").get_dashboard(DashboardName=made["FunctionName"])["DashboardBody"]
    metrics = [widget["properties"].get("metrics", [[]]) for widget in json.loads(body)["widgets"]]
    dev = stages()[0]
    assert {rule for event in dev.events for rule in event.rule_names(dev.lambda_name)} <= set(
        re.findall(r'[^"]+', body)
    )
    own = {row[1] for rows in metrics if rows[0][:1] == ["subs-dev"] for row in rows}
    assert own < of_type(messaging, "Logs::MetricFilter").keys()


def test_every_alarm_wakes_somebody_and_looks_at_something_that_exists(messaging: Template) -> None:
    alarms = of_type(messaging, "CloudWatch::Alarm")
    filters = of_type(messaging, "Logs::MetricFilter")
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        if alarm["Namespace"] == {"Fn::Sub": OWN_METRICS}:
            assert alarm["MetricName"] in filters, name


def test_silence_is_an_alarm(messaging: Template) -> None:
    alarms = of_type(messaging, "CloudWatch::Alarm")
    breaching = {name for name, alarm in alarms.items() if alarm["TreatMissingData"] == "breaching"}
    assert breaching == {"SweepDidNotRun", "DeliveryLate"}


def test_slow_is_80_percent_of_the_time_limit(messaging: Template) -> None:
    limit = stages()[0].settings["timeout_seconds"]
    assert of_type(messaging, "CloudWatch::Alarm")["FunctionSlow"]["Threshold"] == limit * 1000 * 0.8
    queues = of_type(messaging, "SQS::Queue")
    assert queues["FeedbackQueue"]["VisibilityTimeout"] == queues["WakeUpQueue"]["VisibilityTimeout"] == limit * 6


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_wake_up_queue_is_the_one_that_the_readme_has_added_to_the_events(made: dict[str, str]) -> None:
    assert made["WakeUpQueueArn"] in (settings.BASE_DIR / "README.md").read_text()
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=made["WakeUpQueueUrl"], AttributeNames=["All"])
    retention = timedelta(seconds=int(attributes["Attributes"]["MessageRetentionPeriod"]))
    assert wake_up.FORGOTTEN_AFTER < retention < timedelta(minutes=10)


@pytest.fixture
def logged(aws: LocalAWS, transactional_db: None, caplog: pytest.LogCaptureFixture) -> dict[str, dict[str, Any]]:
    """The fields of what a sweep and a delivery log, by message."""
    now = datetime.now(UTC)
    Service.create_subscription(make_user(), make_plan(), now=now - MONTH - timedelta(hours=1))
    with caplog.at_level(logging.INFO):
        Sweep(now=now).run()
        Delivery(unlimited).run()
    return {record.getMessage(): record.__dict__ for record in caplog.records}


def test_figures_are_read_from_fields_that_the_code_logs(
    messaging: Template, logged: dict[str, dict[str, Any]]
) -> None:
    for name, properties in of_type(messaging, "Logs::MetricFilter").items():
        pattern = METRIC_FILTER.fullmatch(properties["FilterPattern"])
        (transformation,) = properties["MetricTransformations"]
        assert transformation["MetricName"] == name
        assert pattern, name
        if transformation["MetricValue"] != "1":
            value = logged[pattern["message"]][transformation["MetricValue"].removeprefix("$.")]
            assert isinstance(value, int | float), name


def test_messages_that_are_counted_are_logged(messaging: Template, logged: dict[str, dict[str, Any]]) -> None:
    source = (settings.BASE_DIR / "config" / "lambda_handler.py").read_text()
    filters = of_type(messaging, "Logs::MetricFilter").values()
    for message in {METRIC_FILTER.fullmatch(each["FilterPattern"])["message"] for each in filters}:  # type: ignore[index]
        assert message in logged or f'"{message}"' in source


def test_database_sleeps_unless_a_proxy_keeps_it_awake(data: Template) -> None:
    database = of_type(data, "RDS::DBCluster")["Database"]
    scaling = database["ServerlessV2ScalingConfiguration"]
    assert data["Parameters"]["MinCapacity"]["Default"] == 0
    assert data["Parameters"]["UseProxy"]["Default"] == "false"
    assert scaling["SecondsUntilAutoPause"]["Fn::If"][0] == "MaySleep"
    assert database["StorageEncrypted"] is True
    assert data["Resources"]["Database"]["DeletionPolicy"] == "Snapshot"


def test_idle_connections_end_later_than_django_gives_them_up(data: Template) -> None:
    parameters = of_type(data, "RDS::DBClusterParameterGroup")["DatabaseParameters"]["Parameters"]
    with_proxy, without = parameters["idle_session_timeout"]["Fn::If"][1:]
    assert (with_proxy, int(without)) == ("0", 90_000)
    assert int(without) > 60_000  # CONN_MAX_AGE of config.settings


def test_nothing_in_the_network_is_open_to_the_internet(data: Template) -> None:
    groups = of_type(data, "EC2::SecurityGroup").values()
    incoming = [rule for group in groups for rule in group.get("SecurityGroupIngress", [])]
    incoming += of_type(data, "EC2::SecurityGroupIngress").values()
    assert incoming
    assert all("SourceSecurityGroupId" in rule and "CidrIp" not in rule and "CidrIpv6" not in rule for rule in incoming)
    assert not of_type(data, "EC2::InternetGateway")
    assert of_type(data, "RDS::DBInstance")["DatabaseInstance"]["PubliclyAccessible"] is False
