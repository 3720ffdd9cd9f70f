"""Host in this process: Django's own server, and Zappa's handler beside it."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.local.lambda_function import LambdaFunction
from infra.local.site import Site

logger = logging.getLogger(__name__)

RETRY_DELAYS = (2.0, 4.0)
"""Seconds before the first and the second retry, instead of Lambda's minutes."""


@dataclass(frozen=True)
class ProcessHost:
    """Fast host; changed code takes effect at the next start. One event runs at a time, as in one sandbox."""

    site: Site
    function: LambdaFunction
    description: str = "Zappa's handler"
    _sandbox: threading.Lock = field(default_factory=threading.Lock)
    _ending: threading.Event = field(default_factory=threading.Event)
    _events: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="event"))

    @property
    def url(self) -> str:
        return self.site.url

    @property
    def origins(self) -> tuple[str, str]:
        return self.site.url, self.site.url

    @contextmanager
    def serving(self, aws: LocalAWS) -> Iterator[None]:
        """Serve the site inside the block. Clients find the local AWS by environment variables."""
        try:
            with self.site:
                yield
        finally:
            self._ending.set()
            self._events.shutdown(cancel_futures=True)

    def invoke(self, event: Any) -> Any:
        """Invoke the handler with an event and return its result; its errors are raised."""
        with self._sandbox:
            return self.function.invoke(event)

    def accept(self, event: Any) -> Future[InvocationResult]:
        """Accept an event, and retry it twice if it fails. The last failure is logged, and raised by the future."""
        return self._events.submit(self._deliver, event)

    def _deliver(self, event: Any) -> InvocationResult:
        for delay in RETRY_DELAYS:
            try:
                return self.receive("", event)
            except Exception as error:  # noqa: BLE001 - whatever the function raises is retried
                logger.warning("asynchronous event failed", extra={"error": type(error).__name__})
                self._ending.wait(delay)
        return self.receive("", event)

    def receive(self, function_arn: str, event: Any) -> InvocationResult:
        """Invoke the handler with a batch of messages; its errors are raised."""
        start = time.monotonic()
        payload = self.invoke(event)
        return InvocationResult("", payload, None, timedelta(seconds=time.monotonic() - start), None, "")
