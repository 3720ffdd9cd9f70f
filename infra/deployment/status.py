"""Status of a stage in a table, even if half of it is missing or broken."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import polling
from infra.deployment.database_status import database
from infra.deployment.deployment import Deployment
from infra.deployment.polling import poll
from infra.deployment.release_record import ReleaseRecord, ReleaseRecords, minute
from infra.deployment.releases import LATEST
from infra.deployment.service_metrics import LOOKED_BACK, ServiceMetrics
from infra.deployment.smoke_test import REQUEST_SECONDS, get, problems_in
from infra.errors import EXPECTED, NotHealthy
from notifications.metrics import NotificationMetric
from subscriptions.metrics import SubscriptionMetric

NO_VALUE = f"no value within {LOOKED_BACK // timedelta(hours=1)} h"
LIMIT = timedelta(seconds=REQUEST_SECONDS)
NOTHING = "nothing is deployed"


@dataclass(frozen=True)
class Row:
    """Row of the table. `healthy` is False if it needs attention."""

    name: str
    said: str
    healthy: bool = True

    def __str__(self) -> str:
        return f"{'  ' if self.healthy else '! '}{self.name:<16}{self.said}"


@dataclass(frozen=True)
class Status:
    """Queries AWS separately for each row. `now` is in UTC."""

    deployment: Deployment
    now: datetime

    def rows(self) -> Iterator[Row]:
        """Yield the rows, each as soon as it is available."""
        asked: dict[str, Callable[[], tuple[str, bool]]] = {
            "release": self._release,
            "commit": lambda: (self._record(self.deployment.releases.live() or LATEST).commit, True),
            "since": lambda: (minute(self._record(LATEST).since), True),
            "database": lambda: (database(self.deployment, self.now), True),
            "health": self._health,  # after the database, which it wakes
            "last sweep": self._last_sweep,
            "oldest pending": self._oldest_pending,
            "alarms": self._alarms,
            "lock": self._lock,
        }
        for name, ask in asked.items():
            yield _row(name, ask)

    def _record(self, version: str) -> ReleaseRecord:
        return ReleaseRecords(self.deployment.releases).of(version)

    def _release(self) -> tuple[str, bool]:
        live = self.deployment.releases.live()
        return (f"version {live}", True) if live else ("one that was not kept: see `make releases`", False)

    def _health(self) -> tuple[str, bool]:
        url = f"{self.deployment.url()}/readyz"
        status, body = _get(url)
        if status == HTTPStatus.OK:
            return "ok", True
        return f"{url} answered {status or 'nothing'}: {problems_in(body)}", False

    def _last_sweep(self) -> tuple[str, bool]:
        """Return the last sweep; `/readyz` and the alarms, which know the limits, judge it."""
        found = self._metrics.newest(SubscriptionMetric.EXPIRED, self.now)
        return f"{minute(found.time)}, {found.sum:.0f} expired" if found else NO_VALUE, True

    def _oldest_pending(self) -> tuple[str, bool]:
        found = self._metrics.newest(NotificationMetric.OLDEST_PENDING, self.now)
        return f"{timedelta(seconds=round(found.maximum))} old" if found else NO_VALUE, True

    @property
    def _metrics(self) -> ServiceMetrics:
        return ServiceMetrics(self.deployment.region, self.deployment.project, self.deployment.stage_name)

    def _alarms(self) -> tuple[str, bool]:
        client = boto3.client("cloudwatch", region_name=self.deployment.region)
        prefix = f"{self.deployment.name}-"
        pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        alarming = [alarm["AlarmName"].removeprefix(prefix) for alarm in alarms if alarm["StateValue"] == "ALARM"]
        if not alarms:
            return "there are none; `make stack` makes them", True
        return ", ".join(alarming) or f"none of {len(alarms)}", not alarming

    def _lock(self) -> tuple[str, bool]:
        lock = self.deployment.lock("status")
        holder = lock.holder()
        if holder is None:
            return "free", True
        return f"{holder}{', which was interrupted' if holder.is_over(lock.lease) else ''}", True


def show(deployment: Deployment, now: datetime) -> None:
    """Print the table. Raises NotHealthy if a row needs attention."""
    unhealthy = []
    for row in Status(deployment, now).rows():
        print(row, flush=True)
        unhealthy += [] if row.healthy else [row.name]
    if unhealthy:
        raise NotHealthy(f"{deployment.name} is not healthy: {', '.join(unhealthy)}. docs/runbook.md says what to do.")


def _get(url: str) -> tuple[int, str]:
    """Return status and body, with progress output: a cold start with a paused database takes long."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        answer = executor.submit(get, url)
        seconds = polling.INTERVAL.total_seconds()
        poll(lambda: "" if wait([answer], seconds).done else f"{url} has not answered yet", LIMIT, timedelta(0))
        return answer.result()


def _row(name: str, ask: Callable[[], tuple[str, bool]]) -> Row:
    """Return a row. A missing part is reported in its row and does not affect the others."""
    try:
        return Row(name, *ask())
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
        return Row(name, NOTHING if missing else f"AWS did not answer: {error}", healthy=False)
    except (BotoCoreError, *EXPECTED) as error:
        return Row(name, f"could not be asked for: {error}", healthy=False)
