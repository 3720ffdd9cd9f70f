"""Time limit of an invocation, reached when a test decides."""

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from infra.lambda_local.sandbox.runtime_api import Message
from infra.lambda_local.sandbox.sandbox import Receive
from tests.support.patience import PATIENCE_SECONDS


def give_up_when(condition: Callable[[], object]) -> Receive:
    """Return a `receive` that times out as soon as the condition holds, regardless of the limit."""

    def receive(messages: SimpleQueue[Message], _: float) -> Message | None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(Empty):
                return messages.get(timeout=0.02)
            if condition():
                return None
        raise AssertionError("the function neither answers nor comes to where it is given up")

    return receive
