"""Example consumer, deployed by its template: topic, queue, poller, function in Lambda's sandbox, table."""

import importlib.util
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from cfnlint.api import lint_file
from cfnlint.decode.cfn_yaml import load
from django.conf import settings
from moto.awslambda.models import lambda_backends

import examples.consumer
from infra.deployment.policies import findings
from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.deployed_functions import DeployedFunctions
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.event_sources.poller import EventSourcePoller
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from notifications.models import Channel, Notification, State
from notifications.outbox import claims
from notifications.outbox.delivery import Delivery
from subscriptions.announcements import unlimited
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.patience import wait_until

DIRECTORY = Path(examples.consumer.__file__).parent
TEMPLATE = DIRECTORY / "template.yaml"
SOURCE = DIRECTORY / "consumer.py"
STACK = "consumer"
REGION = "us-east-1"
DAY = timedelta(days=1)
IGNORED_BY_MOTO = ("Subscription", "EventSource")
"""Resources created by the test from the template. moto's own mapping would invoke the function in Docker."""


class Consumer:
    """Resources of the stack."""

    def __init__(self) -> None:
        self.template: dict[str, Any] = dict(load(str(TEMPLATE)))
        stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.results: list[InvocationResult] = []

    @property
    def queue_arn(self) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.outputs['QueueUrl'].rpartition('/')[2]}"

    def make_what_moto_ignores(self) -> None:
        """Create subscription and mapping as in the template."""
        subscription, source = (self.template["Resources"][name]["Properties"] for name in IGNORED_BY_MOTO)
        boto3.client("sns").subscribe(
            TopicArn=settings.SNS_TOPIC_ARN,
            Protocol=subscription["Protocol"],
            Endpoint=self.queue_arn,
            Attributes={"RawMessageDelivery": json.dumps(subscription["RawMessageDelivery"])},
        )
        boto3.client("lambda").create_event_source_mapping(
            EventSourceArn=self.queue_arn,
            FunctionName=STACK,
            BatchSize=source["BatchSize"],
            FunctionResponseTypes=source["FunctionResponseTypes"],
        )

    def stored(self) -> dict[str, str]:
        """Return the type of each event in the table by id, or `missing`."""
        items = boto3.client("dynamodb").scan(TableName=self.outputs["TableName"], ConsistentRead=True)["Items"]
        return {item["id"]["S"]: item.get("type", {"S": "missing"})["S"] for item in items}

    def gaps(self) -> list[str]:
        """Return the ids listed by the index."""
        listed = boto3.client("dynamodb").scan(TableName=self.outputs["TableName"], IndexName="gaps")["Items"]
        return [item["id"]["S"] for item in listed]

    def said(self, words: str) -> int:
        """Return the number of occurrences in the function's log."""
        return sum(result.log.count(words) for result in self.results)


@pytest.fixture
def consumer(aws: LocalAWS) -> Consumer:
    """Create the stack without any events."""
    template = dict(load(str(TEMPLATE)))
    template["Resources"] = {
        name: resource for name, resource in template["Resources"].items() if name not in IGNORED_BY_MOTO
    }
    template["Resources"]["Function"]["Properties"]["Timeout"] = 900  # on a busy machine
    parameters = {"TopicArn": settings.SNS_TOPIC_ARN, "CodeBucket": "code", "CodeKey": "consumer.zip"}
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="consumer.zip", Body=zipped(SOURCE))
    boto3.client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    made = Consumer()
    made.make_what_moto_ignores()
    return made


@pytest.fixture
def running(consumer: Consumer) -> Iterator[Consumer]:
    """Yield the consumer with its function polling the queue."""
    with DeployedFunctions(retry_delays=()) as functions:

        def invoke(arn: str, event: Any) -> InvocationResult:
            function = lambda_backends[ACCOUNT][REGION].get_function(arn.rpartition(":")[2])
            consumer.results.append(functions.invoke(function, event))
            return consumer.results[-1]

        with EventSourcePoller(invoke, seconds=0.05):
            yield consumer


def zipped(file: Path) -> bytes:
    """Return a zip with the file at its top level."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(file, file.name)
    return buffer.getvalue()


def events_of(subscription: Subscription) -> list[str]:
    """Return the ids of the subscription's events, oldest first."""
    return [str(key) for key in subscription.events.order_by("pk").values_list("pk", flat=True)]


def give_up(event_id: str) -> None:
    """Mark the event as failed, as if SNS had refused it."""
    Notification.objects.filter(channel=Channel.SNS, event=int(event_id)).update(state=State.FAILED, finished_at=NOW)


def send_again(*event_ids: str) -> None:
    """Resend failed events, as an operator would."""
    rows = Notification.objects.filter(channel=Channel.SNS, event__in=map(int, event_ids))
    rows.update(state=State.FAILED, finished_at=NOW)
    assert claims.send_again(list(rows.values_list("pk", flat=True)), State.FAILED) == len(event_ids)
    Delivery(unlimited).run()


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_each_event_is_stored_once_and_a_gap_shows_until_it_is_closed(running: Consumer) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    Service.cancel_subscription(subscription, now=NOW + DAY)
    Service.reactivate_subscription(subscription, now=NOW + 2 * DAY)
    created, cancelled, reactivated = events_of(subscription)
    give_up(cancelled)

    Delivery(unlimited).run()

    before = {created: "subscription.created.v1", reactivated: "subscription.reactivated.v1"}
    wait_until(lambda: running.stored() == before | {cancelled: "missing"})
    assert running.gaps() == [cancelled]
    wait_until(lambda: running.said(f"{cancelled} before it did not") == 1)  # the log comes after the writing

    send_again(created, reactivated)

    wait_until(lambda: running.said("came again") == 2)
    assert running.stored() == before | {cancelled: "missing"}

    send_again(cancelled)

    wait_until(lambda: running.gaps() == [])
    assert running.stored() == before | {cancelled: "subscription.cancelled.v1"}
    assert [result.error for result in running.results if result.error] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_unstorable_event_becomes_a_dead_letter_and_blocks_nothing(running: Consumer) -> None:
    sqs = boto3.client("sqs")
    sqs.set_queue_attributes(QueueUrl=running.outputs["QueueUrl"], Attributes={"VisibilityTimeout": "0"})
    for body in ("no JSON", "[]", "{}"):
        sqs.send_message(QueueUrl=running.outputs["QueueUrl"], MessageBody=body)
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)

    Delivery(unlimited).run()

    letters: set[str] = set()

    def arrived() -> bool:
        answer = sqs.receive_message(QueueUrl=running.outputs["DeadLetterQueueUrl"], MaxNumberOfMessages=10)
        letters.update(message["Body"] for message in answer.get("Messages", []))
        return letters == {"no JSON", "[]", "{}"}

    wait_until(arrived)
    assert list(running.stored()) == events_of(subscription)


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_writes_that_met_another_are_brought_again(consumer: Consumer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", consumer.outputs["TableName"])
    spec = importlib.util.spec_from_file_location("consumer", SOURCE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    event = {"subject": "subscriptions/1", "id": "2", "previousid": "1", "type": "t", "time": "now", "data": {}}
    with Stubber(module.dynamodb) as stubber:  # moto has no conflicts
        stubber.add_response("get_item", {})
        stubber.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]},
        )
        answer = module.lambda_handler({"Records": [{"messageId": "m-1", "body": json.dumps(event)}]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_cfn_lint_finds_nothing_in_the_template() -> None:
    assert lint_file(TEMPLATE) == []


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_its_role_may_do_what_it_does_and_no_more(consumer: Consumer) -> None:
    iam = boto3.client("iam")
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"])
    policy: Any = iam.get_role_policy(RoleName=role, PolicyName="consumer")["PolicyDocument"]
    assert list(findings(policy)) == []
    resources = {statement["Sid"]: statement["Resource"] for statement in policy["Statement"]}
    assert resources["TakeEvents"] == consumer.queue_arn
    assert resources["StoreThem"].endswith(f":table/{consumer.outputs['TableName']}")
    assert resources["WriteTheLog"].endswith(f":log-group:/aws/lambda/{STACK}:log-stream:*")
