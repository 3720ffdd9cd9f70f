"""CloudFormation stack: created, updated, read and deleted, in any state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from infra.deployment.polling import poll
from infra.deployment.stack_events import NO_REASON, StackEvents, is_missing
from infra.errors import NoStack, StackFailed

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef

INTERVAL = timedelta(seconds=5)
"""Interval of polling; CloudFormation throttles DescribeStacks per account."""
LIMIT = timedelta(hours=1)
"""Limit for one operation; a database with a proxy takes about twenty minutes."""
NEVER_LIVED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}
"""States of a stack that was never in use and cannot be updated.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""
STUCK = {
    "UPDATE_ROLLBACK_FAILED": "Put right what CloudFormation's events name, run "
    "`aws cloudformation continue-update-rollback --stack-name {name}`, and try again.",
    "DELETE_FAILED": "Its deletion was begun: finish it (docs/runbook.md, Taking it down), and try again.",
}
"""States that need manual repair, each with instructions."""
SUCCESSFUL = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


@dataclass(frozen=True)
class CloudStack:
    """Stack by name. `limit` is for one operation."""

    client: "CloudFormationClient"
    name: str
    limit: timedelta = LIMIT

    @property
    def exists(self) -> bool:
        """True if there is a usable stack."""
        return self.status not in {"", *NEVER_LIVED}

    @property
    def status(self) -> str:
        """State of the stack; "" if there is none."""
        stack = self._find()
        return "" if stack is None or stack["StackStatus"] == "DELETE_COMPLETE" else stack["StackStatus"]

    @property
    def events(self) -> StackEvents:
        """Events of all operations since the stack was created."""
        stack = self._find()
        return StackEvents(self.client, stack["StackId"] if stack else self.name)

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs. Raises NoStack."""
        stack = self._find()
        if stack is None or stack["StackStatus"] in NEVER_LIVED:
            raise NoStack(f"there is no stack {self.name}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def parameter(self, name: str) -> str:
        """Return the value of the stack's parameter, or "" if the stack or its template has none."""
        stack = self._find()
        given = (
            {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}
            if stack
            else {}
        )
        return given.get(name, "")

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource, or "" if there is none with this name."""
        try:
            found = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        except ClientError as error:
            if not is_missing(error):
                raise
            return ""
        return found["StackResourceDetail"].get("PhysicalResourceId", "")

    def apply(self, template: Path, parameters: Mapping[str, str], tags: Mapping[str, str] | None = None) -> bool:
        """Create or update the stack, and wait. Return True if anything changed. Raises StackFailed.

        Parameters that are not given keep their value, or get the template's default; a new stack gets the tags. Waits
        for an operation of an interrupted run, and deletes the remains of a failed creation. Only the operation started
        here can fail: an earlier UPDATE_ROLLBACK_COMPLETE is healthy.
        """
        self.clear_failed()
        token = _token()
        stack_id = self._begin(template, parameters, tags or {}, token)
        if not stack_id:
            return False
        status = self._settle(token)
        if status not in SUCCESSFUL:
            reasons = StackEvents(self.client, stack_id).reasons_of(token)
            raise StackFailed(f"stack {self.name} ended in {status or 'its deletion'}: {reasons}")
        return True

    def clear_failed(self) -> None:
        """Wait for running operations, and delete the stack if it was never in use. Raises StackFailed.

        A stack that needs manual repair is refused.
        """
        status = self._settle()
        if status in NEVER_LIVED:
            self.delete()
        if status in STUCK:
            raise StackFailed(f"stack {self.name} is in {status}. {STUCK[status].format(name=self.name)}")

    def delete(self) -> None:
        """Delete the stack, if there is one, and wait. A failed deletion is retried. Raises StackFailed."""
        if not self._settle():
            return
        token, events = _token(), self.events
        self.client.delete_stack(StackName=self.name, ClientRequestToken=token)
        status = self._settle(token)
        if status:
            raise StackFailed(f"stack {self.name} could not be deleted ({status}): {events.reasons_of(token)}")

    def _begin(self, template: Path, parameters: Mapping[str, str], tags: Mapping[str, str], token: str) -> str:
        """Start to create or update the stack. Return its id, or "" if it is up to date."""
        body = template.read_text(encoding="utf-8")
        stack = self._find()
        try:
            if stack is None:
                return self._create(body, parameters, tags, token)
            return self._update(body, parameters, token)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return ""
            raise

    def _create(self, body: str, parameters: Mapping[str, str], tags: Mapping[str, str], token: str) -> str:
        return self.client.create_stack(
            StackName=self.name,
            TemplateBody=body,
            Parameters=_given(parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
            ClientRequestToken=token,
        )["StackId"]

    def parameters(self, body: str, given: Mapping[str, str]) -> "list[ParameterTypeDef]":
        """Return the parameters of an update to this template; known ones that are not given keep their values."""
        stack = self._find()
        before = {found["ParameterKey"] for found in stack.get("Parameters", [])} if stack else set()
        known = {found["ParameterKey"] for found in self.client.get_template_summary(TemplateBody=body)["Parameters"]}
        kept: list[ParameterTypeDef] = [
            {"ParameterKey": key, "UsePreviousValue": True} for key in sorted(before & known - set(given))
        ]
        return _given(given) + kept

    def _update(self, body: str, parameters: Mapping[str, str], token: str) -> str:
        return self.client.update_stack(
            StackName=self.name,
            TemplateBody=body,
            Parameters=self.parameters(body, parameters),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            ClientRequestToken=token,
        )["StackId"]

    def _find(self) -> "StackTypeDef | None":
        try:
            found = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return found[0] if found else None

    def _settle(self, token: str = "") -> str:
        """Wait while CloudFormation works on the stack. Return its state, or "" if there is none.

        `token` identifies the operation started here, if any.
        """
        said = poll(self._at_work, self.limit, INTERVAL)
        if said:
            reasons = self.events.reasons_of(token) if token else NO_REASON
            raise StackFailed(
                f"{said} after {self.limit}: {reasons}. CloudFormation works on; wait until its console shows an end, "
                "and try again."
            )
        return self.status

    def _at_work(self) -> str:
        status = self.status
        if not status.endswith("_IN_PROGRESS") or status in NEVER_LIVED:
            return ""
        return f"stack {self.name} is in {status}{self._resources_at_work()}"

    def _resources_at_work(self) -> str:
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        try:
            found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        except ClientError as error:
            if not is_missing(error):
                raise
            return ""  # deleted since the state was read
        names = [each["LogicalResourceId"] for each in found if each["ResourceStatus"].endswith("_IN_PROGRESS")]
        return f" ({', '.join(names)})" if names else ""


def _token() -> str:
    return f"subs-{uuid4()}"


def _given(parameters: Mapping[str, str]) -> "list[ParameterTypeDef]":
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())]
