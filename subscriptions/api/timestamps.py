"""Instants of a subscription's life that its events hold."""

from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from subscriptions.models import Subscription, SubscriptionEvent, Transition

# Exclusions, because with a name of a transition SQLite walks the index of all transitions.
BESIDES_EXPIRY = ~Q(transition__in=(Transition.EXPIRED,))
CANCELLATIONS = ~Q(transition__in=set(Transition) - {Transition.CANCELLED})


def with_timestamps(subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Annotate what `created_at` and `cancelled_at` need."""
    events = SubscriptionEvent.objects.filter(subscription=OuterRef("pk"))
    latest = events.filter(BESIDES_EXPIRY).order_by("-pk")
    return subscriptions.annotate(
        first_event_at=Subquery(events.order_by("pk").values("occurred_at")[:1]),
        latest_move=Subquery(latest.values("transition")[:1]),
        cancellation_at=Subquery(events.filter(CANCELLATIONS).order_by("-pk").values("occurred_at")[:1]),
    )


def created_at(subscription: Subscription) -> datetime:
    """Return the instant of the first event, or the start of a subscription that was imported without events."""
    first: datetime | None = getattr(subscription, "first_event_at", None)
    return first or subscription.start_date


def cancelled_at(subscription: Subscription) -> datetime | None:
    """Return the instant of the cancellation, unless the subscription was resumed or renewed since."""
    at: datetime | None = getattr(subscription, "cancellation_at", None)
    is_cancelled = subscription.status == Subscription.Status.CANCELLED  # days may have been given since
    return at if is_cancelled or getattr(subscription, "latest_move", None) == Transition.CANCELLED else None
