"""How a repeated request renews once."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from subscriptions.access import lock_users
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService


@transaction.atomic
def renew_once(subscription: Subscription, end_date: datetime, *, now: datetime, actor: AbstractBaseUser) -> bool:
    """Renew the subscription if it still ends at `end_date`; return False where it has been renewed meanwhile.

    Raises what `SubscriptionService.renew_subscription` raises.
    """
    lock_users([subscription.user_id])
    subscription.refresh_from_db()
    if subscription.end_date != end_date:
        return False
    SubscriptionService.renew_subscription(subscription, now=now, actor=actor)
    return True
