"""A Lambda sandbox on this machine: a warm process of a function, which handles one event at a time."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.sandbox.function_process import Function, FunctionProcess
from infra.lambda_local.sandbox.invocation_result import InvocationResult, Invoked
from infra.lambda_local.sandbox.runtime_api import Answered, Failed, Invocation, Message, Ready

START_SECONDS = 10
"""The time for a start alone; a slower start takes time from the first invocation.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
"""

Receive = Callable[[SimpleQueue[Message], float], Message | None]
"""Takes a process's next message; None where so many seconds have passed without one."""


def receive(messages: SimpleQueue[Message], seconds: float) -> Message | None:
    """Return the next message, or None after `seconds` on the machine's own clock."""
    try:
        return messages.get(timeout=max(0.0, seconds))
    except Empty:
        return None


class Sandbox:
    """Context manager for one sandbox of a function. The process starts with the first invocation.

    `package` is the unpacked zip, `environment` the function's own variables, `timeout` the limit of an invocation. A
    process that exceeds it, ends or fails to start is gone; the next invocation gets a fresh one. `receive` says when
    the time is over. Memory is told to the function, and not limited.
    """

    def __init__(
        self,
        package: Path,
        *,
        handler: str = "handler.lambda_handler",
        environment: Mapping[str, str],
        timeout: timedelta,
        memory_megabytes: int,
        name: str = "function",
        region: str = "us-east-1",
        receive: Receive = receive,
    ) -> None:
        self._function = Function(package, handler, environment, name, region, memory_megabytes)
        self._arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
        self._timeout = timeout
        self._receive = receive
        self._process: FunctionProcess | None = None
        self._one_at_a_time = threading.Lock()
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the sandbox: the current invocation, and any later one, ends with an error."""
        self._ended = True
        if self._process is not None:
            self._process.kill()
        with self._one_at_a_time:
            self._forget_process()

    def invoke(self, event: Any, *, request_id: str | None = None) -> InvocationResult:
        """Give the function an event, any JSON value, and return the result once it ends or times out.

        What goes wrong in the function is in the result, as Lambda's invoker gets it.
        """
        with self._one_at_a_time:
            invoked = self._invoke(request_id or str(uuid.uuid4()), json.dumps(event).encode())
        return invoked.result(timeout=self._timeout, memory_megabytes=self._function.memory_megabytes)

    def _invoke(self, request_id: str, event: bytes) -> Invoked:
        process, start_duration, started = self._warm_process()
        start_log, began = process.read_log(), time.monotonic()
        message = self._hand_over(process, request_id, event) if isinstance(started, Ready) else started
        duration = timedelta(seconds=time.monotonic() - began)
        invoked = Invoked(request_id, message, duration, start_duration, start_log, process.read_log())
        if not isinstance(message, Answered | Failed):
            self._forget_process()
        return invoked

    def _warm_process(self) -> tuple[FunctionProcess, timedelta | None, Message | None]:
        if self._process is not None and self._process.lives:
            return self._process, None, Ready()
        self._forget_process()
        began = time.monotonic()
        self._process = process = FunctionProcess(self._function)
        if self._ended:  # and `end` came too early to see the process
            process.kill()
        started = self._next_message(process, began + START_SECONDS + self._timeout.total_seconds())
        return process, timedelta(seconds=time.monotonic() - began), started

    def _forget_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _hand_over(self, process: FunctionProcess, request_id: str, event: bytes) -> Message | None:
        limit = self._timeout.total_seconds()
        process.runtime_api.offer(Invocation(request_id, self._arn, time.time() + limit, event))
        deadline = time.monotonic() + limit
        while isinstance(message := self._next_message(process, deadline), Ready):
            continue
        return message

    def _next_message(self, process: FunctionProcess, deadline: float) -> Message | None:
        return self._receive(process.runtime_api.messages, deadline - time.monotonic())
