"""Change sets of CloudFormation as a plan needs them, where moto 5.2 differs from AWS."""

from collections.abc import Callable
from typing import Any

from moto.cloudformation.models import Change, ChangeSet, Stack
from moto.cloudformation.responses import CloudFormationResponse

create: Callable[[CloudFormationResponse], Any] = CloudFormationResponse.create_change_set
"""moto's own."""


def create_change_set(self: CloudFormationResponse) -> Any:
    """AWS: makes a change set that FAILED where nothing differs. moto: refuses to make one.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
    """
    self._validate_different_update = lambda *_: None  # type: ignore[method-assign]
    return create(self)


def has_parameters(self: Stack, other_parameters: dict[str, Any]) -> bool:
    """AWS: compares values. moto: compares those that were given, so that a default differs from its own value."""
    return not _changed(self, other_parameters)


def diff(self: ChangeSet) -> list[Change]:
    """AWS: a resource differs where a parameter that it refers to does, too. moto: where the template does alone."""
    before, after = self.stack.template_dict.get("Resources", {}), self.template_dict["Resources"]
    changed = _changed(self.stack, self.parameters)
    differing = self.stack.resource_map.build_resource_diff(self.template_dict, changed)
    return [
        Change(action, name, (after if name in after else before)[name]["Type"])
        for action, names in differing.items()
        for name in dict.fromkeys(names)
    ]


def close_change_set_gaps() -> None:
    """Apply the overrides to every moto server of this process."""
    CloudFormationResponse.create_change_set = create_change_set  # type: ignore[method-assign]
    ChangeSet.diff = diff  # type: ignore[method-assign]
    Stack.has_parameters = has_parameters  # type: ignore[method-assign]


def _changed(stack: Stack, parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if str(stack.stack_parameters.get(name)) != str(value)}
