"""Entitlement: a user is a subscriber while one of their subscriptions is live."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser, AnonymousUser

from subscriptions.models import Plan, Subscription


def has_live_subscription(user: AbstractUser | AnonymousUser, now: datetime, *, plan: Plan | str | None = None) -> bool:
    """Return True if the user has a live subscription at `now`, a cancelled one included; an anonymous user has none.

    `plan` narrows it to one plan, or to the plans of that name. One query. The subscriptions themselves are asked, not
    the group `Subscribers`, which a subscription that has ended leaves only with the next sweep.
    """
    if not user.is_authenticated:
        return False
    live = Subscription.objects.live(now).filter(user=user.pk)
    match plan:
        case str():
            live = live.filter(plan__name=plan)
        case Plan():
            live = live.filter(plan=plan.pk)
    return live.exists()
