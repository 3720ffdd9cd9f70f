"""Grace period of a renewal order: until then it is tried, and access goes on."""

from datetime import datetime, timedelta

from payments.models import Order

GRACE = timedelta(days=7)


def grace_until(order: Order) -> datetime:
    """Return the end of the grace period of a renewal order."""
    return (order.period_start or order.opened_at) + GRACE
