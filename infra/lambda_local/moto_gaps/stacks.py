"""CloudFormation as a deployment needs it, where moto 5.2 differs from AWS."""

from collections.abc import Callable
from typing import Any, ClassVar

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack, StackSet
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.rds.models import DBSubnetGroup

from infra.lambda_local.moto_gaps.change_sets import close_change_set_gaps

UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
"""States from which AWS updates a stack."""

Answer = Callable[[CloudFormationResponse], Any]
UPDATE_RESOURCE: Callable[..., Any] = parsing.parse_and_update_resource


class StackGaps:
    """moto's own operations, which the overrides call."""

    events_per_page: ClassVar[int] = 100
    create: ClassVar[Answer] = CloudFormationResponse.create_stack
    update: ClassVar[Answer] = CloudFormationResponse.update_stack
    delete: ClassVar[Answer] = CloudFormationResponse.delete_stack


def create_stack(self: CloudFormationResponse) -> Any:
    """AWS: events carry the ClientRequestToken, and a request is carried out once per token. moto: no token.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    return _once(self, StackGaps.create)


def update_stack(self: CloudFormationResponse) -> Any:
    """AWS and moto: as CreateStack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
    """
    return _once(self, StackGaps.update)


def delete_stack(self: CloudFormationResponse) -> Any:
    """AWS and moto: as CreateStack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
    """
    return _once(self, StackGaps.delete)


def describe_stack_events(self: CloudFormationResponse) -> ActionResult:
    """AWS: pages, the newest event first. moto: all at once.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
    """
    events = self.cloudformation_backend.describe_stack_events(self._get_param("StackName"))[::-1]
    start = int(self._get_param("NextToken") or 0)
    end = start + StackGaps.events_per_page
    return ActionResult({"StackEvents": events[start:end], "NextToken": str(end) if end < len(events) else None})


def validate_status(self: CloudFormationResponse, stack: Stack) -> None:
    """AWS: refuses to update a stack in any state that is not UPDATABLE. moto: in ROLLBACK_COMPLETE alone."""
    if stack.status not in UPDATABLE:
        raise ValidationError(
            stack.stack_id, message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )


def update_resource(logical_id: str, resource: Any, resources: parsing.ResourceMap, *region: str, **named: str) -> Any:
    """AWS: a resource stays in its stack when it is updated. moto: one of a type that moto cannot update is lost.

    DescribeStackResource then answers 500, and ListStackResources lacks it.
    """
    updated = UPDATE_RESOURCE(logical_id, resource, resources, *region, **named)
    return updated or resources._parsed_resources.get(logical_id)  # noqa: SLF001


def id_of_subnet_group(group: DBSubnetGroup) -> str:
    """AWS: a subnet group is known to its stack by its name. moto: by none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbsubnetgroup.html
    """
    return group.name


def keep_previous_values(
    backend: CloudFormationBackend, instance: Stack | StackSet, incoming_params: list[dict[str, Any]]
) -> dict[str, Any]:
    """AWS: UsePreviousValue of a parameter that was left to its default keeps that value. moto: 500."""
    before = instance.stack_parameters if isinstance(instance, Stack) else instance.parameters
    return {
        given["ParameterKey"]: before[given["ParameterKey"]]
        if given.get("UsePreviousValue")
        else given["ParameterValue"]
        for given in incoming_params
    }


def close_stack_gaps() -> None:
    """Apply the overrides to every moto server of this process."""
    close_change_set_gaps()
    CloudFormationBackend._resolve_update_parameters = keep_previous_values  # type: ignore[method-assign, assignment] # noqa: SLF001
    DBSubnetGroup.physical_resource_id = property(id_of_subnet_group)  # type: ignore[attr-defined]
    parsing.parse_and_update_resource = update_resource  # type: ignore[assignment] # it returns what the other does
    for replacement in (create_stack, update_stack, delete_stack, describe_stack_events):
        setattr(CloudFormationResponse, replacement.__name__, replacement)
    CloudFormationResponse._validate_status = validate_status  # type: ignore[method-assign] # noqa: SLF001


def _once(request: CloudFormationResponse, answer: Answer) -> Any:
    """Answer unless the stack knows this token, and record the token in the events that follow."""
    token, name = request._get_param("ClientRequestToken"), request._get_param("StackName")  # noqa: SLF001
    found = _find(request, name)
    if token and found and any(event.client_request_token == token for event in found.events):
        return ActionResult({"StackId": found.stack_id})
    known = len(found.events) if found else 0
    result = answer(request)
    made = found or _find(request, name)
    for event in made.events[known:] if made else []:
        event.client_request_token = token
    return result


def _find(request: CloudFormationResponse, name: str) -> Stack | None:
    stacks = request.cloudformation_backend.stacks
    return stacks.get(name) or next((stack for stack in stacks.values() if stack.name == name), None)
