"""Log lines with CloudWatch metrics."""

import re
import time
from typing import Any

import pytest
from django.conf import settings

from foundation import registries
from foundation.jobs.metrics import Metric
from tests.support.embedded_metric_format import problems
from tests.support.log_lines import lines_of

METRICS = list(registries.METRICS.items(Metric))
EMIT = (
    "from foundation import registries\nfrom foundation.jobs.metrics import Metric, emit\n"
    "METRICS = list(registries.METRICS.items(Metric))\n"
)
EVERYTHING = EMIT + "emit({metric: 1.5 for metric in METRICS})"


@pytest.fixture(scope="module")
def line() -> dict[str, Any]:
    """Return a line with every metric, logged by a separate process for a stage."""
    (line,) = lines_of(EVERYTHING, PROJECT="subs", STAGE="dev")
    return line


def test_line_is_in_the_embedded_metric_format(line: dict[str, Any]) -> None:
    assert problems(line) == []
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == settings.METRIC_NAMESPACE
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        metric.value: metric.unit for metric in METRICS
    }
    units = {metric.value: metric.unit for metric in METRICS if metric.unit != "Count"}
    assert units == {"ExpiryLateness": "Seconds", "OldestPending": "Seconds"}
    assert {line[metric] for metric in METRICS} == {1.5}
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 3600


def test_dimensions_are_project_and_stage_and_nothing_that_has_many_values(line: dict[str, Any]) -> None:
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Project", "Stage"]]
    assert (line["Project"], line["Stage"]) == ("subs", "dev")


def test_line_holds_nothing_else(line: dict[str, Any]) -> None:
    logged = {"time", "level", "logger", "message", "request_id"}
    assert line.keys() == logged | {"_aws", "Project", "Stage"} | set(METRICS)
    assert (line["logger"], line["message"]) == ("foundation.jobs.metrics", "metrics")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"_aws": {}},
        {"SubscriptionsExpired": "1"},
        {"SubscriptionsExpired": True},
        {"Stage": None},
    ],
)
def test_another_format_would_be_noticed(spoiled: dict[str, Any], line: dict[str, Any]) -> None:
    assert problems(line | spoiled)


def test_zero_is_omitted_except_for_heartbeats() -> None:
    (line,) = lines_of(EMIT + "emit(dict.fromkeys(METRICS, 0)); emit({m: 0 for m in METRICS if not m.is_heartbeat})")
    assert problems(line) == []
    assert line.keys() & set(METRICS) == {"SubscriptionsExpired", "OldestPending"}


def test_metrics_are_written_whatever_the_level_of_the_log() -> None:
    assert len(lines_of(EVERYTHING, LOG_LEVEL="ERROR")) == 1


def test_names_are_words_that_cloudwatch_and_people_can_read() -> None:
    assert [metric for metric in METRICS if not re.fullmatch("([A-Z][a-z]+)+", metric)] == []
