"""Schedule expressions, from examples and limits in AWS's documentation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.zappa.schedule_expressions import (
    InvalidCron,
    InvalidRate,
    ScheduleExpressionError,
    UnknownSchedule,
    validate_schedule,
)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(2 minutes)",
        "rate(10 minutes)",
        "rate(1 hour)",
        "rate(12 hours)",
        "rate(1 day)",
        "rate(7 days)",
        "cron(0 10 * * ? *)",
        "cron(15 12 * * ? *)",
        "cron(0 18 ? * MON-FRI *)",
        "cron(0 8 1 * ? *)",
        "cron(0/15 * * * ? *)",
        "cron(0/10 * ? * MON-FRI *)",
        "cron(0/5 8-17 ? * MON-FRI *)",
        "cron(0/30 20-2 ? * MON-FRI *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 3W * ? *)",
        "cron(0 0 ? * 3#2 *)",
        "cron(0 0 ? * 6L 2026-2030)",
        "cron(0 0 1 JAN,FEB,MAR ? *)",
    ],
)
def test_schedule_that_aws_takes_is_accepted(expression: str) -> None:
    validate_schedule(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(0 minute)",
        "rate(-1 minutes)",
        "rate(1.5 hours)",
        "rate(05 minutes)",
        "rate(five minutes)",
        "rate(5 seconds)",
        "rate(1 week)",
        "rate(1 month)",
        "rate(5  minutes)",
        "rate( 5 minutes)",
        "rate(5 minutes )",
        "rate(5minutes)",
        "rate(5 Minutes)",
        "rate(5 minutes",
        "rate(5 minutes)\n",
        "rate(5 minutes) ",
        "rate(minute)",
        "rate()",
        "rate(\u0665 minutes)",  # a digit, but not one of AWS's
    ],
)
def test_rate_that_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(InvalidRate):
        validate_schedule(expression)


@pytest.mark.parametrize("unit", ["minute", "hour", "day"])
def test_rate_of_one_with_plural_unit_is_refused_with_what_to_write(unit: str) -> None:
    with pytest.raises(InvalidRate) as error:
        validate_schedule(f"rate(1 {unit}s)")

    assert str(error.value).endswith(f"rate(1 {unit})")


def test_rate_over_one_with_singular_unit_is_refused_with_what_to_write() -> None:
    with pytest.raises(InvalidRate, match=r"AWS requires rate\(10 hours\)$"):
        validate_schedule("rate(10 hour)")


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 12 * * *)",  # Unix
        "cron(0 12 * * ? * *)",
        "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)",
        "cron(0 12 1 * 2 *)",
        "cron(60 * * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 1 13 ? *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 3#6 *)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 1 1 ? 1969)",
        "cron(0 0 1 1 ? 2200)",
        "cron(0/0 * * * ? *)",
        "cron(*-5 * * * ? *)",
        "cron(? * * * ? *)",
        "cron(0 0  1 * ? *)",
        "cron(0 0 1 * ? *",
        "cron(0 0 1 * ? *) ",
        "cron()",
    ],
)
def test_cron_that_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(InvalidCron):
        validate_schedule(expression)


@pytest.mark.parametrize(
    "expression", ["", "5 minutes", "at(2026-01-01T00:00:00)", "* * * * *", "Rate(5 minutes)", " rate(1 minute)"]
)
def test_expression_other_than_rate_or_cron_is_refused(expression: str) -> None:
    with pytest.raises(UnknownSchedule):
        validate_schedule(expression)


@given(
    start=st.sampled_from(["", "rate(", "cron("]),
    body=st.text(alphabet="0123456789 *?/,-#LWMONJAN\u0665", max_size=30),
    end=st.sampled_from(["", ")"]),
)
def test_any_text_is_accepted_or_refused_with_the_named_error(start: str, body: str, end: str) -> None:
    refused = False
    try:
        validate_schedule(start + body + end)
    except ScheduleExpressionError:
        refused = True

    assert refused or (start and end)


@given(count=st.integers(min_value=1, max_value=100_000), unit=st.sampled_from(["minute", "hour", "day"]))
def test_exactly_one_of_singular_and_plural_is_accepted(count: int, unit: str) -> None:
    right, wrong = (unit, unit + "s") if count == 1 else (unit + "s", unit)

    validate_schedule(f"rate({count} {right})")
    with pytest.raises(InvalidRate):
        validate_schedule(f"rate({count} {wrong})")
