"""Host for the deployed code: the unpacked zip in Lambda's sandbox, behind API Gateway's events."""

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
from django.core.management.utils import get_random_secret_key

from infra.errors import FunctionFailed
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.gateway.api_gateway import ApiGateway
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.sandbox.confinement import confinement
from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.local.clock_server import ClockServer
from infra.local.payment_provider import PaymentProvider
from infra.packaging.zappa_stage import ZappaStage

RETRY_DELAYS = (timedelta(seconds=2), timedelta(seconds=4))
"""Delays instead of Lambda's minutes, because the clock waits for retries here."""

PUBLIC = ("PAYMENT_PROVIDER", "STRIPE_API_BASE")
"""Variables of the provider that are no secret."""


class SandboxHost:
    """Host for `package`, the unpacked zip of the stage. Its log goes to the file `log`, in CloudWatch's format."""

    def __init__(
        self, stage: ZappaStage, package: Path, *, database_url: str, log: Path, provider: PaymentProvider
    ) -> None:
        self._stage = stage
        self._package = package
        self._database_url = database_url
        self._log = log
        self._provider = provider
        api = RestAPI(f"local.execute-api.{stage.region}.amazonaws.com", stage.name)
        self._gateway = ApiGateway(api, lambda event: self._service.invoke(stage.lambda_name, event))
        self._service: LambdaService

    @property
    def description(self) -> str:
        """Description that includes the isolation of the sandbox."""
        return f"the deployed zip in a sandbox ({confinement().description})"

    @property
    def url(self) -> str:
        return self._gateway.url

    @property
    def origins(self) -> tuple[str, str]:
        return self._gateway.origins

    @contextlib.contextmanager
    def serving(self, aws: LocalAWS) -> Iterator[None]:
        """Serve the site and accept events inside the block."""
        self._create_dead_letter_queue()
        with ClockServer() as clock:
            own = {"AWS_ENDPOINT_URL": aws.url, "SECRET_ARN": self._create_secret(), "LOCAL_CLOCK": clock.url}
            public = {name: self._provider.variables[name] for name in PUBLIC}
            function = self._configuration(own | public | {"SITE_URL": self.url})
            with LambdaService([function], retry_delays=RETRY_DELAYS, listener=self._write_log) as service:
                self._service = service
                with self._gateway:
                    yield

    def invoke(self, event: Any) -> Any:
        """Invoke the function with an event as EventBridge does, including retries. Raises FunctionFailed."""
        result = self.accept(event).result()
        if result.error is not None:
            raise FunctionFailed(f"{result.error['errorType']}: {result.error['errorMessage']}")
        return result.payload

    def accept(self, event: Any) -> Future[InvocationResult]:
        """Accept an asynchronous event, with Lambda's retries and dead letters."""
        return self._service.invoke_async(self._stage.lambda_name, event)

    def receive(self, function_arn: str, event: Any) -> InvocationResult:
        """Invoke the function with a batch of messages, as Lambda's pollers do."""
        return self._service.invoke(function_arn, event)

    def _configuration(self, variables: dict[str, str]) -> FunctionConfiguration:
        return FunctionConfiguration(
            name=self._stage.lambda_name,
            package=self._package,
            handler=self._stage.handler,
            environment=self._stage.variables | variables,
            timeout=timedelta(seconds=self._stage.timeout_seconds),
            memory_megabytes=self._stage.memory_megabytes,
            region=self._stage.region,
            dead_letter_arn=self._stage.dead_letter_arn,
        )

    def _create_secret(self) -> str:
        secret = {"DATABASE_URL": self._database_url, "SECRET_KEY": get_random_secret_key()} | self._provider.secrets
        created = boto3.client("secretsmanager").create_secret(
            Name=f"{self._stage.lambda_name}/function", SecretString=json.dumps(secret)
        )
        return created["ARN"]

    def _create_dead_letter_queue(self) -> None:
        name = self._stage.dead_letter_arn.rpartition(":")[2]
        if name:
            boto3.client("sqs").create_queue(QueueName=name)

    def _write_log(self, _: FunctionConfiguration, result: InvocationResult) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(result.log)
