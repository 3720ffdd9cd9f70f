"""Complete AWS account on this machine: the local AWS, running functions, responding APIs, and a PostgreSQL."""

import contextlib
import json
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import boto3
from moto.awslambda.models import lambda_backends
from moto.ses.models import ses_backends

from infra.deployment.deployment import Deployment
from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.deployed_functions import DeployedFunctions
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.event_sources.poller import EventSourcePoller
from infra.lambda_local.gateway.api_gateway import ApiGateway
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.moto_gaps.gaps import close_gaps
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.postgresql import PostgreSQL

RETRY_DELAYS = (timedelta(seconds=1), timedelta(seconds=2))
"""Delays instead of Lambda's minutes."""


class LocalCloud:
    """Context manager for an empty account. `address` returns the URL of an API's stage for `Deployment`."""

    def __init__(self, *, topic_arn: str, from_address: str) -> None:
        self.aws = LocalAWS(topic_arn=topic_arn, from_address=from_address)
        self.database = PostgreSQL()
        self.functions = DeployedFunctions(retry_delays=RETRY_DELAYS)
        self._gateways: dict[str, ApiGateway] = {}
        self._parts = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as parts:
            parts.enter_context(self.database)
            parts.enter_context(self.aws)
            close_gaps(parts.enter_context(self.functions))
            parts.callback(close_gaps)
            parts.enter_context(EventSourcePoller(self._invoke))
            self._parts = parts.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.close()

    def address(self, api_id: str, region: str, stage: str) -> str:
        """Return the loopback address of a gateway in front of the API's function."""
        if api_id not in self._gateways:
            name = boto3.client("apigateway", region_name=region).get_rest_api(restApiId=api_id)["name"]
            api = RestAPI(f"{api_id}.execute-api.{region}.amazonaws.com", stage)
            function = lambda_backends[ACCOUNT][region].get_function(name)
            gateway = ApiGateway(api, lambda event: self.functions.invoke(function, event))
            self._gateways[api_id] = self._parts.enter_context(gateway)
        return self._gateways[api_id].url

    def _invoke(self, function_arn: str, event: Any) -> InvocationResult:
        *_, region, account, _, name = function_arn.split(":")
        return self.functions.invoke(lambda_backends[account][region].get_function(name), event)

    def provide_what_moto_ignores(self, deployment: Deployment) -> None:
        """Create the resources of messaging.yaml that moto ignores."""
        outputs = deployment.outputs()
        password = {"username": "subscriptions", "dbname": "subscriptions", "password": "local"}
        name = outputs["SecretArn"].rpartition(":")[2]
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(password))
        boto3.client("sns").subscribe(
            TopicArn=outputs["FeedbackTopicArn"], Protocol="sqs", Endpoint=outputs["FeedbackQueueArn"]
        )

    def verify(self, address: str, region: str) -> None:
        """Confirm the address by the link in SES's mail."""
        ses_backends[ACCOUNT][region].email_identities[address].verified_for_sending_status = True
