"""A CloudFormation stack: made, brought up to date, read and deleted, at any point of its life."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.errors import NoStack, StackFailed

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef

POLL_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 3600.0  # a database with a proxy takes about twenty minutes
NEVER_LIVED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}
"""States in which a stack holds nothing that was ever in use, and cannot be updated.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""
STUCK = {"UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"}


@dataclass(frozen=True)
class CloudStack:
    """One stack, by its name."""

    client: "CloudFormationClient"
    name: str

    @property
    def exists(self) -> bool:
        """Whether there is one that can be used."""
        stack = self._find()
        return stack is not None and stack["StackStatus"] not in NEVER_LIVED

    def outputs(self) -> dict[str, str]:
        """What the stack says about what it made. Raises NoStack."""
        stack = self._find()
        if stack is None or stack["StackStatus"] in NEVER_LIVED:
            raise NoStack(f"there is no stack {self.name}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def apply(self, template: Path, parameters: Mapping[str, str]) -> bool:
        """Make the stack, or bring it up to date, and wait; tell whether anything changed. Raises StackFailed.

        Parameters that are not given keep their value, or have the template's default. One that is still at work
        from an interrupted run is waited for, and what a failed first attempt left is cleared away.
        """
        status = self._settle()
        if status in NEVER_LIVED:
            self.delete()
            status = ""
        if status in STUCK:
            raise StackFailed(f"stack {self.name} is in {status}; put it right in CloudFormation's console first")
        changed = self._update(template, parameters) if status else self._create(template, parameters)
        self._refuse_failure(self._settle())
        return changed

    def delete(self) -> None:
        """Delete the stack, if there is one, and wait. Raises StackFailed."""
        self._settle()
        self.client.delete_stack(StackName=self.name)
        if self._settle():
            raise StackFailed(f"stack {self.name} could not be deleted: {self._reasons()}")

    def _create(self, template: Path, parameters: Mapping[str, str]) -> bool:
        self.client.create_stack(
            StackName=self.name,
            TemplateBody=template.read_text(encoding="utf-8"),
            Parameters=_given(parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return True

    def _update(self, template: Path, parameters: Mapping[str, str]) -> bool:
        body = template.read_text(encoding="utf-8")
        stack = self._find()
        before = {given["ParameterKey"] for given in stack.get("Parameters", [])} if stack else set()
        known = {found["ParameterKey"] for found in self.client.get_template_summary(TemplateBody=body)["Parameters"]}
        kept: list[ParameterTypeDef] = [
            {"ParameterKey": key, "UsePreviousValue": True} for key in sorted(before & known - set(parameters))
        ]
        try:
            self.client.update_stack(
                StackName=self.name,
                TemplateBody=body,
                Parameters=_given(parameters) + kept,
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return False
            raise
        return True

    def _find(self) -> "StackTypeDef | None":
        try:
            found = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return found[0] if found else None

    def _settle(self) -> str:
        """Wait while CloudFormation works on it; the status, or nothing where there is no stack."""
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline:
            stack = self._find()
            status = stack["StackStatus"] if stack else ""
            if not status.endswith("_IN_PROGRESS") or status in NEVER_LIVED:
                return "" if status == "DELETE_COMPLETE" else status
            time.sleep(POLL_SECONDS)
        raise StackFailed(f"stack {self.name} is at work for longer than {LONGEST_WAIT_SECONDS / 60:.0f} minutes")

    def _refuse_failure(self, status: str) -> None:
        if "ROLLBACK" in status or status.endswith("FAILED") or not status:
            raise StackFailed(f"stack {self.name} ended in {status or 'nothing'}: {self._reasons()}")

    def _reasons(self) -> str:
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        )


def _given(parameters: Mapping[str, str]) -> "list[ParameterTypeDef]":
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())]
