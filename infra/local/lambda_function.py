"""Lambda function in this process: the stage's handler with the settings that Zappa generates for it."""

import contextlib
import io
import sys
import time
import uuid
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import zappa.handler
from django.utils.module_loading import import_string
from zappa.handler import LambdaHandler

from infra.lambda_local.account import ACCOUNT
from infra.packaging.zappa_stage import ZappaStage

HANDLER_SETTINGS = "zappa_settings"
"""Module that Zappa's handler imports its settings from."""


@dataclass(frozen=True)
class Context:
    """Lambda's context object. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    deadline: float
    """Time of `time.monotonic()`."""
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would end the invocation, at least 0."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class LambdaFunction:
    """Warm sandbox, one per process because Zappa's handler is a singleton. Creating it sets up Django."""

    def __init__(self, stage: ZappaStage) -> None:
        self._stage = stage
        sys.modules[HANDLER_SETTINGS] = _module(HANDLER_SETTINGS, stage.handler_settings)
        vars(zappa.handler)["print"] = _discard  # a command's result, which goes to CloudWatch on Lambda
        with contextlib.redirect_stdout(io.StringIO()):  # "Instancing.."
            LambdaHandler(HANDLER_SETTINGS)
            self._handle = import_string(stage.handler)

    def invoke(self, event: dict[str, Any]) -> Any:
        """Run the handler on the event and return its result; its errors are raised."""
        return self._handle(event, self._context())

    def _context(self) -> Context:
        name = self._stage.lambda_name
        return Context(
            function_name=name,
            invoked_function_arn=f"arn:aws:lambda:{self._stage.region}:{ACCOUNT}:function:{name}",
            memory_limit_in_mb=str(self._stage.memory_megabytes),
            deadline=time.monotonic() + self._stage.timeout_seconds,
        )


def _discard(*text: object) -> None:
    """Print nothing."""


def _module(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(source, module.__dict__)  # noqa: S102 - Zappa's own output, which it would import in the zip
    return module
