"""A command line of AWS's CLI as the call of boto3 that it stands for: so docs/runbook.md is run without the CLI.

Knows what the runbook uses: `aws SERVICE OPERATION --option value ...`, with flags, lists and numbers.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

import boto3
from botocore import xform_name
from botocore.model import OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

from infra.errors import UnknownCommand

Options = list[tuple[str, list[str]]]


@dataclass(frozen=True)
class AwsCommand:
    """One command, with its parameters as boto3 takes them."""

    service: str
    operation: str
    parameters: dict[str, Any]

    @classmethod
    def parse(cls, line: str) -> "AwsCommand":
        """Raises UnknownCommand where AWS has no such service, operation or option, or it lacks a required one."""
        program, service, operation, *words = shlex.split(line)
        client = boto3.client(service)  # type: ignore[call-overload] # any service
        methods = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
        if program != "aws" or operation not in methods:
            raise UnknownCommand(f"{line}: AWS's CLI has no such command")
        model = client.meta.service_model.operation_model(methods[operation])
        parameters = dict(_parameters(line, model, _options(words)))
        errors = ParamValidator().validate(parameters, model.input_shape)
        if errors.has_errors():
            raise UnknownCommand(f"{line}: {errors.generate_report()}")
        return cls(service, xform_name(methods[operation]), parameters)

    def run(self) -> dict[str, Any]:
        """Call AWS, as the environment names it. Raises botocore's ClientError."""
        client = boto3.client(self.service)  # type: ignore[call-overload] # any service
        answer: dict[str, Any] = getattr(client, self.operation)(**self.parameters)
        return answer


def _options(words: list[str]) -> Options:
    numbered = [(sum(word.startswith("--") for word in words[: i + 1]), word) for i, word in enumerate(words)]
    groups = [[word for _, word in group] for _, group in groupby(numbered, key=lambda entry: entry[0])]
    return [(name.removeprefix("--"), values) for name, *values in groups]


def _parameters(line: str, model: OperationModel, options: Options) -> Iterator[tuple[str, Any]]:
    shapes = cast("StructureShape", model.input_shape).members
    members = {xform_name(name, "-"): (name, shape) for name, shape in shapes.items()}
    for option, values in options:
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
    return int(value) if shape.type_name in {"integer", "long"} else value
