"""Checks of stage settings whose defaults are wrong for this project. Ids: checks.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage, Error

from config.zappa.plaintext_secrets import secrets_in
from config.zappa.stages import Stage
from foundation.email_addresses import UndeliverableAddress, read_sender

HANDLER = "config.aws_lambda.handler.lambda_handler"
REQUIRED_VARIABLES = ("ALLOWED_HOSTS", "SITE_URL", "SES_FROM_ADDRESS")
"""Variables that only the stage can set; stacks and secret provide the other required ones."""
LOG_LEVELS = {"INFO", "WARNING", "ERROR", "CRITICAL"}


@dataclass(frozen=True)
class Rule:
    """Requirement for one setting. `holds` gets its value, or `default`, which Zappa uses if it is not set."""

    key: str
    holds: Callable[[Any], bool]
    wanted: str
    id: str
    hint: str
    default: Any = None


def _is_false(value: Any) -> bool:
    return value is False


def _is_null(value: Any) -> bool:
    return value is None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_absent(value: Any) -> bool:
    return not value


def _is_quiet_level(value: Any) -> bool:
    return isinstance(value, str) and value in LOG_LEVELS


def _starts_on_import(value: Any) -> bool:
    return isinstance(value, dict) and value.get("INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT") == "1"


def _keeps_the_time(value: Any) -> bool:
    return not isinstance(value, dict) or "LOCAL_CLOCK" not in value


def _holds_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _names_the_site(value: Any) -> bool:
    return not isinstance(value, dict) or all(value.get(name) for name in REQUIRED_VARIABLES)


def _has_a_sender(value: Any) -> bool:
    """Return True also for a missing sender, which another rule reports."""
    sender = value.get("SES_FROM_ADDRESS") if isinstance(value, dict) else None
    try:
        return not sender or bool(read_sender(str(sender)))
    except UndeliverableAddress:
        return False


def _is_number_or_absent(value: Any) -> bool:
    return value is None or (type(value) is int and value > 0)


def _is_own_handler(value: Any) -> bool:
    return bool(value == HANDLER)


RULES = (
    Rule(
        "project_name",
        _is_text,
        "must be set",
        "config.E020",
        "Without it the Lambda function is named after the folder of the checkout.",
    ),
    Rule(
        "s3_bucket",
        _is_text,
        "must be set",
        "config.E055",
        "Without it Zappa creates a bucket with a random name, and concurrent deployments do not detect each other.",
    ),
    Rule(
        "debug",
        _is_false,
        "must be false",
        "config.E021",
        "Zappa's default is true, which shows tracebacks to clients.",
    ),
    Rule(
        "log_level",
        _is_quiet_level,
        "must be one of " + ", ".join(sorted(LOG_LEVELS)),
        "config.E022",
        "Zappa's default is DEBUG, which logs requests with their Authorization header. Lower case prevents the start.",
    ),
    Rule(
        "dead_letter_arn",
        _is_text,
        "must name a queue",
        "config.E023",
        "Without it the event of a job that failed all its retries is lost.",
    ),
    Rule(
        "keep_warm",
        _is_false,
        "must be false",
        "config.E024",
        "Zappa's default is true, which adds a rule of its own; the scheduled jobs keep the function warm.",
    ),
    Rule(
        "use_precompiled_packages",
        _is_false,
        "must be false",
        "config.E025",
        "Zappa's default is true, which replaces locked packages with versions from the internet.",
    ),
    Rule(
        "manage_roles",
        _is_false,
        "must be false",
        "config.E026",
        "Zappa's own role has full access to S3, SNS, SQS and DynamoDB, but none to SES. Set role_arn instead.",
    ),
    Rule(
        "num_retained_versions",
        _is_null,
        "must be null",
        "config.E038",
        "Zappa deletes versions by age, including the previous release. `make deploy` deletes unused ones.",
        default=5,
    ),
    Rule(
        "aws_environment_variables",
        _starts_on_import,
        'must have INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT set to "1"',
        "config.E027",
        "Without it a failed start answers every later request with 500, which Lambda counts as a success.",
    ),
    Rule(
        "aws_environment_variables",
        _keeps_the_time,
        "must not have LOCAL_CLOCK",
        "config.E033",
        "Only the local stack sets it. With AWS's own endpoint the function does not start.",
    ),
    Rule(
        "aws_environment_variables",
        _names_the_site,
        f"must have {', '.join(REQUIRED_VARIABLES)}",
        "config.E034",
        "The function does not start without them; see docs/reference/settings.md.",
    ),
    Rule(
        "aws_environment_variables",
        _has_a_sender,
        "must have an e-mail address in SES_FROM_ADDRESS, for example Acme <no-reply@example.com>",
        "config.E035",
        "The function does not start with any other value.",
    ),
    Rule(
        "stack_parameters",
        _holds_texts,
        'must be an object of strings, for example {"AlarmAddress": "you@example.com"}',
        "config.E061",
        "These are the parameters of infra/cloudformation/messaging.yaml; `make configure` writes them.",
        {},
    ),
    Rule(
        "lambda_handler",
        _is_own_handler,
        f"must be {HANDLER}",
        "config.E029",
        "Zappa's own handler runs code from an event (raw_command), and any function that it names.",
    ),
    Rule(
        "exception_handler",
        _is_absent,
        "must not be set",
        "config.E028",
        "If it returns a true value, Lambda counts a failed job as a success and never retries it.",
    ),
    Rule(
        "lambda_concurrency",
        _is_number_or_absent,
        "must be a positive number of sandboxes",
        "config.E039",
        "Each deployment reserves them for the function; 0 stops it. Omit it to reserve none.",
    ),
    Rule(
        "environment_variables",
        _is_absent,
        "must be empty",
        "config.E031",
        "It is plain text inside the zip. Use aws_environment_variables.",
    ),
    Rule(
        "remote_env",
        _is_absent,
        "must not be set",
        "config.E032",
        "It is plain JSON on S3, and Zappa only prints a failure to read it.",
    ),
    Rule(
        "remote_env_bucket",
        _is_absent,
        "must not be set",
        "config.E032",
        "It is plain JSON on S3, and Zappa only prints a failure to read it.",
    ),
)


def check_stages(stages: Sequence[Stage]) -> list[CheckMessage]:
    """Check each stage's settings, except its events."""
    return [
        _error(stage, rule)
        for stage in stages
        for rule in RULES
        if not rule.holds(stage.settings.get(rule.key, rule.default))
    ]


def check_secrets(document: Mapping[str, Any]) -> list[CheckMessage]:
    """Check the raw file for secrets, so that an inherited one is reported once."""
    hint = "The file is committed, and the console shows a function's variables. See docs/secrets.md for alternatives."
    return [
        Error(f"{where} looks like a secret", hint=hint, obj="zappa_settings.json", id="config.E030")
        for where in secrets_in(document)
    ]


def _error(stage: Stage, rule: Rule) -> CheckMessage:
    return Error(f"{rule.key} {rule.wanted}", hint=rule.hint, obj=f"zappa_settings.json {stage.name}", id=rule.id)
