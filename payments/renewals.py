"""Agreements to renew a subscription by charges."""

from payments.models import Order, Renewal
from subscriptions.models import Subscription


def agree(order: Order, subscription: Subscription) -> None:
    """Write down what the order's subscriber agreed to be charged for later periods, if anything."""
    if not order.renews:
        if order.kind == Order.Kind.CHANGE and order.consented_at:  # asked, and not wanted
            Renewal.objects.filter(subscription=subscription).update(auto_renew=False)
        return
    agreed = {
        "auto_renew": True,
        "amount": order.price,
        "currency": order.currency,
        "terms": order.terms,
        "agreed_at": order.consented_at or order.opened_at,
        "new_amount": None,
        "new_amount_from": None,
    }
    Renewal.objects.update_or_create(subscription=subscription, defaults=agreed)
