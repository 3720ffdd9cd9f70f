"""Variables of a stage that Lambda does not take: it refuses all of them, once the new code is there.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error

from config.zappa.stages import Stage

NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
RESERVED = {
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}
"""Names that Lambda sets itself."""
OF_ANOTHER_CHECK = "INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT"  # config.E027
LARGEST = 4096
"""Bytes of all names and values together."""


def check_variables(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Check the aws_environment_variables of each stage."""
    return [
        Error(text, hint=hint, obj=f"zappa_settings.json {stage.name}", id="config.E060")
        for stage in stages
        for text, hint in _problems(stage.settings.get("aws_environment_variables"))
    ]


def _problems(variables: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(variables, dict):
        return  # another check's
    for name, value in variables.items():
        if not NAME.fullmatch(name):
            yield f"{name!r} is no name of a variable", "Lambda takes letters, digits and _, beginning with a letter."
        if name in RESERVED:
            yield f"the variable {name} is Lambda's own", "Lambda sets it. Take it out."
        if not isinstance(value, str) and name != OF_ANOTHER_CHECK:
            yield f"the variable {name} is no text", f'Lambda takes texts only: write it as "{name}": "...".'
    yield from _excess(variables)


def _excess(variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > LARGEST:
        yield f"the variables have {size} bytes, and Lambda takes {LARGEST}", "Keep what is long elsewhere."
