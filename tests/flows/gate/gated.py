"""Jobs behind the gate, as the scheduled events run them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.db import connection

from accounts.jobs import erase_leaving_users
from config.aws_lambda.gated_jobs import run_gated
from foundation import clock, gate
from notifications.jobs import deliver_notifications, send_expiry_reminders
from payments.jobs import process_payments
from subscriptions.jobs import audit_access, check_expired_subscriptions
from subscriptions.models import Subscription
from tests.support.factories import make_due, make_plan
from tests.support.gate import (
    AUDIT,
    DELIVERY,
    ERASURE,
    PAYMENTS,
    REMINDERS,
    SWEEP,
    Context,
    tick,
)

JOBS = {
    SWEEP: check_expired_subscriptions,
    DELIVERY: deliver_notifications,
    REMINDERS: send_expiry_reminders,
    PAYMENTS: process_payments,
    AUDIT: audit_access,
    ERASURE: erase_leaving_users,
}


def in_threads(*actions: Callable[[], object]) -> None:
    """Run the actions at once, each in a thread with a session of its own."""

    def act(action: Callable[[], object]) -> None:
        try:
            action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        for future in [pool.submit(act, action) for action in actions]:
            future.result()


def invoke(event: dict[str, Any], context: Any) -> Any:
    """Run the job that the rule names, as Zappa does."""
    return JOBS[event["resources"][0].rpartition("-")[2]](event, context)


def run(job: str, **arguments: Any) -> Any:
    return run_gated(tick(job), Context(), invoke, **arguments)


def close() -> bool:
    return gate.close_gate(clock.now())


def ends_in(duration: timedelta) -> Subscription:
    """Create a subscription that ends so much later."""
    (made,) = make_due(make_plan(), 1, end=clock.now() + duration)
    return made
