"""Functions of the local AWS: uploaded code in Lambda's sandbox, with its current configuration."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from moto.awslambda.models import LambdaFunction

from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration, read_back
from infra.lambda_local.sandbox.function_logs import FunctionLogs
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.lambda_local.sandbox.unpacked_package import UnpackedPackage


class DeployedFunctions:
    """Context manager, and a runner for `infra.lambda_local.moto_gaps.gaps.close_gaps`.

    Logs go to the local CloudWatch Logs.

    A change of code or configuration starts fresh sandboxes; those of before end with this. Open it after the local
    AWS, whose address the functions are told.
    """

    def __init__(self, *, retry_delays: Sequence[timedelta]) -> None:
        self._retry_delays = retry_delays
        self._lock = threading.Lock()
        self._running: dict[str, tuple[FunctionConfiguration, LambdaService]] = {}
        self._packages: dict[str, Path] = {}

    def __enter__(self) -> Self:
        self._all = contextlib.ExitStack()
        self._directory = Path(self._all.enter_context(tempfile.TemporaryDirectory(prefix="uploads-")))
        self._logs = FunctionLogs(boto3.client("logs"))
        self._variables = {"AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"]}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._all.close()

    def invoke(self, function: LambdaFunction, event: Any) -> InvocationResult:
        """Run the function on the event and wait."""
        return self._service(function).invoke(function.function_name, event)

    def invoke_later(self, function: LambdaFunction, event: Any) -> Future[InvocationResult]:
        """Accept the event, for retries and then the dead-letter queue."""
        return self._service(function).invoke_async(function.function_name, event)

    def _service(self, function: LambdaFunction) -> LambdaService:
        with self._lock:
            name = function.function_name
            package = self._unpacked(function.code_digest, function.code_bytes)
            wanted = read_back(boto3.client("lambda"), name, package=package, **self._variables)
            configuration, service = self._running.get(name, (None, None))
            if service is None or configuration != wanted:
                service = LambdaService([wanted], retry_delays=self._retry_delays, listener=self._logs.write)
                self._running[name] = wanted, self._all.enter_context(service)
            return service

    def _unpacked(self, digest: str, code: bytes) -> Path:
        if digest not in self._packages:
            archive = self._directory / f"{digest}.zip"
            archive.write_bytes(code)
            self._packages[digest] = self._all.enter_context(UnpackedPackage(archive)).directory
        return self._packages[digest]
