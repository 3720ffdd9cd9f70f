"""Lambda on this machine: functions by name, invoked synchronously or asynchronously, each in several sandboxes."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from infra.lambda_local.errors import UnknownFunction
from infra.lambda_local.sandbox.dead_letter import DeadLetter
from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.sandbox import Receive, receive
from infra.lambda_local.sandbox.sandbox_pool import SandboxPool

RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=2))
"""Before the first and the second retry. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

EVENTS_AT_ONCE = 16
"""Asynchronous events on their way, those that wait for a retry included; the others queue up."""

Listener = Callable[[FunctionConfiguration, InvocationResult], object]

Clock = Callable[[], float]
"""Seconds since any fixed moment, as `time.monotonic` counts them."""


class LambdaService:
    """Context manager. `concurrency` is the number of sandboxes per function; `listener` hears each result.

    The age of asynchronous events is measured by `clock`; `receive` says when the time of an invocation is over. An
    event that waits for its retry when the service ends is dropped, which AWS would not do.
    """

    def __init__(
        self,
        functions: Iterable[FunctionConfiguration],
        *,
        concurrency: int = 2,
        retry_delays: Sequence[timedelta] = RETRY_DELAYS,
        listener: Listener = lambda *_: None,
        clock: Clock = time.monotonic,
        receive: Receive = receive,
    ) -> None:
        self._functions = {function.name: function for function in functions}
        self._pools = {
            name: SandboxPool(partial(function.sandbox, receive), concurrency)
            for name, function in self._functions.items()
        }
        self._retry_delays = retry_delays
        self._listener = listener
        self._clock = clock
        self._ending = threading.Event()
        self._events = ThreadPoolExecutor(EVENTS_AT_ONCE, thread_name_prefix="Asynchronous event")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        for pool in self._pools.values():
            pool.end()
        self._events.shutdown(cancel_futures=True)

    def invoke(self, name: str, event: Any, *, request_id: str | None = None) -> InvocationResult:
        """Invoke a function by its name or ARN, and return the result. Raises UnknownFunction."""
        function = self._function(name)
        with self._pools[function.name].sandbox() as sandbox:
            result = sandbox.invoke(event, request_id=request_id)
        self._listener(function, result)
        return result

    def invoke_async(self, name: str, event: Any) -> Future[InvocationResult]:
        """Accept the event: if the function fails, it is retried, and then becomes a dead letter.

        The future holds the last attempt's result. Raises UnknownFunction.
        """
        return self._events.submit(self._deliver, self._function(name), event, accepted=self._clock())

    def _function(self, name: str) -> FunctionConfiguration:
        try:
            return self._functions[name.rpartition(":function:")[2]]
        except KeyError as error:
            raise UnknownFunction(f"there is no function {name}; there are {sorted(self._functions)}") from error

    def _deliver(self, function: FunctionConfiguration, event: Any, *, accepted: float) -> InvocationResult:
        request_id = str(uuid.uuid4())
        result = self.invoke(function.name, event, request_id=request_id)
        for delay in self._delays(function):
            too_old = timedelta(seconds=self._clock() - accepted) + delay > function.maximum_age
            if result.error is None or too_old or self._ending.wait(delay.total_seconds()):
                break
            result = self.invoke(function.name, event, request_id=request_id)
        if result.error is not None and function.dead_letter_arn and not self._ending.is_set():
            DeadLetter(request_id, event, result.error).send(function.dead_letter_arn)
        return result

    def _delays(self, function: FunctionConfiguration) -> Sequence[timedelta]:
        return self._retry_delays[: function.retries]
