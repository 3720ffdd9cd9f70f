"""Alarms of messaging.yaml over the metrics that a sleeping stage logs: silent asleep, loud once the rule is off."""

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cfnlint.decode.cfn_yaml import load

from config.aws_lambda.gated_jobs import ASLEEP
from foundation import clock
from infra.deployment.policies import MESSAGING
from tests.flows.gate.gated import close, run
from tests.support.alarm_evaluation import Samples, alarming
from tests.support.embedded_metric_format import problems
from tests.support.gate import DELIVERY, SWEEP
from tests.support.patience import wait_until
from tests.support.templates import Template, of_type, watched_metrics

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

MINUTE = timedelta(minutes=1)
HEARTBEATS = {SWEEP: "SweepDidNotRun", DELIVERY: "DeliveryLate"}


def is_own(alarm: Template) -> bool:
    """Return True if it watches a metric of the service, whose namespace is a parameter."""
    return isinstance(watched_metrics(alarm)[0]["Namespace"], dict)


class Stage:
    """Stage that sleeps, and the alarms over what it logs."""

    def __init__(self, settings: Any, now: time_machine.Traveller, log: pytest.LogCaptureFixture) -> None:
        template = dict(load(str(MESSAGING)))
        self._parameters = {name: each.get("Default") for name, each in template["Parameters"].items()}
        self._parameters |= settings.METRIC_DIMENSIONS | {"MetricNamespace": settings.METRIC_NAMESPACE}
        alarms = of_type(template, "CloudWatch::Alarm")
        self.alarms = {name: alarm for name, alarm in alarms.items() if is_own(alarm)}
        self.silent_minutes: int = self._parameters["SilentMinutes"]
        self._now, self._log, self._samples = now, log, Samples()

    def minute(self, jobs: Collection[str]) -> None:
        """Run the jobs of a minute, which sleep, and let it pass."""
        for job in jobs:
            assert run(job) == ASLEEP
        for record in self._log.records:
            line: Any = record.msg
            assert problems(line) == []
            self._samples.add(line)
        self._log.clear()
        self._now.shift(MINUTE)

    def alarming(self, looks_back: int = 0) -> set[str]:
        """Return the names of the alarms that are on."""
        return {
            name
            for name, alarm in self.alarms.items()
            if alarming(alarm, self._parameters, self._samples, clock.now(), looks_back)
        }


@pytest.fixture
def stage(gated: None, now: time_machine.Traveller, settings: Any, caplog: pytest.LogCaptureFixture) -> Stage:
    """Return a stage whose gate is closed for two days."""
    settings.GATE_CEILING = timedelta(days=2)
    wait_until(close)
    caplog.set_level(logging.CRITICAL)
    caplog.set_level(logging.INFO, "foundation.jobs.metrics")
    return Stage(settings, now, caplog)


@pytest.mark.slow
def test_no_alarm_is_on_in_a_day_asleep(stage: Stage) -> None:
    assert set(HEARTBEATS.values()) < set(stage.alarms)
    heard = []
    for minute in range(24 * 60):
        stage.minute(HEARTBEATS)
        if minute >= stage.silent_minutes:
            heard.append(stage.alarming())
    assert heard == [set()] * (24 * 60 - stage.silent_minutes)


@pytest.mark.parametrize("looks_back", [0, 2])
@pytest.mark.parametrize("job", HEARTBEATS)
def test_alarm_is_on_within_silent_minutes_of_the_rules_end(job: str, looks_back: int, stage: Stage) -> None:
    """However many periods more CloudWatch looks back over: it does not publish their number."""
    for _minute in range(stage.silent_minutes + looks_back):
        stage.minute(HEARTBEATS)
    heard = []
    for _minute in range(stage.silent_minutes):
        assert stage.alarming(looks_back) == set()
        stage.minute(set(HEARTBEATS) - {job})
        heard.append(stage.alarming(looks_back))
    assert heard == [set()] * (stage.silent_minutes - 1) + [{HEARTBEATS[job]}]
    stage.minute(HEARTBEATS)
    assert stage.alarming(looks_back) == set()
