"""Results of invocations: the invoker's answer or error, and the log in Lambda's format."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.lambda_local.sandbox.runtime_api import Answered, Exited, Failed, LambdaError, Message, Refused, StartFailed


@dataclass(frozen=True)
class InvocationResult:
    """The result of one invocation."""

    request_id: str
    payload: Any
    """The handler's answer, read from its JSON; None after an error."""
    error: LambdaError | None
    """`errorType`, `errorMessage` and mostly `stackTrace`; None where the handler returned."""
    duration: timedelta
    start_duration: timedelta | None
    """The time that the process took to start; None if it was warm."""
    log: str
    """START, END and REPORT lines, and between them what the function wrote. Before START: what its start wrote."""


@dataclass(frozen=True)
class Invoked:
    """A finished invocation. `message` is the process's last message; None if it timed out."""

    request_id: str
    message: Message | None
    duration: timedelta
    start_duration: timedelta | None
    start_log: str
    log: str

    def result(self, *, timeout: timedelta, memory_megabytes: int) -> InvocationResult:
        """Return the result for the invoker and the log."""
        error = self._error(timeout)
        return InvocationResult(
            self.request_id,
            json.loads(self.message.payload) if isinstance(self.message, Answered) else None,
            error,
            self.duration,
            self.start_duration,
            self._whole_log(error, memory_megabytes),
        )

    def _error(self, timeout: timedelta) -> LambdaError | None:
        match self.message:
            case Answered():
                return None
            case Failed(error) | Refused(error) | StartFailed(error):
                return error
            case Exited(status):
                return self._error_of_runtime("Runtime.ExitError", _words(status))
            case _:
                words = f"Task timed out after {timeout.total_seconds():.2f} seconds"
                return self._error_of_runtime("Sandbox.Timedout", words)

    def _error_of_runtime(self, kind: str, words: str) -> LambdaError:
        return {"errorType": kind, "errorMessage": f"RequestId: {self.request_id} Error: {words}"}

    def _whole_log(self, error: LambdaError | None, memory_megabytes: int) -> str:
        """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
        lines = [self.start_log, f"START RequestId: {self.request_id} Version: $LATEST\n", self.log]
        if error and not isinstance(self.message, Failed | StartFailed):  # these the runtime client has logged
            lines.append(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z {error['errorMessage']}\n")
        lines += [f"END RequestId: {self.request_id}\n", self._report(memory_megabytes)]
        return "".join(lines)

    def _report(self, memory_megabytes: int) -> str:
        milliseconds = self.duration / timedelta(milliseconds=1)
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {math.ceil(milliseconds)} ms",
            f"Memory Size: {memory_megabytes} MB",
        ]
        if self.start_duration is not None:
            parts.append(f"Init Duration: {self.start_duration / timedelta(milliseconds=1):.2f} ms")
        return "\t".join(parts) + "\n"


def _words(status: int) -> str:
    if status == 0:
        return "Runtime exited without providing a reason"
    reason = f"signal: {-status}" if status < 0 else f"exit status {status}"
    return f"Runtime exited with error: {reason}"
