"""Emission of the notification metrics."""

from collections.abc import Mapping

from foundation.jobs import metrics
from notifications import statistics
from notifications.metrics import NotificationMetric
from notifications.models import State

BY_STATE = {
    State.SENT: NotificationMetric.SENT,
    State.UNKNOWN: NotificationMetric.UNKNOWN,
    State.FAILED: NotificationMetric.FAILED,
    State.SUPPRESSED: NotificationMetric.SUPPRESSED,
    State.OBSOLETE: NotificationMetric.OBSOLETE,
    State.BOUNCED: NotificationMetric.BOUNCED,
    State.COMPLAINED: NotificationMetric.COMPLAINED,
}
"""The metric that counts the notifications that reached a state. `delivered` has none: SES's own metrics count it."""


def emit_reached(states: Mapping[State, int]) -> None:
    """Emit the number of notifications that reached each state in this run."""
    metrics.emit(_by_metric(states))


def emit_delivery(states: Mapping[State, int], run: Mapping[NotificationMetric, int]) -> None:
    """Emit the same for a delivery, with the other counts of its run and the number of those that are left."""
    metrics.emit({**_by_metric(states), **run, NotificationMetric.PENDING: statistics.count_pending()})


def _by_metric(states: Mapping[State, int]) -> dict[NotificationMetric, int]:
    return {BY_STATE[state]: number for state, number in states.items() if state in BY_STATE}
