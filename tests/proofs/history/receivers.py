"""Receivers, as other code in the process may have them, that make their own transitions."""

import random
from contextlib import suppress
from datetime import datetime
from typing import Any

from foundation import clock
from subscriptions.errors import SubscriptionError
from subscriptions.models import Subscription, Transition
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscription_cancelled, subscription_expired, subscriptions_transitioned

STRICT_SHARE = 0.15
PUBLIC_SHARE = 0.1


def connect(chance: random.Random) -> None:
    """Renew some expired subscriptions, inside the transaction and after it, and resume some cancelled ones."""

    def renew_inside(*, transition: Transition, event_ids: list[int], now: datetime, **kwargs: Any) -> None:
        if transition == Transition.EXPIRED and chance.random() < STRICT_SHARE:
            ended = Subscription.objects.filter(events__in=event_ids[:2])
            for subscription in ended:
                with suppress(SubscriptionError):
                    Service.renew_subscription(subscription, now=now)

    def renew_after(*, subscription: Subscription, **kwargs: Any) -> None:
        if chance.random() < PUBLIC_SHARE:
            with suppress(SubscriptionError):
                Service.renew_subscription(subscription, now=clock.now())

    def resume_after(*, subscription: Subscription, **kwargs: Any) -> None:
        if chance.random() < PUBLIC_SHARE:
            with suppress(SubscriptionError):
                Service.reactivate_subscription(subscription, now=clock.now())

    subscriptions_transitioned.connect(renew_inside, weak=False)
    subscription_expired.connect(renew_after, weak=False)
    subscription_cancelled.connect(resume_after, weak=False)
