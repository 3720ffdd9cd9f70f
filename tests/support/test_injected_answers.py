"""Injected responses reach clients like AWS's own, in every protocol that the project uses."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.support.injected_answers import InjectedAnswers

CALLS: dict[str, Callable[[], Any]] = {
    "lambda.ListFunctions": lambda: boto3.client("lambda").list_functions(),
    "lambda.GetFunctionConfiguration": lambda: boto3.client("lambda").get_function_configuration(FunctionName="a"),
    "cloudformation.DescribeStacks": lambda: boto3.client("cloudformation").describe_stacks(),
    "events.ListRules": lambda: boto3.client("events").list_rules(),
    "s3.PutObject": lambda: boto3.client("s3").put_object(Bucket="a-bucket", Key="a/key", Body=b"a"),
    "ses.GetEmailIdentity": lambda: boto3.client("sesv2").get_email_identity(EmailIdentity="a@example.com"),
    "secretsmanager.GetSecretValue": lambda: boto3.client("secretsmanager").get_secret_value(SecretId="a"),
    "sts.GetCallerIdentity": lambda: boto3.client("sts").get_caller_identity(),
    "apigateway.GetRestApis": lambda: boto3.client("apigateway").get_rest_apis(),
}


@pytest.mark.parametrize("operation", CALLS)
def test_error_is_told_once_as_aws_tells_it(aws: LocalAWS, answers: InjectedAnswers, operation: str) -> None:
    answers.refuse(operation, "ExpiredTokenException", "The security token is expired", status=403)
    with pytest.raises(ClientError) as raised:
        CALLS[operation]()
    assert raised.value.response["Error"]["Code"] == "ExpiredTokenException"
    assert raised.value.response["Error"]["Message"] == "The security token is expired"
    assert answers.calls == [operation]


def test_operation_of_every_service_is_known_that_the_project_calls(aws: LocalAWS, answers: InjectedAnswers) -> None:
    with suppress(ClientError):
        boto3.client("cloudwatch").get_dashboard(DashboardName="none")
    boto3.client("sqs").list_queues()
    boto3.client("sns").list_topics()
    boto3.client("logs").describe_log_groups()
    boto3.client("iam").list_roles()
    boto3.client("ec2").describe_vpcs()
    assert answers.calls == [
        "monitoring.GetDashboard",
        "sqs.ListQueues",
        "sns.ListTopics",
        "logs.DescribeLogGroups",
        "iam.ListRoles",
        "ec2.DescribeVpcs",
    ]


def test_lost_answer_is_of_a_call_that_was_carried_out(aws: LocalAWS, answers: InjectedAnswers) -> None:
    answers.lose("events.PutRule", times=10)
    with pytest.raises(ClientError):
        boto3.client("events").put_rule(Name="a-rule", ScheduleExpression="rate(1 minute)")
    assert [rule["Name"] for rule in boto3.client("events").list_rules()["Rules"]] == ["a-rule"]


def test_answer_is_altered_after_those_that_pass(aws: LocalAWS, answers: InjectedAnswers) -> None:
    boto3.client("events").put_rule(Name="a-rule", ScheduleExpression="rate(1 minute)")
    answers.alter("events.ListRules", lambda body: body.replace(b"a-rule", b"another"), skip=1)
    names = [boto3.client("events").list_rules()["Rules"][0]["Name"] for _ in range(3)]
    assert names == ["a-rule", "another", "a-rule"]
