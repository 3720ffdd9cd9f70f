"""Events allowed and refused by the function, through its handler and Zappa's own behind it."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import override_settings

from config.aws_lambda.admission import MANAGEMENT_COMMANDS, RefusedInvocation
from config.zappa.stages import MalformedSettings
from foundation.jobs.invocation import request_id
from infra.lambda_local.eventbridge.scheduled_event import delivered_event, scheduled_event
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage
from subscriptions.models import SweepRun
from tests.support.deployment import environment
from tests.support.gateway import GATEWAYS, Browser, Gateway

PROJECT = Path(__file__).resolve().parents[3]
SAMPLES = PROJECT / "tests" / "events"
SWEEP = "subscriptions.jobs.check_expired_subscriptions"
FEEDBACK_QUEUE = "arn:aws:sqs:us-east-1:123456789012:MyQueue"
"""Queue in AWS's sample."""

RAN = "SOMETHING_RAN"
HARMFUL = f"import os; os.environ[{RAN!r}] = '1'"
SECRET = "an-address@example.com"  # stands for whatever an event may carry
UNLISTED = f"{__name__}.unlisted"

Invoke = Callable[[Any], Any]


def unlisted(event: Any, context: Any) -> str:
    """Job without a schedule."""
    os.environ[RAN] = "1"
    return request_id.get()


class Context:
    """Part of Lambda's context that a refusal and a job use."""

    aws_request_id = "the-invocation"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


@pytest.fixture(scope="module")
def module(lambda_function: LambdaFunction) -> ModuleType:
    """Return the handler's module; the requested fixture has created Zappa's settings."""
    from config.aws_lambda import handler  # noqa: PLC0415

    return handler


@pytest.fixture
def invoke(module: ModuleType) -> Invoke:
    """Return a call of the function as by Lambda."""
    return lambda event: module.lambda_handler(event, Context())


@pytest.fixture(autouse=True)
def nothing_ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remove the variable that harmful events set."""
    monkeypatch.setenv(RAN, "")
    yield
    os.environ.pop(RAN, None)


@pytest.fixture
def queue_leads_to_a_job(module: ModuleType, monkeypatch: pytest.MonkeyPatch, stage: ZappaStage) -> None:
    """Configure the queue as an event source in zappa_settings.json."""
    mapping = module.ZAPPA.settings.AWS_EVENT_MAPPING
    monkeypatch.setitem(mapping, FEEDBACK_QUEUE, [UNLISTED])
    monkeypatch.setattr(module, "RULES", module.read_rules(module.SETTINGS, stage.name, mapping))


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def records(**record: Any) -> dict[str, Any]:
    return {"Records": [record]}


def fired(rule: str) -> dict[str, Any]:
    return sample("cloudwatch-scheduled-event") | {
        "resources": [f"arn:aws:events:us-east-1:123456789012:rule/{rule}"],
    }


def from_topic(message: Any) -> dict[str, Any]:
    event = sample("sns-notification")
    event["Records"][0]["Sns"]["Message"] = json.dumps(message)
    return event


HARMFUL_EVENTS = {
    "raw command": {"raw_command": HARMFUL},
    "command that is no job": {"command": UNLISTED},
    "SNS message with a command": from_topic({"command": UNLISTED}),
    "S3 record that names a function": records(s3={"configurationId": f"x:{UNLISTED}"}),
    "rule that leads to no job": fired(f"subs-dev-{UNLISTED}"),
    "stage variables with a command": {"command": SWEEP, "stageVariables": {RAN: "1"}},
}
"""Events that Zappa alone would execute."""

REFUSED_EVENTS: dict[str, Any] = HARMFUL_EVENTS | {
    "raw command beside a request": sample("apigateway-aws-proxy") | {"raw_command": HARMFUL},
    "raw command beside a job": {"command": SWEEP, "raw_command": HARMFUL},
    "SNS message": sample("sns-notification"),
    "SNS message that is a list": from_topic([1]),
    "record of SNS that claims to be of SQS": records(
        Sns={"Message": json.dumps({"command": UNLISTED})}, eventSource="aws:sqs", eventSourceARN=FEEDBACK_QUEUE
    ),
    "command of Django": {"command": "django.core.management.call_command"},
    "command that is a list": {"command": [SWEEP]},
    "management command that is not listed": {"manage": f"shell -c '{HARMFUL}'"},
    "management command that prints a token": {"manage": "create_api_token ada"},
    "management command after a blank": {"manage": " migrate"},
    "management command that is a list": {"manage": ["migrate"]},
    "queue that is not mapped": sample("sqs-receive-message"),
    "records that are none": {"Records": "aws:sqs"},
    "record that is none": {"Records": ["aws:sqs"]},
    "DynamoDB": records(dynamodb={}, eventSourceARN="arn:aws:dynamodb:us-east-1:123456789012:table/x"),
    "Kinesis": records(kinesis={}, eventSourceARN="arn:aws:kinesis:us-east-1:123456789012:stream/x"),
    "keep warm": fired("subs-dev-handler.keep_warm_callback"),
    "rule without a function": fired("subs-dev"),
    "scheduled event without a rule": fired("x") | {"resources": []},
    "scheduled event with a rule that is a number": fired("x") | {"resources": 1},
    "web socket": {"requestContext": {"eventType": "CONNECT", "domainName": "x"}},
    "context of a request that is none": {"requestContext": "x"},
    "bot": {"bot": {"name": "x"}, "currentIntent": {"name": "x"}, "invocationSource": "DialogCodeHook"},
    "authorizer": {"type": "TOKEN", "authorizationToken": "x"},
    "Cognito": {"triggerSource": "PreSignUp_SignUp"},
    "logs": {"awslogs": {"data": "x"}},
    "nothing": {},
    "list": [{"command": SWEEP}],
    "text": SWEEP,
    "null": None,
}


@pytest.mark.parametrize("event", HARMFUL_EVENTS.values(), ids=HARMFUL_EVENTS.keys())
@pytest.mark.django_db(transaction=True)
def test_zappa_alone_would_run_what_is_refused(event: Any, module: ModuleType) -> None:
    module.ZAPPA.lambda_handler(event, Context())
    assert os.environ[RAN] == "1"


@pytest.mark.parametrize("event", REFUSED_EVENTS.values(), ids=REFUSED_EVENTS.keys())
def test_event_that_is_not_expected_is_refused_and_nothing_is_run(event: Any, invoke: Invoke) -> None:
    with pytest.raises(RefusedInvocation):
        invoke(event)
    assert os.environ[RAN] == ""


def test_refusal_is_logged_with_keys_and_without_values(invoke: Invoke, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(RefusedInvocation) as refusal:
        invoke({"command": f"mail {SECRET}", "for": SECRET, "k" * 1000: SECRET})
    (record,) = caplog.records
    assert record.__dict__["keys"] == ["command", "for", "k" * 40]
    assert record.__dict__["reason"] == str(refusal.value) == "the command names no job in zappa_settings.json"
    assert SECRET not in str(record.__dict__)


@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.name)
def test_request_reaches_the_site(gateway: Gateway, invoke: Invoke) -> None:
    with override_settings(ALLOWED_HOSTS=[gateway.host]):
        answer = Browser(gateway, invoke).get(f"{gateway.prefix}/healthz")
    assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})


@pytest.mark.parametrize("name", ["apigateway-aws-proxy", "apigateway-http-api-proxy", "alb-request"])
def test_sample_request_is_answered_as_by_zappa_and_its_stage_variables_stay_out(
    name: str, invoke: Invoke, module: ModuleType
) -> None:
    event = sample(name) | {"stageVariables": {RAN: "1"}}
    if "host" not in map(str.lower, event["headers"]):  # AWS's tool leaves it out of this one
        event["headers"]["host"] = "testserver"
    answer = invoke(event)
    assert os.environ[RAN] == ""
    assert answer["statusCode"] == module.ZAPPA.lambda_handler(event, Context())["statusCode"]


def test_request_without_stage_variables_is_not_touched(module: ModuleType) -> None:
    event = sample("apigateway-aws-proxy") | {"stageVariables": None}
    assert module.RULES.admit(event) is event


@pytest.mark.parametrize("event_of", [scheduled_event, delivered_event])
@pytest.mark.django_db(transaction=True)
def test_scheduled_job_runs(event_of: Any, invoke: Invoke, stage: ZappaStage) -> None:
    event = event_of(stage.schedule_of(SWEEP), region=stage.region, time=datetime.now(UTC))
    assert invoke(event)["run"] == SweepRun.objects.get().pk


@pytest.mark.django_db(transaction=True)
def test_job_runs_by_command(invoke: Invoke) -> None:
    assert invoke({"command": SWEEP})["run"] == SweepRun.objects.get().pk


@pytest.mark.parametrize("command", ["check --tag models", "check_expired_subscriptions --dry-run", "audit_access"])
@pytest.mark.django_db(transaction=True)
def test_listed_management_command_runs(command: str, invoke: Invoke) -> None:
    assert invoke({"manage": command}) == {}


def test_listed_management_commands_exist() -> None:
    from django.core.management import get_commands  # noqa: PLC0415 - once the apps are loaded

    assert get_commands().keys() >= MANAGEMENT_COMMANDS


@pytest.mark.usefixtures("queue_leads_to_a_job")
def test_message_of_a_mapped_queue_runs_its_job_under_the_invocations_id(invoke: Invoke) -> None:
    assert invoke(sample("sqs-receive-message")) == "the-invocation"
    assert request_id.get() == ""


@pytest.mark.usefixtures("queue_leads_to_a_job")
def test_mapped_queue_does_not_make_its_job_a_command(invoke: Invoke) -> None:
    with pytest.raises(RefusedInvocation):
        invoke({"command": UNLISTED})


def test_stage_that_the_file_does_not_have_is_told(module: ModuleType) -> None:
    with pytest.raises(MalformedSettings, match="has no stage staging"):
        module.read_rules(module.SETTINGS, "staging", {})


@pytest.fixture
def start(stage: ZappaStage, tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return an import of the handler in a new process, as at Lambda's first start."""
    (tmp_path / "zappa_settings.py").write_text(stage.handler_settings)

    def start_with(**variables: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", "import config.aws_lambda.handler"]
        variables = environment(PYTHONPATH=f"{PROJECT}:{tmp_path}", **variables)
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)

    return start_with


@pytest.mark.parametrize("early", [{"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1"}, {}], ids=["set", "not set"])
def test_start_that_fails_is_an_error_of_the_import(
    early: dict[str, str], start: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    assert start(**early).returncode == 0
    failed = start(SECRET_KEY="", **early)
    assert failed.returncode == 1
    assert "SECRET_KEY is not set" in failed.stderr
