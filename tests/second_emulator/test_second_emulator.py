"""Behaviour of moto, compared with an emulator that shares no code with it."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from infra.deployment.cloud_stack import CloudStack
from infra.deployment.policies import STAGE
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.docs.test_events import test_filter_policy_lets_through_what_it_says  # noqa: F401 - runs on this `aws`
from tests.support.patience import PATIENCE_SECONDS

AGREES = re.compile(r"^(\S.+?) +(\d+) +(\d+) +agrees$", re.MULTILINE)


def test_run_once_agrees_in_every_row(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.second_emulator.run_once", str(tmp_path)],
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    rows = {name: (int(expected), int(read_back)) for name, expected, read_back in AGREES.findall(run.stdout)}
    assert set(rows) == {
        "expired", "access removed", "reminders recorded", "mails accepted by SES", "mails delivered", "mails bounced",
        "events accepted by SNS", "orders paid", "payments", "periods renewed", "declined", "refunded",
        "cents that moved", "answer lost and paid once", "charged twice",
    }  # fmt: skip
    assert rows.pop("charged twice") == (0, 0)
    assert all(expected == read_back > 0 for expected, read_back in rows.values())


def test_stack_is_made_and_deleted(aws: LocalAWS, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.deployment.cloud_stack.INTERVAL", timedelta(seconds=0.1))
    stack = CloudStack(boto3.client("cloudformation"), "subs-dev-messaging")
    assert stack.apply(template, STAGE)
    resources = stack.client.describe_stack_resources(StackName=stack.name)["StackResources"]
    assert {resource["ResourceStatus"] for resource in resources} == {"CREATE_COMPLETE"}
    outputs = stack.outputs()
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.get_queue_url(QueueName="subs-dev-feedback")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(":subs-dev-feedback-dead-letters")
    topics = sns.list_subscriptions_by_topic(TopicArn=outputs["FeedbackTopicArn"])["Subscriptions"]
    assert [(topic["Protocol"], topic["Endpoint"]) for topic in topics] == [("sqs", outputs["FeedbackQueueArn"])]
    stack.delete()
    assert not stack.exists
