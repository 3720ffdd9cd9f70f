"""Manual changes in AWS's console between deployments."""

import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from infra.deployment.deployment import Deployment

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Console:
    """Console of a stage whose function exists."""

    deployment: Deployment
    chance: random.Random

    @property
    def functions(self) -> "LambdaClient":
        """Return Lambda's client."""
        return boto3.client("lambda")

    def edit(self) -> str:
        """Make one change and return its description."""
        edit = self.chance.choice(EDITS)
        return edit(self)

    def replace_code(self) -> str:
        """Upload a hotfix that does not start."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("hotfix.py", f"# {self.chance.random()}")
        self.functions.update_function_code(FunctionName=self.deployment.name, ZipFile=file.getvalue())
        return "replaces the code"

    def change_configuration(self) -> str:
        """Change one member so that the function does not start, or starts differently."""
        name = self.deployment.name
        member = self.chance.choice(["Timeout", "Handler", "MemorySize", "Environment", "DeadLetterConfig"])
        match member:
            case "Timeout":
                self.functions.update_function_configuration(FunctionName=name, Timeout=1)
            case "Handler":
                self.functions.update_function_configuration(FunctionName=name, Handler="hotfix.handler")
            case "MemorySize":
                self.functions.update_function_configuration(FunctionName=name, MemorySize=128)
            case "Environment":
                self.functions.update_function_configuration(
                    FunctionName=name, Environment={"Variables": {"LOG_LEVEL": "DEBUG"}}
                )
            case _:
                self.functions.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": ""})
        return f"changes {member}"

    def delete_function(self) -> str:
        """Delete the function with all versions."""
        self.functions.delete_function(FunctionName=self.deployment.name)
        return "deletes the function"

    def delete_version(self) -> str:
        """Delete a version that may be a rollback target."""
        pages = self.functions.get_paginator("list_versions_by_function").paginate(FunctionName=self.deployment.name)
        numbers = [found["Version"] for page in pages for found in page["Versions"] if found["Version"] != "$LATEST"]
        if not numbers:
            return "finds no version"
        number = self.chance.choice(numbers)
        self.functions.delete_function(FunctionName=self.deployment.name, Qualifier=number)
        return f"deletes version {number}"

    def delete_rule(self) -> str:
        """Delete a rule with its targets, as the console does."""
        events = boto3.client("events")
        rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
        if not rules:
            return "finds no rule"
        rule = self.chance.choice(rules)
        targets = [target["Id"] for target in events.list_targets_by_rule(Rule=rule)["Targets"]]
        if targets:
            events.remove_targets(Rule=rule, Ids=targets)
        events.delete_rule(Name=rule)
        return f"deletes {rule}"

    def disable_rule(self) -> str:
        """Disable a rule, so that a job does not run."""
        events = boto3.client("events")
        rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
        if not rules:
            return "finds no rule"
        rule = self.chance.choice(rules)
        events.disable_rule(Name=rule)
        return f"disables {rule}"

    def delete_mapping(self) -> str:
        """Delete a mapping, so that feedback stays in its queue."""
        for mapping in self.functions.list_event_source_mappings()["EventSourceMappings"]:
            self.functions.delete_event_source_mapping(UUID=mapping["UUID"])
        return "deletes the event source mappings"


EDITS: list[Callable[[Console], str]] = [
    Console.replace_code,
    Console.change_configuration,
    Console.delete_function,
    Console.delete_version,
    Console.delete_rule,
    Console.disable_rule,
    Console.delete_mapping,
]
