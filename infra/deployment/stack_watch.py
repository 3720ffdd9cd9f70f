"""A look at a stack while another program works on it."""

import time
from dataclasses import dataclass
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import cloud_stack
from infra.deployment.cloud_stack import CloudStack


@dataclass
class StackWatch:
    """Watches one stack for a failure since `newest`, the id of its newest event when the watch began."""

    stack: CloudStack
    newest: str
    status: str
    _asked: float

    @classmethod
    def begin(cls, stack: CloudStack) -> Self:
        """Watch from now on."""
        return cls(stack, stack.events.newest(), stack.status, time.monotonic())

    def failure(self) -> str:
        """Return state and reasons if it has failed, or is being rolled back, since the watch began; else nothing.

        AWS is asked as seldom as `CloudStack` asks it. Where it does not answer, the other program goes on.
        """
        now = time.monotonic()
        if now - self._asked < cloud_stack.INTERVAL.total_seconds():
            return ""
        self._asked = now
        return self.failure_now()

    def failure_now(self) -> str:
        """Return the same, whenever AWS was asked last."""
        try:
            return self._ask()
        except (ClientError, BotoCoreError) as error:
            self.status = f"unknown: {error}"
        return ""

    def _ask(self) -> str:
        """Ask for events alone: a state that is asked for apart from them may still be that of the last operation."""
        events = self.stack.events
        status = events.status_since(self.newest)
        self.status = status or self.status
        if not _is_failure(status):
            return ""
        return f"stack {self.stack.name} is in {self.status}: {events.reasons_since(self.newest)}"


def _is_failure(status: str) -> bool:
    return "ROLLBACK" in status or status.endswith("_FAILED")
