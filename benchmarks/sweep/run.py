"""Run one contender on the database of `DATABASE_URL`, in a process of its own.

    python -m benchmarks.sweep.run CONTENDER [--limit ROWS] [--count] [--wait]

Prints a Measurement as JSON. With `--wait` it prints a line when warm, and starts at a line on standard input. With
`--count` it counts queries, and the times are invalid. Two public receivers are connected. A first run, which finds
nothing due, warms up connection and code.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.local_django import set_up_local_django
from benchmarks.measurement import Measurement
from benchmarks.meter import Meter
from benchmarks.sweep.fill import NOW

CONTENDERS = {
    "row by row": "benchmarks.sweep.row_by_row",
    "project": "benchmarks.sweep.project",
    "limit": "benchmarks.sweep.limit",
}
LONG_BEFORE = timedelta(days=3_650)

Expire = Callable[[datetime, int | None], int]
"""Expire rows due at this time, up to a limit. Return the number of expired rows."""


def main() -> None:
    """Warm up, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep.run")
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--wait", action="store_true")
    chosen = parser.parse_args()
    set_up_local_django()
    _connect_public_receivers()
    expire: Expire = import_module(CONTENDERS[chosen.contender]).expire
    expire(NOW - LONG_BEFORE, chosen.limit)
    if chosen.wait:
        print("warm", flush=True)
        sys.stdin.readline()
    print(json.dumps(asdict(_measure(expire, chosen.limit, counted=chosen.count))))


def _measure(expire: Expire, limit: int | None, *, counted: bool) -> Measurement:
    connection.queries_log.clear()
    gc.collect()
    with CaptureQueriesContext(connection) if counted else nullcontext(), Meter(_backend()) as meter:
        expired = expire(NOW, limit)
    return meter.measurement(expired, len(connection.queries_log))


def _backend() -> int | None:
    """Return the process id of the local PostgreSQL backend that serves this connection."""
    if connection.vendor != "postgresql":
        return None
    pid: int = connection.connection.info.backend_pid
    return pid


def _connect_public_receivers() -> None:
    from subscriptions.signals import subscription_expired  # noqa: PLC0415 - once Django is set up

    subscription_expired.connect(_first_receiver)
    subscription_expired.connect(_second_receiver)


def _first_receiver(**kwargs: Any) -> None:
    """Do nothing, so that only the calls are measured."""


def _second_receiver(**kwargs: Any) -> None:
    """Do nothing, like the first."""


if __name__ == "__main__":
    main()
