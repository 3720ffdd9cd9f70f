"""Use of a deployment on the local AWS: schedules, pages, failures, operator commands."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin

import boto3

from infra.deployment.deployed_function import PATIENT
from infra.deployment.deployment import Deployment
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.eventbridge.deployed_rules import deployed_rules
from infra.local.feedback_queue import FeedbackQueue
from infra.local.ses_feedback import SesFeedback
from tests.end_to_end import runbook
from tests.end_to_end.aws_command import AwsCommand
from tests.end_to_end.deployed_state import expect, expect_page
from tests.end_to_end.errors import NotAsDeployed
from tests.end_to_end.operator_shell import type_command

DEAD_LETTER_SECONDS = 300.0  # on a busy machine


@dataclass(frozen=True)
class LocalUse:
    """Checks of a deployment in use. Each method raises NotAsDeployed."""

    deployment: Deployment
    aws: LocalAWS

    def fire_schedule(self) -> str:
        """Fire every deployed rule on demo data, and SES's feedback; return the comparisons."""
        # These load models, which needs the Django that is set up by now.
        from infra.local import demo  # noqa: PLC0415
        from infra.local.expected_results import ExpectedResults  # noqa: PLC0415

        demo.load(datetime.now(UTC))
        expected = ExpectedResults.measure(datetime.now(UTC))
        functions = boto3.client("lambda", config=PATIENT)
        for rule in deployed_rules(boto3.client("events")):
            for arn, event in rule.deliveries(datetime.now(UTC)):
                answer = functions.invoke(FunctionName=arn, Payload=json.dumps(event).encode())
                expect(rule.rule_name, answer.get("FunctionError"), None)
        self._tell_feedback()
        comparisons = expected.compare(self.aws)
        for comparison in comparisons:
            expect(comparison.what, comparison.read_back, comparison.expected)
        return ", ".join(f"{comparison.read_back} {comparison.what}" for comparison in comparisons)

    def _tell_feedback(self) -> None:
        """Send feedback through topic, queue and event source mapping."""
        outputs = self.deployment.outputs()
        SesFeedback(outputs["FeedbackTopicArn"]).tell(self.aws.mails(), datetime.now(UTC))
        queue = FeedbackQueue(outputs["FeedbackTopicArn"], outputs["FeedbackQueueUrl"])
        expect("all feedback taken", queue.wait_until_taken(), True)

    def show_page(self) -> str:
        """Open the front page and its style sheets through API Gateway; return the last one's address."""
        url = f"{self.deployment.url()}/"
        page = expect_page(url, "Monthly")
        styles: list[str] = re.findall(r'href="([^"]+\.css)"', page)
        for style in styles:
            expect_page(urljoin(url, style), "{")
        return styles[-1]

    def fail_for_good(self) -> str:
        """Send an event that the function refuses until it is a dead letter; return the error."""
        client = boto3.client("lambda")
        client.invoke(FunctionName=self.deployment.name, InvocationType="Event", Payload=b'{"command": "os.getcwd"}')
        letter = next(self._dead_letters())
        expect("dead letter", json.loads(letter["Body"]), {"command": "os.getcwd"})
        said: str = letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
        return said

    def _dead_letters(self) -> Iterator[Any]:
        url, deadline = self.deployment.outputs()["DeadLetterQueueUrl"], time.monotonic() + DEAD_LETTER_SECONDS
        while time.monotonic() < deadline:
            answer = boto3.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"])
            yield from answer.get("Messages", [])
        raise NotAsDeployed("no dead letter came")

    def tail(self, *secrets: str) -> str:
        """Check that `zappa tail` shows jobs and refusals but no secrets. Return the length of the output."""
        time.sleep(1)  # Zappa asks for what is older than this second
        shown = type_command(f"zappa tail {self.deployment.stage_name} --since 1h --disable-keep-open")
        for wanted in ("sweep finished", "invocation refused"):
            expect(f"{wanted!r} in the log", wanted in shown, True)
        expect("secrets in the log", [secret for secret in secrets if secret in shown], [])
        return f"{len(shown.splitlines())} lines"

    def runbook_commands(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield the runbook's commands for what is deployed, each with its run."""
        boto3.client("sesv2").create_email_identity(EmailIdentity=runbook.DOCUMENTED_DOMAIN)
        for command in runbook.management_commands(self.deployment.stage_name):
            yield f"manage {command}", partial(self._manage, command)
        for line in runbook.aws_commands(self.deployment.stage_name):
            yield line, AwsCommand.parse(line).run

    def _manage(self, command: str) -> None:
        self.deployment.zappa().run("manage", command)
