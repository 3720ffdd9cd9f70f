"""CloudWatch's evaluation of an alarm over the metrics of log lines, as far as the alarms of messaging.yaml use it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarm-evaluation
"""

import operator
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from tests.support.templates import watched_metrics

STATISTICS: dict[str, Callable[[list[float]], float]] = {"SampleCount": len, "Sum": sum, "Maximum": max}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "LessThanThreshold": operator.lt,
    "GreaterThanThreshold": operator.gt,
}
FILL = re.compile(r"FILL\((?P<of>\w+), (?P<value>\d+)\)")
"""The one expression of metric math that the alarms use.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""


@dataclass
class Samples:
    """Samples of metrics by namespace, name and dimensions, each with its instant in seconds since 1970."""

    _samples: dict[object, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, line: Mapping[str, Any]) -> None:
        """Extract the metrics of a line of the embedded metric format."""
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for metric in directive["Metrics"]:
                    key = (directive["Namespace"], metric["Name"], dimensions)
                    self._samples[key].append((line["_aws"]["Timestamp"] / 1000, line[metric["Name"]]))

    def within(self, key: object, begin: float, end: float) -> list[float]:
        """Return the values from `begin` until before `end`."""
        samples = self._samples[key]  # in the order of the log
        first, last = (bisect_left(samples, instant, key=itemgetter(0)) for instant in (begin, end))
        return [value for _at, value in samples[first:last]]


def alarming(
    alarm: Mapping[str, Any], parameters: Mapping[str, Any], samples: Samples, now: datetime, looks_back: int = 0
) -> bool:
    """Return True if the alarm is on at `now`. Raises KeyError for what the alarms of this service do not use.

    CloudWatch looks back over some periods more than it evaluates, in a number that it does not publish: while it finds
    enough data points there, it fills in none that is missing, and those of the metric that it has all count.
    """
    periods: int = _resolved(alarm["EvaluationPeriods"], parameters)
    points = list(_data_points(alarm, parameters, samples, now, periods + looks_back))[-periods:]
    missing = periods - len(points)
    breaching = [COMPARISONS[alarm["ComparisonOperator"]](point, alarm["Threshold"]) for point in points]
    return all(breaching + [{"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]]] * missing)


def _data_points(
    alarm: Mapping[str, Any], parameters: Mapping[str, Any], samples: Samples, now: datetime, periods: int
) -> Iterable[float]:
    """Yield the data points of the last whole periods, those that are missing left out unless they are filled in."""
    metric, filling = _watched(alarm)
    dimensions = frozenset((each["Name"], _resolved(each["Value"], parameters)) for each in metric["Dimensions"])
    key = (_resolved(metric["Namespace"], parameters), metric["MetricName"], dimensions)
    length = metric["Period"]
    end = now.astimezone(UTC).timestamp() // length * length
    for period in range(periods, 0, -1):
        if values := samples.within(key, end - period * length, end - (period - 1) * length):
            yield STATISTICS[metric["Statistic"]](values)
        elif filling is not None:
            yield filling


def _watched(alarm: Mapping[str, Any]) -> tuple[Mapping[str, Any], float | None]:
    """Return the metric, and the value that stands for what is missing. Raises ValueError for other metric math."""
    if "Metrics" not in alarm:
        return alarm, None
    (metric,) = watched_metrics(dict(alarm))
    (result,) = (part for part in alarm["Metrics"] if part.get("ReturnData", True))
    (source,) = (part["Id"] for part in alarm["Metrics"] if part is not result)
    fill = FILL.fullmatch(result["Expression"])
    if fill is None or fill["of"] != source:
        raise ValueError(result["Expression"])
    return metric, float(fill["value"])


def _resolved(value: Any, parameters: Mapping[str, Any]) -> Any:
    return parameters[value["Ref"]] if isinstance(value, dict) else value
