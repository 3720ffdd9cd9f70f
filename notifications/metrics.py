"""What became of notifications, as metrics."""

from collections.abc import Mapping

from foundation.jobs import metrics
from foundation.jobs.metrics import Metric
from notifications import statistics
from notifications.models import State

REACHED = {
    State.SENT: Metric.NOTIFICATIONS_SENT,
    State.UNKNOWN: Metric.NOTIFICATIONS_UNKNOWN,
    State.FAILED: Metric.NOTIFICATIONS_FAILED,
    State.SUPPRESSED: Metric.NOTIFICATIONS_SUPPRESSED,
    State.OBSOLETE: Metric.NOTIFICATIONS_OBSOLETE,
    State.BOUNCED: Metric.NOTIFICATIONS_BOUNCED,
    State.COMPLAINED: Metric.NOTIFICATIONS_COMPLAINED,
}
"""The metric that counts how many have come to a state. `delivered` is not counted: SES's own metrics do."""


def emit_reached(states: Mapping[State, int]) -> None:
    """Tell how many notifications have come to each state, in this run."""
    metrics.emit(_reached(states))


def emit_delivery(states: Mapping[State, int], run: Mapping[Metric, int]) -> None:
    """The same of a delivery, with what else it counted, and how many are left."""
    metrics.emit({**_reached(states), **run, Metric.NOTIFICATIONS_PENDING: statistics.count_pending()})


def _reached(states: Mapping[State, int]) -> dict[Metric, int]:
    return {REACHED[state]: number for state, number in states.items() if state in REACHED}
