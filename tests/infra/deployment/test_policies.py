"""Function's role: allows exactly the calls in the code, regardless of other attached policies."""

import re
from typing import Any

import pytest
from django.conf import settings

from infra.deployment.policies import STAGE, findings, function_policies
from tests.support.permissions import Call, is_allowed

ARN = "arn:aws:{}:us-east-1:123456789012:{}".format
SENDER = {"ses:FromAddress": STAGE["FromAddress"]}
BY_CODE = {"lambda:SourceFunctionArn": ARN("lambda", "function:subs-dev")}
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SECRET = ARN("secretsmanager", "secret:subs-dev/function-AbCdEf")

NEEDED = [
    Call("ses:SendEmail", ARN("ses", "identity/dev.subscriptions.example.com"), SENDER | BY_CODE),
    Call("ses:SendRawEmail", ARN("ses", "identity/dev.subscriptions.example.com"), SENDER | BY_CODE),
    Call("ses:SendRawEmail", ARN("ses", f"identity/{STAGE['FromAddress']}"), SENDER | BY_CODE),
    Call("ses:SendRawEmail", ARN("ses", "configuration-set/subs-dev"), SENDER | BY_CODE),
    Call("ses:GetAccount", context=BY_CODE),
    Call("sns:Publish", ARN("sns", "subs-dev-events"), BY_CODE),
    Call("secretsmanager:GetSecretValue", SECRET, BY_CODE),
    Call("dynamodb:GetItem", ARN("dynamodb", "table/subs-dev-gate"), BY_CODE),
    Call("dynamodb:UpdateItem", ARN("dynamodb", "table/subs-dev-gate"), BY_CODE),
    Call("sqs:ReceiveMessage", ARN("sqs", "subs-dev-feedback")),
    Call("sqs:DeleteMessage", ARN("sqs", "subs-dev-feedback")),
    Call("sqs:GetQueueAttributes", ARN("sqs", "subs-dev-feedback")),
    Call("sqs:SendMessage", ARN("sqs", "subs-dev-dead-letters")),
    Call("sqs:SendMessage", ARN("sqs", "subs-dev-wake-up"), BY_CODE),
    Call("sqs:ReceiveMessage", ARN("sqs", "subs-dev-wake-up")),
    Call("sqs:DeleteMessage", ARN("sqs", "subs-dev-wake-up")),
    Call("sqs:GetQueueAttributes", ARN("sqs", "subs-dev-wake-up")),
    Call("logs:CreateLogStream", ARN("logs", "log-group:/aws/lambda/subs-dev:log-stream:2026/11/01/[$LATEST]0")),
    Call("logs:PutLogEvents", ARN("logs", "log-group:/aws/lambda/subs-dev:log-stream:2026/11/01/[$LATEST]0")),
    Call("lambda:InvokeFunction", ARN("lambda", "function:subs-dev")),
    Call("lambda:InvokeFunction", ARN("lambda", "function:subs-dev"), BY_CODE),
    Call("ec2:CreateNetworkInterface"),
    Call("ec2:DescribeNetworkInterfaces"),
    Call("ec2:DeleteNetworkInterface"),
]

REFUSED = [
    Call("ses:SendRawEmail", ARN("ses", "identity/other.example.com"), SENDER),
    Call("ses:SendRawEmail", ARN("ses", "configuration-set/subs-production"), SENDER),
    Call("sns:Publish", ARN("sns", "subs-production-events")),
    Call("sns:Publish", ARN("sns", "subs-dev-feedback")),
    Call("secretsmanager:GetSecretValue", ARN("secretsmanager", "secret:subs-production/function-AbCdEf")),
    Call("secretsmanager:GetSecretValue", ARN("secretsmanager", "secret:subs-dev/function-or-another")),
    Call("dynamodb:UpdateItem", ARN("dynamodb", "table/subs-production-gate")),
    Call("dynamodb:GetItem", ARN("dynamodb", "table/subs-dev-another")),
    Call("sqs:ReceiveMessage", ARN("sqs", "subs-dev-dead-letters")),
    Call("sqs:SendMessage", ARN("sqs", "subs-dev-feedback")),
    Call("logs:PutLogEvents", ARN("logs", "log-group:/aws/lambda/subs-production:log-stream:x")),
    Call("lambda:InvokeFunction", ARN("lambda", "function:subs-production")),
]

REFUSED_WHATEVER_IS_ATTACHED = [
    Call("ses:SendRawEmail", ARN("ses", "identity/x"), {"ses:FromAddress": "chairman@example.com"}),
    Call("ses:SendEmail", ARN("ses", "identity/x")),
    Call("ses:CreateEmailIdentity"),
    Call("ses:DeleteSuppressedDestination"),
    Call("sns:Subscribe", ARN("sns", "subs-dev-events")),
    Call("secretsmanager:PutSecretValue", SECRET),
    Call("secretsmanager:DeleteSecret", SECRET),
    Call("dynamodb:DeleteItem", ARN("dynamodb", "table/subs-dev-gate")),
    Call("dynamodb:PutItem", ARN("dynamodb", "table/subs-dev-gate")),
    Call("dynamodb:DeleteTable", ARN("dynamodb", "table/subs-dev-gate")),
    Call("sqs:PurgeQueue", ARN("sqs", "subs-dev-dead-letters")),
    Call("logs:DeleteLogGroup", ARN("logs", "log-group:/aws/lambda/subs-dev")),
    Call("lambda:UpdateFunctionCode", ARN("lambda", "function:subs-dev")),
    Call("lambda:InvokeFunction", ARN("lambda", "function:subs-production"), BY_CODE),
    Call("lambda:InvokeFunction", ARN("lambda", "function:somebody-elses")),
    Call("ec2:CreateNetworkInterface", context=BY_CODE),
    Call("ec2:RunInstances"),
    Call("iam:PassRole"),
    Call("sts:AssumeRole"),
    Call("s3:GetObject", "arn:aws:s3:::subs-dev-packages-123456789012/x.zip"),
    Call("rds:DeleteDBCluster"),
    Call("kms:Decrypt"),
]


@pytest.fixture(scope="module")
def policies() -> list[dict[str, Any]]:
    return function_policies()


@pytest.mark.parametrize("call", NEEDED, ids=str)
def test_calls_of_the_function_are_allowed(call: Call, policies: list[dict[str, Any]]) -> None:
    assert is_allowed(policies, call)


@pytest.mark.parametrize("call", REFUSED + REFUSED_WHATEVER_IS_ATTACHED, ids=str)
def test_anything_else_is_refused(call: Call, policies: list[dict[str, Any]]) -> None:
    assert not is_allowed(policies, call)


@pytest.mark.parametrize("call", REFUSED_WHATEVER_IS_ATTACHED, ids=str)
def test_other_calls_are_refused_even_to_an_administrator(call: Call, policies: list[dict[str, Any]]) -> None:
    assert is_allowed([EVERYTHING], call)
    assert not is_allowed([*policies, EVERYTHING], call)


def test_every_allowed_action_is_needed(policies: list[dict[str, Any]]) -> None:
    allowing = [statement for policy in policies for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    actions = {action for statement in allowing for action in _listed(statement["Action"])}
    lambdas_own = {
        f"ec2:{name}" for name in ("AssignPrivateIpAddresses", "DescribeSubnets", "UnassignPrivateIpAddresses")
    }
    assert actions == {call.action for call in NEEDED} | lambdas_own


def test_every_operation_that_the_code_calls_is_allowed(policies: list[dict[str, Any]]) -> None:
    source = "".join(path.read_text() for path in (settings.BASE_DIR / "notifications").rglob("*.py"))
    called = set(re.findall(r"clients\.(\w+)\(\)\.(\w+)\(", source))
    assert called == {("ses", "send_email"), ("ses", "get_account"), ("sns", "publish_batch"), ("functions", "invoke")}


def test_function_outside_of_a_vpc_may_make_no_interfaces() -> None:
    assert not is_allowed(function_policies(STAGE | {"InVpc": "false"}), Call("ec2:CreateNetworkInterface"))


def test_parliament_finds_nothing(policies: list[dict[str, Any]]) -> None:
    assert [finding for policy in policies for finding in findings(policy)] == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "ses:SendMail", "Resource": "*"}, "Unknown action"),
        ({"Action": "sns:Publish", "Resource": ARN("sqs", "x")}, "No resources match"),
        ({"Action": "sns:Publish", "Resource": "*"}, "Unnecessary use of Resource"),
    ],
)
def test_parliament_would_find(statement: dict[str, Any], found: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "X", "Effect": "Allow"} | statement]}
    assert any(found in text for text in findings(policy))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
