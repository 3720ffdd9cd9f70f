"""Consent of the subscriber, stored on the order before money moves and repeated by the receipt; and its end."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from payments.models import Order, Renewal


@dataclass(frozen=True)
class Consent:
    """Consent as it was given beside the button that obliges to pay."""

    terms: str
    """Version of the terms that were accepted; empty if the site has none."""
    renews: bool
    """True if later periods may be charged to the same method."""
    begins_at_once: bool = False
    """True if access is to begin before the time for withdrawal is over; False if that was not asked."""


def store_consent(order: Order, consent: Consent, now: datetime) -> None:
    """Store the consent on an order that waits for money, in place of an earlier one.

    Its instant is stored even if nothing was to be ticked: the charger leaves whoever is at the page alone.
    """
    given = {**asdict(consent), "consented_at": now}
    if Order.objects.unfinished().filter(pk=order.pk).update(**given):
        for name, value in given.items():
            setattr(order, name, value)


def end_agreement(subscription_id: int) -> bool:
    """End the agreement to renew the subscription, and those of its orders, whose money may be on its way.

    Return True if it renewed automatically. The caller holds the lock of the owner.
    """
    ended = Renewal.objects.filter(subscription=subscription_id, auto_renew=True).update(auto_renew=False)
    Order.objects.unfinished().filter(subscription=subscription_id, renews=True).update(renews=False)
    return bool(ended)


def end_agreements(user: AbstractBaseUser) -> None:
    """End all agreements of the user and name no method for them; those of orders for a first period too."""
    Renewal.objects.filter(subscription__user_id=user.pk).update(auto_renew=False, method=None)
    Order.objects.unfinished().filter(user_id=user.pk, renews=True).update(renews=False)
