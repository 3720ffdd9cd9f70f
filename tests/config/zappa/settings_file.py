"""zappa_settings.json without problems, or with a test's changes."""

import json
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage

from config.zappa import checks

QUEUE = "arn:aws:sqs:us-east-1:123456789012:feedback"
GOOD_EVENT = {"function": "tests.config.jobs.right", "expression": "rate(1 minute)"}
VARIABLES = {
    "INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1",
    "ALLOWED_HOSTS": "subscriptions.example.com,.execute-api.us-east-1.amazonaws.com",
    "SITE_URL": "https://subscriptions.example.com",
    "SES_FROM_ADDRESS": "subscriptions@example.com",
}
GOOD_STAGE = {
    "project_name": "subs",
    "aws_region": "us-east-1",
    "s3_bucket": "subs-dev-packages",
    "debug": False,
    "log_level": "INFO",
    "keep_warm": False,
    "use_precompiled_packages": False,
    "manage_roles": False,
    "num_retained_versions": None,
    "lambda_handler": "config.aws_lambda.handler.lambda_handler",
    "dead_letter_arn": QUEUE,
    "aws_environment_variables": VARIABLES,
    "events": [GOOD_EVENT],
}


def written(directory: Path, document: Any) -> Path:
    path = directory / "zappa_settings.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def found(directory: Path, **changes: Any) -> list[CheckMessage]:
    """Return the check messages for a valid stage with these changes; None removes a setting."""
    stage = GOOD_STAGE | changes
    kept = {key: value for key, value in stage.items() if value is not None or GOOD_STAGE.get(key, "") is None}
    return checks.check_file(written(directory, {"dev": kept}))


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def ids_of_event(directory: Path, **changes: Any) -> list[str | None]:
    return ids(found(directory, events=[GOOD_EVENT | changes]))
