"""The service in this process: Django's own server, and Zappa's handler beside it."""

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
    """Quick to start, and a change of the code shows at the next start."""

    site: Site
    function: LambdaFunction
    description: str = "Zappa's handler"

    @property
    def url(self) -> str:
        """Where the site can be reached, without a slash at the end."""
        return self.site.url

    def serving(self, aws: LocalAWS) -> AbstractContextManager[object]:
        """Serve the site while this is open. Clients of the local AWS find it in the environment."""
        return self.site

    def invoke(self, event: Any) -> Any:
        """Give the handler an event and return its answer; what it raises is raised."""
        return self.function.invoke(event)

    def receive(self, function_arn: str, event: Any) -> InvocationResult:
        """Give the handler a batch of a queue; what it raises is raised."""
        start = time.monotonic()
        payload = self.function.invoke(event)
        return InvocationResult("", payload, None, timedelta(seconds=time.monotonic() - start), None, "")
