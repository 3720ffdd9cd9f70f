"""EventBridge of the campaign: the stage's schedule, too frequent, duplicated, and out of order."""

import random
from datetime import UTC, datetime
from typing import Any

from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.packaging.zappa_stage import load_stage

DUPLICATED = 0.25
WAITING_AT_MOST = 12
"""Maximum number of pending events. Others are dropped, like ticks that Lambda cannot run."""
WEIGHTS = {"notifications.jobs.deliver_notifications": 4, "subscriptions.jobs.check_expired_subscriptions": 2}


class EventSchedule:
    """Rules of the stage `dev`, and events pending for a worker."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._stage = load_stage("dev")
        self._waiting: list[tuple[str, Any]] = []

    def fire(self) -> None:
        """Fire a random rule for one or two workers."""
        schedules = self._stage.schedules
        weights = [WEIGHTS.get(schedule.function, 1) for schedule in schedules]
        (schedule,) = self._chance.choices(schedules, weights)
        times = 2 if self._chance.random() < DUPLICATED else 1
        if len(self._waiting) < WAITING_AT_MOST:
            self._waiting += [(schedule.function, self.event_for(schedule.function))] * times

    def event_for(self, job: str) -> Any:
        """Return the event of one of the job's rules."""
        schedule = self._stage.schedule_of(job)
        return delivered_event(schedule, region=self._stage.region, time=datetime.now(UTC))

    def take(self) -> tuple[str, Any] | None:
        """Return a random pending event with its job."""
        return self._waiting.pop(self._chance.randrange(len(self._waiting))) if self._waiting else None

    def give_back(self, job: str, event: Any) -> None:
        """Return a failed event to the queue, as Lambda retries it."""
        self._waiting.append((job, event))
