"""The clock fires like EventBridge, with a time that only moves while the clock waits."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.zappa.schedule_expressions import ScheduleExpressionError, validate_schedule
from infra.lambda_local.errors import InvalidSchedule
from infra.lambda_local.eventbridge.schedule_clock import Clock, next_time
from infra.packaging.zappa_stage import Schedule

START = datetime(2026, 12, 1, 7, 58, 30, tzinfo=UTC)  # a Tuesday


class Time:
    """Time that moves by the waits, until `end`."""

    def __init__(self, end: timedelta) -> None:
        self.present = START
        self.end = START + end

    def now(self) -> datetime:
        return self.present

    def wait(self, seconds: float | None) -> bool:
        if seconds is None:
            return True
        self.present += timedelta(seconds=seconds)
        return self.present > self.end


def schedule(name: str, expression: str, *, enabled: bool = True) -> Schedule:
    return Schedule(f"rule-{name}", expression, name, {}, enabled)


def run(time: Time, *schedules: Schedule) -> list[tuple[str, str]]:
    fired = []
    clock = Clock(list(schedules), lambda what, when: fired.append((what.function, f"{when:%H:%M:%S}")), time.now)
    clock.run(time.wait)
    return fired


def test_rates_count_from_the_start_and_crons_from_the_wall() -> None:
    every_two, at_eight = schedule("every two", "rate(2 minutes)"), schedule("at eight", "cron(0 8 ? * MON-FRI *)")

    fired = run(Time(timedelta(minutes=5)), every_two, at_eight)

    assert fired == [("at eight", "08:00:00"), ("every two", "08:00:30"), ("every two", "08:02:30")]


def test_the_disabled_the_past_and_the_empty_fire_nothing() -> None:
    assert run(Time(timedelta(days=400)), schedule("past", "cron(0 8 1 1 ? 2020)")) == []
    assert run(Time(timedelta(hours=1)), schedule("off", "rate(1 minute)", enabled=False)) == []
    assert run(Time(timedelta(hours=1))) == []


def test_a_failure_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    fired = []

    def fire(what: Schedule, when: datetime) -> None:
        fired.append(what.function)
        if what.function == "broken":
            raise LookupError("no such thing")

    time = Time(timedelta(minutes=2))
    clock = Clock([schedule("broken", "rate(1 minute)"), schedule("sound", "rate(1 minute)")], fire, time.now)
    with caplog.at_level(logging.ERROR):
        clock.fire_all()
        clock.run(time.wait)

    assert fired == ["broken", "sound"] * 3
    assert "broken failed" in caplog.text
    assert "no such thing" in caplog.text


def test_a_clock_that_was_held_up_fires_once_and_goes_on_in_step() -> None:
    fired = []
    time = Time(timedelta(minutes=10))

    def fire(_: Schedule, when: datetime) -> None:
        fired.append(f"{when:%H:%M:%S}")
        if len(fired) == 1:
            time.present += timedelta(minutes=5, seconds=20)

    Clock([schedule("slow", "rate(1 minute)")], fire, time.now).run(time.wait)

    assert fired[:3] == ["07:59:30", "08:00:30", "08:05:30"]


def test_leap_of_the_time_fires_at_once_what_fell_due_in_it_and_each_only_once() -> None:
    time, fired = Time(timedelta(days=31)), list[tuple[str, datetime, timedelta]]()

    def wait(seconds: float | None) -> bool:
        if time.present == START:
            time.present += timedelta(days=30)
            return False
        return time.wait(seconds) or len(fired) > 2

    def fire(what: Schedule, _: datetime) -> None:
        fired.append((what.function, time.present, time.present - START))

    schedules = [schedule("minutely", "rate(1 minute)"), schedule("daily", "cron(0 8 * * ? *)")]
    Clock(schedules, fire, time.now).run(wait)

    assert [(name, since) for name, _, since in fired[:2]] == [
        ("minutely", timedelta(days=30)), ("daily", timedelta(days=30)),
    ]  # fmt: skip
    assert fired[2][0] == "minutely"
    assert fired[2][2] - timedelta(days=30) <= timedelta(minutes=1)


def test_clock_that_is_put_back_goes_on_from_there() -> None:
    time, fired = Time(timedelta(days=31)), list[datetime]()
    time.present += timedelta(days=30)

    def wait(seconds: float | None) -> bool:
        return time.wait(seconds) or len(fired) == 3

    def fire(_: Schedule, when: datetime) -> None:
        fired.append(when)
        if len(fired) == 1:
            time.present -= timedelta(days=30)

    Clock([schedule("minutely", "rate(1 minute)")], fire, time.now).run(wait)

    assert [when - START for when in fired] == [
        timedelta(days=30, minutes=1), timedelta(minutes=2), timedelta(minutes=3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    ["rate(1 minutes)", "rate(5 minute)", "cron(0 8 * * * *)", "cron(0 8 * * ?", "at(2026-12-01T08:00:00)"],
)
def test_expression_that_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(InvalidSchedule):
        next_time(expression, START, START)


RATES = st.builds(
    "rate({} {})".format, st.integers(-1, 12), st.sampled_from(["minute", "hours", "day", "days", "week"])
)
FIELDS = st.sampled_from(["*", "?", "0", "8", "1-5", "0/5", "L", "MON", "61", "x"])
CRONS = st.lists(FIELDS, min_size=5, max_size=7).map(lambda fields: f"cron({' '.join(fields)})")


@given(RATES | CRONS | st.text())
def test_clock_takes_the_expressions_that_the_system_check_accepts(expression: str) -> None:
    try:
        validate_schedule(expression)
    except ScheduleExpressionError:
        with pytest.raises(InvalidSchedule):
            next_time(expression, START, START)
    else:
        assert (next_time(expression, START, START) or START) >= START
