"""Where the service runs on this machine: the site for people, and the function for the clock."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.sandbox.invocation_result import InvocationResult


class Host(Protocol):
    """One way to run it. `description` says what the schedule goes through."""

    @property
    def description(self) -> str: ...

    @property
    def url(self) -> str:
        """Where the site can be reached, without a slash at the end."""

    def serving(self, aws: LocalAWS) -> AbstractContextManager[object]:
        """Serve the site, and take events, while this is open."""

    def invoke(self, event: Any) -> Any:
        """Give the function an event and return its answer; a failure is raised."""

    def receive(self, function_arn: str, event: Any) -> InvocationResult:
        """Give the function a batch of a queue, as Lambda's pollers do. What is raised is a failure of all of it."""
