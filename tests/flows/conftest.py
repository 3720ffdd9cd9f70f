"""Function that runs the deployed zip, and its resources."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from django.conf import settings

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.sandbox.function_configuration import FunctionConfiguration
from infra.lambda_local.sandbox.lambda_service import LambdaService
from infra.packaging.zappa_stage import ZappaStage
from notifications.models import Notification
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.deployed_function import QUICK, SECRET, Letters, create_secret
from tests.infra.built_package import BuiltPackage
from tests.support.factories import MONTH, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture(scope="session")
def function(package: BuiltPackage, stage: ZappaStage, local_aws: LocalAWS) -> FunctionConfiguration:
    """Return the function as `zappa deploy` configures it, on the local AWS."""
    here = {
        "AWS_ENDPOINT_URL": local_aws.url,
        "DATABASE_CONNECT_SECONDS": str(PATIENCE_SECONDS),
        "SECRET_ARN": f"arn:aws:secretsmanager:{stage.region}:{ACCOUNT}:secret:{SECRET}",
        "SES_FROM_ADDRESS": settings.SES_FROM_ADDRESS,
        "SNS_TOPIC_ARN": settings.SNS_TOPIC_ARN,
    }
    return FunctionConfiguration(
        name=stage.lambda_name,
        package=package.directory,
        handler=stage.handler,
        environment=stage.variables | here,
        timeout=timedelta(seconds=stage.timeout_seconds),
        memory_megabytes=stage.memory_megabytes,
        region=stage.region,
        dead_letter_arn=stage.dead_letter_arn,
    )


@pytest.fixture(scope="session")
def service_of_all(function: FunctionConfiguration, django_db_setup: None) -> Iterator[LambdaService]:
    with LambdaService([function], concurrency=1, retry_delays=QUICK) as service:
        yield service


@pytest.fixture
def service(service_of_all: LambdaService, secret: None) -> LambdaService:
    """Yield the function, warm after its first invocation."""
    return service_of_all


@pytest.fixture
def secret(aws: LocalAWS) -> None:
    """Create the function's secret with the URL of the test database."""
    create_secret()


@pytest.fixture
def dead_letters(aws: LocalAWS, stage: ZappaStage) -> Letters:
    """Return the dead-letter queue of the function."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=stage.dead_letter_arn.rpartition(":")[2])["QueueUrl"]

    def read() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
        return [dict(message) for message in messages]

    return read


@pytest.fixture
def due(aws: LocalAWS) -> Subscription:
    """Create Ada's only subscription, which ended an hour ago."""
    now = datetime.now(UTC)
    ada = make_user(first_name="Ada", email="ada@example.com")
    subscription = Service.create_subscription(ada, make_plan(), now=now - MONTH - timedelta(hours=1))
    Notification.objects.all().delete()
    return subscription
