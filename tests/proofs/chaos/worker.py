"""Warm function with its own clock, in a process forked by `fleet` after importing this module."""

import os
import signal
import time
import traceback
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import django
import time_machine

from foundation import clock
from infra.lambda_local.lifetime import end_with_this_thread
from infra.local.lambda_function import Context
from tests.proofs.chaos import durations
from tests.proofs.chaos.worker_name import WorkerName

INVOCATION_SECONDS = 300

end_with_server = end_with_this_thread(signal.SIGKILL)
"""Created here, in the process from which workers are forked."""


def hurry() -> None:
    """Replace constants of the product with the campaign's durations; others are settings. Raises AttributeError."""
    # Django must be set up.
    from notifications.aws import clients  # noqa: PLC0415
    from notifications.channels import retry  # noqa: PLC0415
    from notifications.outbox import claims, delivery, send_rate  # noqa: PLC0415
    from notifications.ses import account  # noqa: PLC0415

    for module, name, value in (
        (clients, "CONNECT_TIMEOUT", durations.CONNECT_TIMEOUT.total_seconds()),
        (clients, "READ_TIMEOUT", durations.READ_TIMEOUT.total_seconds()),
        (delivery, "ROUNDS", durations.ROUNDS),
        (delivery, "RECORDING", durations.CALLS),
        (claims, "THROTTLED_DELAY", durations.THROTTLED_DELAY),
        (retry, "FIRST_DELAY", durations.FIRST_DELAY),
        (send_rate, "RECOVERY", durations.RECOVERY),
        (account, "ASKED_EVERY", durations.ASKED_EVERY),
    ):
        getattr(module, name)
        setattr(module, name, value)


def work(orders: Connection, name: str, variables: dict[str, str], log: Path) -> None:
    """Print `ready`, and then the result or error of each job, until no more orders arrive."""
    if end_with_server is not None:
        end_with_server()
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
    os.environ.update(variables)
    with time_machine.travel(datetime.now(UTC) + WorkerName.read(name).clock_ahead, tick=True):
        clock.now()  # time-machine's clock begins to run when it is first looked at
        orders.send("ready")
        while True:
            try:
                job, event = orders.recv()
            except EOFError:
                return
            orders.send(_invoke(name, job, event))


def _invoke(function_name: str, job: str, event: Any) -> dict[str, Any]:
    """Run the job as Lambda would, and return `{"returned": ...}` or `{"raised": "Error"}`."""
    module, _, function = job.rpartition(".")
    context = Context(function_name, f"arn:{function_name}", "512", time.monotonic() + INVOCATION_SECONDS)
    try:
        return {"returned": getattr(import_module(module), function)(event, context)}
    except Exception as error:  # noqa: BLE001 - the judge says which ones are in order
        traceback.print_exc()
        return {"raised": type(error).__name__}


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.proofs.chaos.settings")
django.setup()
hurry()
