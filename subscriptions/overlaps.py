"""Live subscriptions of one user to one plan, which the release before this one can make after a rollback."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count

from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from subscriptions.access.membership import lock_users
from subscriptions.models import Subscription
from subscriptions.services import Status, SubscriptionService

REASON = "joined with the subscription to the same plan that ends last"


def find_overlaps(now: datetime) -> list[tuple[Key, int]]:
    """Return the keys of users and plans with several subscriptions that are live at `now`, in order."""
    live = Subscription.objects.live(now).order_by().values("user_id", "plan_id").annotate(number=Count("pk"))
    return list(live.filter(number__gt=1).order_by("user_id", "plan_id").values_list("user_id", "plan_id"))


@transaction.atomic
def join_overlap(user_id: Key, plan_id: int, *, now: datetime) -> Subscription:
    """Keep the subscription that ends last, active if any is, and end the others; access and its end stay.

    Raises LookupError where none is live.
    """
    lock_users([user_id])
    live = list(
        Subscription.objects.live(now).filter(any_of("user", [user_id]), plan=plan_id).order_by("end_date", "pk")
    )
    if not live:
        raise LookupError(f"user {user_id} has no live subscription to plan {plan_id}")
    kept = max(live, key=lambda row: (row.end_date, row.status == Status.ACTIVE, row.pk))
    is_active = any(row.status == Status.ACTIVE for row in live)
    for other in live:
        if other.pk != kept.pk:
            SubscriptionService.cancel_now(other, REASON, now=now)
    if is_active and kept.status == Status.CANCELLED:
        SubscriptionService.reactivate_subscription(kept, reason=REASON, now=now)
    return kept
