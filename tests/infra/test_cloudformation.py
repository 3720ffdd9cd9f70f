"""Templates: names agree with zappa_settings.json, and moto creates the supported resources."""

import json
import re
from datetime import timedelta
from typing import Any

import boto3
import pytest
from cfnlint.api import lint_file
from cfnlint.decode.cfn_yaml import load
from django.conf import settings

from benchmarks.costs import prices
from benchmarks.costs.cost import SMALL_INSTANCE_GIGABYTES
from config.zappa.stages import Stage, read_document, read_stages
from infra.deployment.policies import DATA, DOMAIN, MESSAGING, STAGE
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.metrics import NotificationMetric
from payments.metrics import PaymentMetric
from subscriptions.metrics import SubscriptionMetric
from tests.infra.deployment.test_configure import GATE
from tests.support.templates import Template, of_type, watched_metrics

OUTPUTS_OF_MESSAGING = {
    "TopicArn", "RoleArn", "DeadLetterQueueArn", "DeadLetterQueueUrl", "FeedbackQueueArn", "ConfigurationSetName",
    "LogGroupName", "SecretArn", "FunctionName",
}  # fmt: skip
OUTPUTS_OF_DATA = {"SubnetIds", "SecurityGroupIds", "DatabaseSecretArn", "DatabaseHost"}


def stages() -> list[Stage]:
    return read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))


@pytest.fixture(scope="module")
def messaging() -> Template:
    return dict(load(str(MESSAGING)))


@pytest.fixture(scope="module")
def data() -> Template:
    return dict(load(str(DATA)))


@pytest.fixture
def made(aws: LocalAWS) -> dict[str, str]:
    """Return the outputs of a stack of messaging.yaml in the local AWS."""
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


@pytest.mark.parametrize("template", [MESSAGING, DATA, DOMAIN], ids=lambda path: path.stem)
def test_cfn_lint_finds_nothing(template: Any) -> None:
    assert lint_file(template) == []


def test_cfn_lint_would_find(tmp_path: Any) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(DATA.read_text().replace("SecondsUntilAutoPause", "SecondsUntilPause"))
    assert [match.rule.id for match in lint_file(broken)] == ["E3002"]


def test_outputs_contain_the_names_that_others_use(messaging: Template, data: Template) -> None:
    assert messaging["Outputs"].keys() >= OUTPUTS_OF_MESSAGING
    assert data["Outputs"].keys() >= OUTPUTS_OF_DATA


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_stack_makes_what_zappa_settings_name(made: dict[str, str]) -> None:
    dev = stages()[0]
    variables = dev.settings["aws_environment_variables"]
    assert made["RoleArn"] == dev.settings["role_arn"]
    assert made["DeadLetterQueueArn"] == dev.settings["dead_letter_arn"]
    assert made["FunctionName"] == dev.lambda_name
    assert [event.source_arn for event in dev.events if event.source_arn] == [made["FeedbackQueueArn"]]
    assert made["LogGroupName"] == f"/aws/lambda/{dev.lambda_name}"
    assert made["TopicArn"] == variables["SNS_TOPIC_ARN"]
    assert made["ConfigurationSetName"] == variables["SES_CONFIGURATION_SET"]
    assert made["SecretArn"] == variables["SECRET_ARN"]
    assert STAGE["FromAddress"] == variables["SES_FROM_ADDRESS"]


def test_alarm_of_money_is_made_where_payments_are_on_alone(messaging: Template) -> None:
    assert messaging["Parameters"]["TakesPayments"]["Default"] == "false"
    assert messaging["Conditions"]["WatchesPayments"] == {"Fn::Equals": [{"Ref": "TakesPayments"}, "true"]}
    resources = messaging["Resources"].items()
    conditional = [name for name, resource in resources if resource.get("Condition") == "WatchesPayments"]
    watching = [
        name
        for name, alarm in of_type(messaging, "CloudWatch::Alarm").items()
        if any(metric["MetricName"] == PaymentMetric.NEEDS_ATTENTION for metric in watched_metrics(alarm))
    ]
    assert conditional == watching == ["PaymentsNeedAttention"]


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_gate_is_one_item_of_the_table_that_configure_names(made: dict[str, str]) -> None:
    table = boto3.client("dynamodb").describe_table(TableName=made["GateTableName"])["Table"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["GateTableName"] == GATE["GATE_TABLE"]


def test_gate_is_reached_without_a_way_out(data: Template) -> None:
    assert data["Resources"]["GateEndpoint"]["Condition"] == "HasEndpoints"
    endpoint = of_type(data, "EC2::VPCEndpoint")["GateEndpoint"]
    assert endpoint["ServiceName"] == {"Fn::Sub": "com.amazonaws.${AWS::Region}.dynamodb"}
    assert (endpoint["VpcEndpointType"], endpoint["RouteTableIds"]) == ("Gateway", [{"Ref": "RouteTable"}])
    associations = of_type(data, "EC2::SubnetRouteTableAssociation").values()
    led = {(each["SubnetId"]["Ref"], each["RouteTableId"]["Ref"]) for each in associations}
    assert led >= {("SubnetA", "RouteTable"), ("SubnetB", "RouteTable")}


def test_every_stage_does_the_same_with_queues_of_its_own() -> None:
    events = [[(event.function, event.expressions, event.source_arn) for event in stage.events] for stage in stages()]
    own = [
        [(*rest, arn.replace(stage.lambda_name, "*")) for *rest, arn in of]
        for of, stage in zip(events, stages(), strict=True)
    ]
    assert own[0] == own[1]
    assert "*" in own[0][-1][-1]


def test_ses_tells_what_was_sent_and_follows_nobody(messaging: Template) -> None:
    (destination,) = of_type(messaging, "SES::ConfigurationSetEventDestination").values()
    told = set(destination["EventDestination"]["MatchingEventTypes"])
    assert told == {"send", "reject", "delivery", "deliveryDelay", "bounce", "complaint"}


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
def test_dashboard_shows_the_rules_and_the_metrics_that_there_are(made: dict[str, str]) -> None:
    body = boto3.client("cloudwatch").get_dashboard(DashboardName=made["FunctionName"])["DashboardBody"]
    metrics = [widget["properties"].get("metrics", [[]]) for widget in json.loads(body)["widgets"]]
    dev = stages()[0]
    assert {rule for event in dev.events for rule in event.rule_names(dev.lambda_name)} <= set(
        re.findall(r'[^"]+', body)
    )
    own = [rows for rows in metrics if rows[0][:1] == [settings.METRIC_NAMESPACE]]
    assert [rows[0][2:6] for rows in own] == [["Project", "subs", "Stage", "dev"]] * 3
    assert {row[1] for rows in own for row in rows} == {*SubscriptionMetric, *NotificationMetric, *PaymentMetric}


def test_namespace_of_stacks_that_name_none_is_the_settings_default(messaging: Template) -> None:
    assert messaging["Parameters"]["MetricNamespace"]["Default"] == settings.METRIC_NAMESPACE == "Subscriptions"


def test_confirmations_are_waited_for_longer_than_a_failed_batch_of_them_is_hidden(messaging: Template) -> None:
    hidden = timedelta(seconds=of_type(messaging, "SQS::Queue")["FeedbackQueue"]["VisibilityTimeout"])
    assert hidden < settings.CONFIRMATION_GRACE


def test_feedback_is_invisible_for_six_times_the_time_limit(messaging: Template) -> None:
    limit = stages()[0].settings["timeout_seconds"]
    assert of_type(messaging, "SQS::Queue")["FeedbackQueue"]["VisibilityTimeout"] == limit * 6


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


SAME_OF_BOTH = [
    "StorageEncrypted",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "DeletionProtection",
    "MasterUserPassword",
]


def test_both_databases_are_kept_alike(data: Template) -> None:
    cluster, instance = data["Resources"]["Database"], data["Resources"]["SmallDatabase"]
    assert [cluster["Condition"], instance["Condition"]] == ["IsAurora", "IsInstance"]
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert (cluster[policy], instance[policy]) == ("Snapshot", "Snapshot")
    same = [[of["Properties"][name] for name in SAME_OF_BOTH] for of in (cluster, instance)]
    assert same[0] == same[1]
    assert cluster["Properties"]["VpcSecurityGroupIds"] == instance["Properties"]["VPCSecurityGroups"]


def test_sessions_left_in_a_transaction_end_in_both_databases(data: Template) -> None:
    groups = {**of_type(data, "RDS::DBClusterParameterGroup"), **of_type(data, "RDS::DBParameterGroup")}
    assert groups.keys() == {"DatabaseParameters", "SmallDatabaseParameters"}
    for group in groups.values():
        parameters = group["Parameters"]
        assert (parameters["rds.force_ssl"], parameters["idle_in_transaction_session_timeout"]) == ("1", "90000")


def test_small_instance_is_the_one_that_costs_are_calculated_for(data: Template) -> None:
    instance, parameters = of_type(data, "RDS::DBInstance")["SmallDatabase"], data["Parameters"]
    assert parameters["InstanceClass"]["Default"] in prices.SMALL_INSTANCE_HOUR.unit
    assert parameters["StorageGigabytes"]["Default"] == SMALL_INSTANCE_GIGABYTES
    assert (instance["StorageType"], instance["MultiAZ"]) == ("gp3", False)


def test_reference_to_the_database_that_is_not_made_would_be_found(tmp_path: Any) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(DATA.read_text().replace("!If [IsAurora, !Ref Database, !Ref SmallDatabase]", "!Ref Database"))
    assert {match.rule.id for match in lint_file(broken)} == {"W1001"}


def test_alarm_of_the_instance_tells_the_topic_of_the_others(data: Template, messaging: Template) -> None:
    (alarm,) = of_type(data, "CloudWatch::Alarm").values()
    topic = of_type(messaging, "SNS::Topic")["AlarmTopic"]["TopicName"]["Fn::Sub"]
    assert [action["Fn::Sub"].endswith(f":{topic}") for action in alarm["AlarmActions"] + alarm["OKActions"]] == [
        True
    ] * 2


def test_hosts_on_ipv4_are_reached_by_a_route_and_a_rule_once_a_nat_gateway_is_named(data: Template) -> None:
    assert data["Parameters"]["NatGateway"]["Default"] == ""
    (route,) = [name for name, each in of_type(data, "EC2::Route").items() if "DestinationCidrBlock" in each]
    assert data["Resources"][route]["Condition"] == "HasNatGateway"
    assert data["Resources"][route]["Properties"] == {
        "RouteTableId": {"Ref": "RouteTable"},
        "DestinationCidrBlock": "0.0.0.0/0",
        "NatGatewayId": {"Ref": "NatGateway"},
    }
    rules = of_type(data, "EC2::SecurityGroup")["FunctionSecurityGroup"]["SecurityGroupEgress"]
    ((condition, rule, otherwise),) = [rule["Fn::If"] for rule in rules if "Fn::If" in rule]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("0.0.0.0/0", 443, 443)
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert data["Conditions"][condition] == {"Fn::Or": [{"Condition": "HasEndpoints"}, {"Condition": "HasNatGateway"}]}
    assert data["Conditions"]["HasNatGateway"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "NatGateway"}, ""]}]}


def test_nothing_in_the_network_is_open_to_the_internet(data: Template) -> None:
    groups = of_type(data, "EC2::SecurityGroup").values()
    incoming = [rule for group in groups for rule in group.get("SecurityGroupIngress", [])]
    incoming += of_type(data, "EC2::SecurityGroupIngress").values()
    assert incoming
    assert all("SourceSecurityGroupId" in rule and "CidrIp" not in rule and "CidrIpv6" not in rule for rule in incoming)
    assert not of_type(data, "EC2::InternetGateway")
    assert {each["PubliclyAccessible"] for each in of_type(data, "RDS::DBInstance").values()} == {False}
