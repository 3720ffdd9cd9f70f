"""EventBridge's side of the campaign: what the stage schedules, too often, twice, and in the wrong order."""

import random
from datetime import UTC, datetime
from typing import Any

from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.packaging.zappa_stage import load_stage

DUPLICATED = 0.25
WAITING_AT_MOST = 12
"""Events. Further ones are left out, as a tick is that Lambda has no room for."""
WEIGHTS = {"notifications.jobs.deliver_notifications": 4, "subscriptions.jobs.check_expired_subscriptions": 2}


class EventSchedule:
    """The rules of stage `dev`, and the events that wait for a worker."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._stage = load_stage("dev")
        self._waiting: list[tuple[str, Any]] = []

    def fire(self) -> None:
        """Let one of the rules fire, for one worker or for two."""
        schedules = self._stage.schedules
        weights = [WEIGHTS.get(schedule.function, 1) for schedule in schedules]
        (schedule,) = self._chance.choices(schedules, weights)
        times = 2 if self._chance.random() < DUPLICATED else 1
        if len(self._waiting) < WAITING_AT_MOST:
            self._waiting += [(schedule.function, self.event_for(schedule.function))] * times

    def event_for(self, job: str) -> Any:
        """What one of its rules sends it now."""
        schedule = self._stage.schedule_of(job)
        return delivered_event(schedule, region=self._stage.region, time=datetime.now(UTC))

    def take(self) -> tuple[str, Any] | None:
        """Any of those that wait, as a job's name and its event."""
        return self._waiting.pop(self._chance.randrange(len(self._waiting))) if self._waiting else None

    def give_back(self, job: str, event: Any) -> None:
        """Lambda invokes again what failed."""
        self._waiting.append((job, event))
