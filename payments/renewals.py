"""Agreements to renew a subscription by charges."""

from payments.models import Order, Renewal
from subscriptions.models import Subscription


def agree(order: Order, subscription: Subscription) -> None:
    """Write down what the order's subscriber agreed to be charged for later periods, if anything.

    An order that was to be closed when its money came, such as that of somebody who left, agrees to nothing any more.
    """
    if order.close_requested_at:
        return
    if not order.renews:
        if order.way == Order.Way.PAGE:  # asked before the page opened, and not wanted
            Renewal.objects.filter(subscription=subscription).update(auto_renew=False)
        return
    if renews_already(order):  # paid by hand, on the terms that hold
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
    planned = {"next_amount": subscription.next_plan.price if subscription.next_plan else None}
    Renewal.objects.update_or_create(subscription=subscription, defaults=agreed, create_defaults=agreed | planned)


def renews_already(order: Order) -> bool:
    """Return True for a renewal of what renews automatically. At most one query."""
    agreed = Renewal.objects.filter(subscription=order.subscription_id, auto_renew=True, method__isnull=False)
    return order.kind == Order.Kind.RENEWAL and agreed.exists()
