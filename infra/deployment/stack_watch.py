"""Watch on a stack while another program works on it."""

import time
from dataclasses import dataclass
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import cloud_stack
from infra.deployment.cloud_stack import CloudStack


@dataclass
class StackWatch:
    """Watch for a failure since `newest`, the id of the newest event when the watch began."""

    stack: CloudStack
    newest: str
    status: str
    _asked: float

    @classmethod
    def begin(cls, stack: CloudStack) -> Self:
        """Start to watch."""
        return cls(stack, stack.events.newest(), stack.status, time.monotonic())

    def failure(self) -> str:
        """Return state and reasons if the stack has failed or is being rolled back, or "".

        Queries AWS at the interval of `CloudStack`. If AWS does not respond, the other program continues.
        """
        now = time.monotonic()
        if now - self._asked < cloud_stack.INTERVAL.total_seconds():
            return ""
        self._asked = now
        return self.failure_now()

    def failure_now(self) -> str:
        """Return the same without regard to the interval."""
        try:
            return self._ask()
        except (ClientError, BotoCoreError) as error:
            self.status = f"unknown: {error}"
        return ""

    def _ask(self) -> str:
        """Query the events only: a separately queried state may still be that of the last operation."""
        events = self.stack.events
        status = events.status_since(self.newest)
        self.status = status or self.status
        if not _is_failure(status):
            return ""
        return f"stack {self.stack.name} is in {self.status}: {events.reasons_since(self.newest)}"


def _is_failure(status: str) -> bool:
    return "ROLLBACK" in status or status.endswith("_FAILED")
