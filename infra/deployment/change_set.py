"""Planned changes of a CloudFormation stack, from a change set that is deleted without being executed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from infra.deployment.cloud_stack import CloudStack
from infra.deployment.polling import poll
from infra.errors import StackFailed

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, DescribeChangeSetOutputTypeDef

LIMIT = timedelta(minutes=10)
INTERVAL = timedelta(seconds=2)
WITHOUT_CHANGES = ("didn't contain changes", "No updates are to be performed")
"""Parts of AWS's reason for a change set without changes, which counts as failed."""
SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "+", "Dynamic": "?"}


def planned_changes(stack: CloudStack, template: Path, parameters: Mapping[str, str]) -> list[str]:
    """Return a line per resource that `CloudStack.apply` would change. Raises StackFailed, and botocore's ClientError.

    A missing stack gets no change set, because AWS would keep an empty stack for it.
    """
    body = template.read_text(encoding="utf-8")
    if not stack.exists:
        kinds = sorted(set(stack.client.get_template_summary(TemplateBody=body)["ResourceTypes"]))
        return [f"+ new, with {', '.join(kinds)}"]
    made = stack.client.create_change_set(
        StackName=stack.name,
        ChangeSetName=f"plan-{uuid4()}",
        ChangeSetType="UPDATE",
        TemplateBody=body,
        Parameters=stack.parameters(body, parameters),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    try:
        return _read(stack.client, made["Id"])
    finally:
        stack.client.delete_change_set(ChangeSetName=made["Id"])


def _read(client: "CloudFormationClient", change_set: str) -> list[str]:
    said = poll(lambda: _at_work(client, change_set), LIMIT, INTERVAL)
    if said:
        raise StackFailed(f"the change set is {said} after {LIMIT}; ask again")
    found = client.describe_change_set(ChangeSetName=change_set)
    reason = found.get("StatusReason", "")
    if found["Status"] == "FAILED":
        if any(text in reason for text in WITHOUT_CHANGES):
            return []
        raise StackFailed(f"AWS could not compare the stack with its template: {reason}")
    return [_line(change) for change in _changes(client, found)]


def _at_work(client: "CloudFormationClient", change_set: str) -> str:
    status = client.describe_change_set(ChangeSetName=change_set)["Status"]
    return status if status.endswith(("_PENDING", "_IN_PROGRESS")) else ""


def _changes(client: "CloudFormationClient", found: "DescribeChangeSetOutputTypeDef") -> "list[ChangeTypeDef]":
    changes = list(found.get("Changes", []))
    while token := found.get("NextToken"):
        found = client.describe_change_set(ChangeSetName=found["ChangeSetId"], NextToken=token)
        changes += found.get("Changes", [])
    return changes


def _line(change: "ChangeTypeDef") -> str:
    resource = change["ResourceChange"]
    replaced = {"True": ", replaced", "Conditional": ", perhaps replaced"}.get(resource.get("Replacement", ""), "")
    return f"{SIGNS[resource['Action']]} {resource['LogicalResourceId']} ({resource['ResourceType']}{replaced})"
