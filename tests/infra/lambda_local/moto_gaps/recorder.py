"""Function runner that records its calls."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.awslambda.models import LambdaFunction

from infra.lambda_local.sandbox.invocation_result import InvocationResult


@dataclass
class Recorder:
    """Recorder that runs nothing."""

    error: dict[str, Any] | None = None
    now: list[Any] | None = None
    later: list[Any] | None = None

    def invoke(self, function: LambdaFunction, event: Any) -> InvocationResult:
        """Respond with the event."""
        payload = None if self.error else event
        return InvocationResult("id", payload, self.error, timedelta(0), None, "x" * 5000 + "END\n")

    def invoke_later(self, function: LambdaFunction, event: Any) -> None:
        """Record the event."""
        self.later = [*(self.later or []), (function.function_name, event)]
