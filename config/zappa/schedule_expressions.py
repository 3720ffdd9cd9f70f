"""Schedule expressions of EventBridge rules: `rate(5 minutes)` and `cron(0 8 ? * MON-FRI *)`.

Zappa passes them to AWS unchecked, and AWS refuses an invalid one in the middle of a deployment.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re

RATE = re.compile(r"rate\((?P<count>[1-9][0-9]*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
CRON = re.compile(r"cron\((?P<fields>[^()]*)\)")


class ScheduleExpressionError(ValueError):
    """Base class of errors in a schedule expression."""


class UnknownSchedule(ScheduleExpressionError):
    """Neither `rate(...)` nor `cron(...)`. `at(...)` is for EventBridge Scheduler, which Zappa does not use."""


class InvalidRate(ScheduleExpressionError):
    """AWS would refuse this `rate(...)`."""


class InvalidCron(ScheduleExpressionError):
    """AWS would refuse this `cron(...)`."""


def validate_schedule(expression: str) -> None:
    """Raise a ScheduleExpressionError with a correction if AWS would refuse the expression."""
    if expression.startswith("rate("):
        _validate_rate(expression)
    elif expression.startswith("cron("):
        _validate_cron(expression)
    else:
        raise UnknownSchedule(f"{expression!r} is neither rate(...) nor cron(...)")


def _validate_rate(expression: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html"""
    match = RATE.fullmatch(expression)
    if match is None:
        raise InvalidRate(f"{expression!r} is not rate(<positive number> minutes|hours|days)")
    if (match["count"] == "1") == bool(match["plural"]):
        unit = match["unit"] if match["plural"] else match["unit"] + "s"
        raise InvalidRate(f"{expression!r} is not valid: AWS requires rate({match['count']} {unit})")


def _validate_cron(expression: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html"""
    from aws_croniter import AwsCroniter  # noqa: PLC0415 - it brings dateutil, which only a cron() needs

    match = CRON.fullmatch(expression)
    if match is None:
        raise InvalidCron(f"{expression!r} is not cron(<six fields>)")
    try:
        AwsCroniter(match["fields"])
    except ValueError as error:
        raise InvalidCron(f"{expression!r}: {error}") from error
