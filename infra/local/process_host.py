"""Host in this process: Django's own server, and Zappa's handler beside it."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.local.lambda_function import LambdaFunction
from infra.local.site import Site


@dataclass(frozen=True)
class ProcessHost:
    """Fast host; changed code takes effect at the next start."""

    site: Site
    function: LambdaFunction
    description: str = "Zappa's handler"

    @property
    def url(self) -> str:
        return self.site.url

    def serving(self, aws: LocalAWS) -> AbstractContextManager[object]:
        """Serve the site inside the block. Clients find the local AWS by environment variables."""
        return self.site

    def invoke(self, event: Any) -> Any:
        """Invoke the handler with an event and return its result; its errors are raised."""
        return self.function.invoke(event)

    def receive(self, function_arn: str, event: Any) -> InvocationResult:
        """Invoke the handler with a batch of messages; its errors are raised."""
        start = time.monotonic()
        payload = self.function.invoke(event)
        return InvocationResult("", payload, None, timedelta(seconds=time.monotonic() - start), None, "")
