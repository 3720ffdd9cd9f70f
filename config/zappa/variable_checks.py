"""Variables that Lambda refuses, which fails a deployment halfway, and variables that the service no longer reads.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own name

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
"""Maximum size of all names and values together, in bytes."""
REMOVED = {"WAKE_UP_QUEUE_URL": "Remove it, and the event notifications.jobs.deliver_woken: the schedule delivers."}
"""Variables of earlier releases, each with a hint."""


def check_variables(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Check the aws_environment_variables of each stage."""
    found: list[CheckMessage] = []
    for stage in stages:
        where, variables = f"zappa_settings.json {stage.name}", stage.settings.get("aws_environment_variables")
        found += [Error(text, hint=hint, obj=where, id="config.E060") for text, hint in _problems(variables)]
        found += warn_of_removed(variables if isinstance(variables, dict) else {}, where)
    return found


def warn_of_removed(variables: Mapping[str, Any], where: str) -> list[CheckMessage]:
    """Return a warning for each variable that the service ignores since an earlier release."""
    return [
        Warning(f"the variable {name} is ignored", hint=hint, obj=where, id="config.W062")
        for name, hint in REMOVED.items()
        if name in variables
    ]


def _problems(variables: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(variables, dict):
        return  # reported by another check
    for name, value in variables.items():
        if not NAME.fullmatch(name):
            yield (
                f"{name!r} is not a valid variable name",
                "Lambda allows letters, digits and _, a letter first.",
            )
        if name in RESERVED:
            yield f"the variable {name} is reserved by Lambda", "Lambda sets it. Remove it."
        if not isinstance(value, str) and name != OF_ANOTHER_CHECK:
            yield f"the variable {name} is not a string", f'Lambda accepts strings only: write it as "{name}": "...".'
    yield from _excess(variables)


def _excess(variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > LARGEST:
        yield f"the variables have {size} bytes, but Lambda allows {LARGEST}", "Keep long values elsewhere."
