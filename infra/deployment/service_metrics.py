"""The newest values of the service's metrics in CloudWatch, which has them even when the function is gone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
from django.conf import settings

from foundation.jobs.metrics import Metric

LOOKED_BACK = timedelta(hours=12)
"""Half of the 1,440 values per minute that CloudWatch returns at most.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, order=True)
class Values:
    """Values of one minute, which begins at `time`, in UTC."""

    time: datetime
    sum: float
    maximum: float


@dataclass(frozen=True)
class ServiceMetrics:
    """Metrics of one stage."""

    region: str
    project: str
    stage_name: str

    def newest(self, metric: Metric, now: datetime) -> Values | None:
        """Return the values of the latest minute with data; None if there are none in LOOKED_BACK."""
        found = boto3.client("cloudwatch", region_name=self.region).get_metric_statistics(
            Namespace=settings.METRIC_NAMESPACE,
            MetricName=metric.value,
            Dimensions=[{"Name": "Project", "Value": self.project}, {"Name": "Stage", "Value": self.stage_name}],
            StartTime=now - LOOKED_BACK,
            EndTime=now + MINUTE,
            Period=int(MINUTE.total_seconds()),
            Statistics=["Sum", "Maximum"],
        )["Datapoints"]
        values = (Values(point["Timestamp"].astimezone(UTC), point["Sum"], point["Maximum"]) for point in found)
        return max(values, default=None)
