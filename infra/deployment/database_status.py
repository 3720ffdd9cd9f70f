"""Database of a stage as CloudWatch sees it: asking there wakes none that sleeps."""

from datetime import datetime, timedelta

import boto3

from infra.deployment.database_engine import AURORA, PARAMETER
from infra.deployment.deployment import Deployment
from infra.deployment.service_metrics import LOOKED_BACK, MINUTE

NAMESPACE, CAPACITY = "AWS/RDS", "ServerlessDatabaseCapacity"
"""Capacity units of a cluster, one value per minute; 0 while it is paused.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
"""


def database(deployment: Deployment, now: datetime) -> str:
    """Return the engine of the stage's database, and of Aurora whether it sleeps and how long it was awake."""
    if not deployment.data.exists:
        return "elsewhere: the function's secret has the address"
    name = deployment.data.outputs().get("DatabaseIdentifier", "")
    engine = deployment.data.parameter(PARAMETER) or AURORA  # stacks from before there was a choice
    if engine != AURORA:
        return f"{engine} {name}, always on"
    return f"{engine} {name}, {_sleep(_capacities(deployment.region, name, now))}"


def _sleep(capacities: dict[datetime, float]) -> str:
    if not capacities:
        return f"which CloudWatch does not know within {LOOKED_BACK // timedelta(hours=1)} h"
    newest = capacities[max(capacities)]
    awake = sum(capacity > 0 for capacity in capacities.values())
    now = f"awake at {newest:g} capacity units" if newest else "asleep"
    return f"{now}; awake in {awake} of the last {len(capacities)} minutes"


def _capacities(region: str, cluster: str, now: datetime) -> dict[datetime, float]:
    """Return the capacity of each minute with a value in LOOKED_BACK."""
    found = boto3.client("cloudwatch", region_name=region).get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=CAPACITY,
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": cluster}],
        StartTime=now - LOOKED_BACK,
        EndTime=now + MINUTE,
        Period=int(MINUTE.total_seconds()),
        Statistics=["Maximum"],
    )["Datapoints"]
    return {point["Timestamp"]: point["Maximum"] for point in found}
