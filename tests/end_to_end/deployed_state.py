"""The state of a deployment on AWS, compared with the settings."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from infra.deployment.deployed_function import MAXIMUM_AGE, RETRIES
from infra.deployment.deployment import Deployment
from infra.deployment.deployment_settings import deployment_settings
from infra.lambda_local.event_sources.mappings import EventSource, event_sources
from infra.lambda_local.eventbridge.deployed_rules import deployed_rules
from infra.packaging.zappa_stage import load_stage
from tests.end_to_end.errors import NotAsDeployed
from tests.end_to_end.inventory import Inventory

LOG_RETENTION_DAYS = 30
"""Default in messaging.yaml."""


@dataclass(frozen=True)
class DeployedState:
    """The state of one deployment. Each method raises NotAsDeployed with the difference."""

    deployment: Deployment

    def check_function(self) -> None:
        """Compare configuration, retries, dead-letter queue and log retention."""
        name, outputs = self.deployment.name, self.deployment.outputs()
        functions = boto3.client("lambda")
        found = functions.get_function_configuration(FunctionName=name)
        settings = self.deployment.stage.settings
        expect("handler", found["Handler"], settings["lambda_handler"])
        expect("runtime", found["Runtime"], self.deployment.target.runtime.name)
        expect("architecture", found["Architectures"], [self.deployment.target.architecture])
        expect("time limit", found["Timeout"], settings["timeout_seconds"])
        expect("memory", found["MemorySize"], settings["memory_size"])
        expect("role", found["Role"], outputs["RoleArn"])
        expect("dead letters", found["DeadLetterConfig"], {"TargetArn": outputs["DeadLetterQueueArn"]})
        wanted = deployment_settings(self.deployment.stage, outputs, datetime.now(UTC))["aws_environment_variables"]
        expect("variables", sorted(found["Environment"]["Variables"]), sorted(wanted))
        expect("description", found["Description"].partition(" ")[0], "commit")
        expect("secret's name", found["Environment"]["Variables"]["SECRET_ARN"], outputs["SecretArn"])
        policy = functions.get_function_event_invoke_config(FunctionName=name)
        expect("retries", policy["MaximumRetryAttempts"], RETRIES)
        expect("age of an event", policy["MaximumEventAgeInSeconds"], MAXIMUM_AGE.total_seconds())
        (group,) = boto3.client("logs").describe_log_groups(logGroupNamePrefix=outputs["LogGroupName"])["logGroups"]
        expect("log retention", group.get("retentionInDays"), LOG_RETENTION_DAYS)

    def check_no_secret_in_configuration(self, *secrets: str) -> None:
        """Fail if Lambda's configuration shows a secret or the database's address."""
        shown = json.dumps(boto3.client("lambda").get_function(FunctionName=self.deployment.name), default=str)
        expect("secrets in the configuration", [secret for secret in secrets if secret in shown], [])

    def check_schedule(self) -> None:
        """Compare rules, their targets, and EventBridge's permissions to invoke the function."""
        function_arn = boto3.client("lambda").get_function(FunctionName=self.deployment.name)["Configuration"][
            "FunctionArn"
        ]
        wanted = load_stage(self.deployment.stage_name, self.deployment.settings_file).schedules
        rules = deployed_rules(boto3.client("events"))
        expect(
            "rules",
            sorted((rule.rule_name, rule.expression, rule.enabled) for rule in rules),
            sorted((schedule.rule_name, schedule.expression, schedule.enabled) for schedule in wanted),
        )
        expect("targets", [[target.arn for target in rule.targets] for rule in rules], [[function_arn] for _ in rules])
        statements = self._statements("events.amazonaws.com")
        allowed = [statement["Condition"]["ArnLike"]["AWS:SourceArn"].rpartition("/")[2] for statement in statements]
        expect("permissions of the rules", sorted(allowed), sorted(rule.rule_name for rule in rules))

    def check_event_sources(self) -> None:
        """Compare the queues that Lambda polls, and that only failed messages come again."""
        function = boto3.client("lambda").get_function(FunctionName=self.deployment.name)["Configuration"]
        wanted = load_stage(self.deployment.stage_name, self.deployment.settings_file).queues
        expect(
            "event sources",
            event_sources(boto3.client("lambda")),
            [EventSource(queue.arn, function["FunctionArn"], queue.batch_size, True) for queue in wanted],
        )
        expect("feedback queue", [queue.arn for queue in wanted], [self.deployment.outputs()["FeedbackQueueArn"]])

    def check_nothing_left(self) -> None:
        """Fail if anything is left but the stage's stacks and its empty bucket."""
        expect("left", Inventory(self.deployment).found(), {})

    def check_no_stack_left(self) -> None:
        """Fail if the stack or a role is left."""
        expect("stack", self.deployment.messaging.exists, False)
        names = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
        expect("roles", [name for name in names if name.startswith(self.deployment.name)], [])

    def _statements(self, service: str) -> list[dict[str, Any]]:
        policy = json.loads(boto3.client("lambda").get_policy(FunctionName=self.deployment.name)["Policy"])
        return [entry for entry in policy["Statement"] if entry["Principal"] == {"Service": service}]


def expect(what: str, found: Any, wanted: Any) -> None:
    """Raise NotAsDeployed if they differ."""
    if found != wanted:
        raise NotAsDeployed(f"{what}: {found!r} where {wanted!r} should be")


def expect_page(url: str, shows: str) -> str:
    """Return the page. Raises NotAsDeployed if it does not show the text."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        page: str = answer.read().decode()
    if shows not in page:
        raise NotAsDeployed(f"{url} does not show {shows!r}")
    return page


def expect_refusal(step: Callable[[], object], kind: type[Exception], says: str) -> str:
    """Return the refusal of the step. Raises NotAsDeployed unless it is in these words."""
    try:
        step()
    except kind as error:
        if says in str(error):
            return f"refused: {says}"
        raise
    raise NotAsDeployed(f"it went on where it should have said {says!r}")
