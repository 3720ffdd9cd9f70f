"""Hosts of the service on this machine: the site for people, the function for schedules."""

from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, Protocol

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.sandbox.invocation_result import InvocationResult


class Host(Protocol):
    """Way to run the service. `description` says what handles the schedule's events."""

    @property
    def description(self) -> str: ...

    @property
    def url(self) -> str:
        """Site URL without a trailing slash."""

    @property
    def origins(self) -> tuple[str, str]:
        """Origin of the site as the function knows it, and as a browser on this machine reaches it."""

    def serving(self, aws: LocalAWS) -> AbstractContextManager[object]:
        """Serve the site and accept events inside the block."""

    def invoke(self, event: Any) -> Any:
        """Invoke the function with an event and return its result; a failure is raised."""

    def accept(self, event: Any) -> Future[InvocationResult]:
        """Accept an event as Lambda does asynchronous ones: a failure is retried twice. Holds the last result."""

    def receive(self, function_arn: str, event: Any) -> InvocationResult:
        """Invoke the function with a batch of messages, as Lambda's pollers do. An exception fails the whole batch."""
