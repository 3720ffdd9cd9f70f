"""Helpers for tests of the function that runs the deployed zip."""

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
"""Delays between attempts of an asynchronous invocation."""

Letters = Callable[[], list[dict[str, Any]]]


def create_secret() -> None:
    """Create the secret, as an operator does before the first deployment."""
    boto3.client("secretsmanager").create_secret(
        Name=SECRET,
        SecretString=json.dumps({"SECRET_KEY": VARIABLES["SECRET_KEY"], "DATABASE_URL": os.environ["DATABASE_URL"]}),
    )


def fired(stage: ZappaStage, function: str) -> Any:
    """Return the event that reaches the function when a schedule fires, after the target's input transformer."""
    return delivered_event(stage.schedule_of(function), region=stage.region, time=datetime.now(UTC))


def succeeded(result: InvocationResult) -> Any:
    """Return the function's result."""
    assert result.error is None, result.log
    return result.payload
