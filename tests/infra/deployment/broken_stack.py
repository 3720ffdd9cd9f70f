"""Stacks of the local AWS in the states that failed operations leave."""

from collections.abc import Callable

from moto.cloudformation.models import Event, Stack, cloudformation_backends

from infra.lambda_local.account import ACCOUNT

REGION = "us-east-1"
FAILED = {"ROLLBACK": "CREATE_FAILED", "CREATE": "CREATE_FAILED", "DELETE": "DELETE_FAILED"}
"""Resource states by the beginning of their stack's state."""


def stack_of(name: str) -> Stack:
    """Return the existing stack with this name. Raises StopIteration."""
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    return next(stack for stack in stacks if stack.name == name)


def break_stack(name: str, status: str, **reasons: str) -> None:
    """End the latest operation on the stack in this state, with a failed event and reason per resource."""
    stack = stack_of(name)
    token = stack.events[-1].client_request_token
    kind = next((kind for begins, kind in FAILED.items() if status.startswith(begins)), "UPDATE_FAILED")
    for resource, said in reasons.items():
        event = Event(stack.stack_id, name, resource, "", "AWS::SNS::Topic", kind, said, None)
        event.client_request_token = token
        stack.events.append(event)
    reason = f"The following resource(s) failed: [{', '.join(reasons)}]." if reasons else None
    ended = Event(stack.stack_id, name, name, stack.stack_id, "AWS::CloudFormation::Stack", status, reason, None)
    ended.client_request_token = token
    stack.events.append(ended)
    stack.status = status


def breaking(name: str, status: str, **reasons: str) -> Callable[[bytes], bytes]:
    """Return a response change that breaks the existing stack and leaves the body unchanged."""

    def alter(body: bytes) -> bytes:
        break_stack(name, status, **reasons)
        return body

    return alter


def failing_deletion(name: str, **reasons: str) -> Callable[[bytes], bytes]:
    """Return a response change that leaves the deleted stack in DELETE_FAILED."""

    def alter(body: bytes) -> bytes:
        backend = cloudformation_backends[ACCOUNT][REGION]
        stack = next(stack for stack in backend.deleted_stacks.values() if stack.name == name)
        backend.stacks[stack.stack_id] = backend.deleted_stacks.pop(stack.stack_id)
        break_stack(name, "DELETE_FAILED", **reasons)
        return body

    return alter
