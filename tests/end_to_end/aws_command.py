"""AWS CLI commands translated to boto3 calls, so that docs/runbook.md runs without the CLI.

Supports the runbook's commands: `aws SERVICE OPERATION --option value ...` and `aws SERVICE wait WAITER --option
value`, with flags, lists, numbers, maps as JSON, and structures as Name=value,Name=value.
"""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

import boto3
from botocore import xform_name
from botocore.client import BaseClient
from botocore.model import OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator
from botocore.waiter import SingleWaiterConfig

from tests.end_to_end.errors import UnknownCommand

Options = list[tuple[str, list[str]]]

WAIT = "wait"
GLOBAL_OPTIONS = frozenset({"output", "query"})
"""Options for the CLI's output: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html"""


@dataclass(frozen=True)
class AwsCommand:
    """Command with its parameters for boto3."""

    service: str
    operation: str
    """Name of boto3's method or waiter."""
    parameters: dict[str, Any]
    waits: bool = False

    @classmethod
    def parse(cls, line: str) -> "AwsCommand":
        """Return the command. Raises UnknownCommand for an unknown operation or option, or without a required one."""
        program, service, operation, *words = shlex.split(line)
        if program != "aws":
            raise UnknownCommand(f"{line}: AWS's CLI has no such command")
        client: BaseClient = boto3.client(service)  # type: ignore[call-overload] # any service
        waits = operation == WAIT
        name, model = _waiter(line, client, words.pop(0)) if waits else _operation(line, client, operation)
        parameters = dict(_parameters(line, model, _options(words)))
        errors = ParamValidator().validate(parameters, cast("Shape", model.input_shape))
        if errors.has_errors():
            raise UnknownCommand(f"{line}: {errors.generate_report()}")
        return cls(service, name, parameters, waits)

    def run(self) -> dict[str, Any]:
        """Call AWS at the endpoint in the environment. Raises botocore's ClientError and WaiterError."""
        client = boto3.client(self.service)  # type: ignore[call-overload] # any service
        if self.waits:
            client.get_waiter(self.operation).wait(**self.parameters)
            return {}
        answer: dict[str, Any] = getattr(client, self.operation)(**self.parameters)
        return answer


def _operation(line: str, client: BaseClient, operation: str) -> tuple[str, OperationModel]:
    methods = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    if operation not in methods:
        raise UnknownCommand(f"{line}: AWS's CLI has no such command")
    return xform_name(methods[operation]), client.meta.service_model.operation_model(methods[operation])


def _waiter(line: str, client: BaseClient, waiter: str) -> tuple[str, OperationModel]:
    name = waiter.replace("-", "_")
    if name not in client.waiter_names:
        raise UnknownCommand(f"{line}: AWS's CLI knows no waiter {waiter}")
    # The stubs take the waiter's configuration for the dictionary that it was read from.
    config = cast("SingleWaiterConfig", client.get_waiter(name).config)
    return name, client.meta.service_model.operation_model(config.operation)


def _options(words: list[str]) -> Options:
    numbered = [(sum(word.startswith("--") for word in words[: i + 1]), word) for i, word in enumerate(words)]
    groups = [[word for _, word in group] for _, group in groupby(numbered, key=lambda entry: entry[0])]
    return [(name.removeprefix("--"), values) for name, *values in groups]


def _parameters(line: str, model: OperationModel, options: Options) -> Iterator[tuple[str, Any]]:
    shapes = cast("StructureShape", model.input_shape).members
    members = {xform_name(name, "-"): (name, shape) for name, shape in shapes.items()}
    for option, values in options:
        if option in GLOBAL_OPTIONS:
            continue
        known, flag = members.get(option), members.get(option.removeprefix("no-"))
        if known is not None:
            yield known[0], _value(known[1], values)
        elif flag is not None and not values:
            yield flag[0], False
        else:
            raise UnknownCommand(f"{line}: there is no option --{option}")


def _value(shape: Shape, values: list[str]) -> Any:
    if shape.type_name == "boolean" and not values:
        return True
    if shape.type_name == "list":
        return values
    (value,) = values
    if shape.type_name == "map":
        return json.loads(value)
    return _structure(cast("StructureShape", shape), value) if shape.type_name == "structure" else _scalar(shape, value)


def _structure(shape: StructureShape, text: str) -> dict[str, Any]:
    """Parse the CLI's shorthand: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html"""
    pairs = (part.partition("=") for part in text.split(","))
    return {name: _scalar(shape.members[name], value) if name in shape.members else value for name, _, value in pairs}


def _scalar(shape: Shape, value: str) -> Any:
    kinds = {"integer": int, "long": int, "double": float, "float": float}
    return kinds.get(shape.type_name, str)(value)
