"""Readiness probe (`/readyz`). Liveness and pages do not load its statistics."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation import clock
from notifications import statistics as notifications
from subscriptions import statistics as subscriptions
from subscriptions.access.managed_groups import missing_names
from subscriptions.models import AccessAuditRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problems:
    """Problems in words. The response is public: no host, name or error text."""

    service: list[str]
    delivery: list[str]
    """Problems that only delay delivery. Notifications wait in the outbox, and a rollback would not help."""

    @property
    def every(self) -> list[str]:
        return self.service + self.delivery


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 with status `ok`, or 503 with `unavailable` and the problems.

    Example: `{"status": "ok", "problems": [], "only_delivery": false}`.
    """
    problems = find_problems(clock.now())
    body = {
        "status": "unavailable" if problems.every else "ok",
        "problems": problems.every,
        "only_delivery": bool(problems.delivery) and not problems.service,
    }
    return JsonResponse(body, status=503 if problems.every else 200)


def find_problems(now: datetime) -> Problems:
    """Return all problems at `now`."""
    try:
        return Problems([*_of_the_sweep(now), *_of_access(now)], [*_of_the_outbox(now), *_pauses()])
    except Error:
        logger.exception("the database does not answer")
        return Problems(["the database does not answer"], [])


def _of_the_sweep(now: datetime) -> list[str]:
    last = subscriptions.last_finished_sweep()
    if last is None:
        return ["no sweep has finished yet"]
    if subscriptions.is_sweep_stale(last, now):
        return [f"the last sweep finished {_minutes(now - last)} minutes ago"]
    return []


def _of_access(now: datetime) -> list[str]:
    missing = [f"the group {name} is missing" for name in missing_names()]
    return [*missing, *_of_the_audit(subscriptions.last_finished_audit(), now)]


def _of_the_audit(last: AccessAuditRun | None, now: datetime) -> list[str]:
    if last is None or last.finished_at is None:
        return ["no access audit has finished yet"]
    if subscriptions.is_audit_stale(last, now):
        return [f"the last access audit finished {_minutes(now - last.finished_at)} minutes ago"]
    if last.failed:
        return [f"the last access audit could not correct {last.failed} users"]
    return [] if last.complete else ["the last access audit ran out of time before it had checked all users"]


def _of_the_outbox(now: datetime) -> list[str]:
    oldest = notifications.oldest_pending()
    if not oldest or not notifications.is_late(oldest, now):
        return []
    return [f"a notification has been due for {_minutes(now - oldest)} minutes"]


def _pauses() -> list[str]:
    with translation.override("en"):
        return [
            f"{pause.get_channel_display()} is paused: {pause.get_pause_reason_display()}"
            for pause in notifications.paused_channels()
        ]


def _minutes(age: timedelta) -> int:
    return age // timedelta(minutes=1)
