"""Schedule of a stage, whose jobs a test fires."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import ZappaStage


@dataclass(frozen=True)
class Schedule:
    """Jobs of the stage's function, on the test database."""

    function: LambdaFunction
    stage: ZappaStage

    def run(self, job: str) -> Any:
        """Fire the job's event as EventBridge does, and return its summary."""
        event = delivered_event(self.stage.schedule_of(job), region=self.stage.region, time=datetime.now(UTC))
        return self.function.invoke(event)
