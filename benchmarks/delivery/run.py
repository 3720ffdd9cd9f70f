"""Run one contender on the database of `DATABASE_URL`, in a process of its own.

    python -m benchmarks.delivery.run CONTENDER CHANNEL NUMBER [--count]

Makes NUMBER notifications of the channel pending and all others finished; delivers them to AWS_ENDPOINT_URL with
DELIVERY_THREADS threads. Prints a Measurement as JSON. With `--count` it counts queries, and the times are invalid.
"""

import argparse
import gc
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.local_django import set_up_local_django
from benchmarks.measurement import Measurement
from benchmarks.meter import Meter

if TYPE_CHECKING:
    from notifications.models import Channel

CONTENDERS = {
    "one by one": "benchmarks.delivery.one_by_one",
    "project": "benchmarks.delivery.project",
}

WAIT = """
UPDATE notifications_notification
SET state = 'pending', due_at = now(), finished_at = NULL, submitted_at = NULL, message_id = '', attempts = 0
WHERE id IN (SELECT id FROM notifications_notification WHERE channel = %(channel)s ORDER BY id DESC LIMIT %(number)s)
"""

BE_THROUGH = """
UPDATE notifications_notification SET state = 'sent', finished_at = now() WHERE finished_at IS NULL
"""

Deliver = Callable[["Channel"], int]
"""Deliver all pending notifications of a channel. Return the number of accepted ones."""


def main() -> None:
    """Set up the rows, warm up, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery.run")
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("channel")
    parser.add_argument("number", type=int)
    parser.add_argument("--count", action="store_true")
    chosen = parser.parse_args()
    set_up_local_django()
    # Imported late: this loads models.
    from notifications.models import Channel  # noqa: PLC0415

    deliver: Deliver = import_module(CONTENDERS[chosen.contender]).deliver
    channel = Channel(chosen.channel)
    let_wait(channel, 1)
    deliver(channel)
    let_wait(channel, chosen.number)
    print(json.dumps(asdict(_measure(deliver, channel, counted=chosen.count))))


def let_wait(channel: "Channel", number: int) -> None:
    """Make the last `number` rows of the channel pending and all others finished, and vacuum."""
    with connection.cursor() as cursor:
        cursor.execute(BE_THROUGH)
        cursor.execute(WAIT, {"channel": channel.value, "number": number})
        cursor.execute("VACUUM ANALYZE notifications_notification")


def _measure(deliver: Deliver, channel: "Channel", *, counted: bool) -> Measurement:
    connection.queries_log.clear()
    gc.collect()
    backend: int = connection.connection.info.backend_pid
    with CaptureQueriesContext(connection) if counted else nullcontext(), Meter(backend) as meter:
        accepted = deliver(channel)
    return meter.measurement(accepted, len(connection.queries_log))


if __name__ == "__main__":
    main()
