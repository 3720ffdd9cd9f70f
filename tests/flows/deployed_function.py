"""What tests ask of the function that runs the deployed zip, and what they look for."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.packaging.zappa_stage import ZappaStage
from tests.support.deployment import VARIABLES

SWEEP = "subscriptions.jobs.check_expired_subscriptions"
SECRET = "subs-dev/function"
QUICK = (timedelta(seconds=0.05), timedelta(seconds=0.1))
"""Between the tries of an asynchronous invocation."""

Letters = Callable[[], list[dict[str, Any]]]


def create_secret() -> None:
    """As an operator has it before the first deployment."""
    boto3.client("secretsmanager").create_secret(
        Name=SECRET,
        SecretString=json.dumps({"SECRET_KEY": VARIABLES["SECRET_KEY"], "DATABASE_URL": os.environ["DATABASE_URL"]}),
    )


def fired(stage: ZappaStage, function: str) -> Any:
    """What reaches the function when a schedule fires, through the target's own transformer."""
    return delivered_event(stage.schedule_of(function), region=stage.region, time=datetime.now(UTC))


def succeeded(result: InvocationResult) -> Any:
    """What the function returned."""
    assert result.error is None, result.log
    return result.payload
