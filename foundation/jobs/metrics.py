"""Metrics, written into the log for CloudWatch to extract.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import logging
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self, TypeVar

from django.conf import settings

logger = logging.getLogger(__name__)

Unit = Literal["Count", "Seconds"]


class Metric(StrEnum):
    """Base of each app's metrics. A member is a name in CloudWatch, with its unit and whether it is a heartbeat.

    A heartbeat is written even when it is 0, for an alarm on its absence. CloudWatch charges a metric for the hours in
    which it is written (https://aws.amazon.com/cloudwatch/pricing/): the others cost nothing while nothing happens.
    """

    unit: Unit
    is_heartbeat: bool

    def __new__(cls, name: str, unit: Unit = "Count", is_heartbeat: bool = False) -> Self:
        metric = str.__new__(cls, name)
        metric._value_ = name
        metric.unit = unit
        metric.is_heartbeat = is_heartbeat
        return metric


MetricType = TypeVar("MetricType", bound=Metric)


def emit(values: Mapping[MetricType, float]) -> None:
    """Write the metrics as one line of the log; those that are 0 are left out unless they are heartbeats."""
    written = {metric: value for metric, value in values.items() if value or metric.is_heartbeat}
    if written:
        logger.info(_document(written))


def _document(values: Mapping[MetricType, float]) -> dict[str, object]:
    """Return a line of the embedded metric format, by the machine's clock: CloudWatch refuses other times."""
    dimensions: dict[str, str] = settings.METRIC_DIMENSIONS
    directive = {
        "Namespace": settings.METRIC_NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": metric.value, "Unit": metric.unit} for metric in values],
    }
    return {
        "message": "metrics",
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]},
        **dimensions,
        **{metric.value: value for metric, value in values.items()},
    }
