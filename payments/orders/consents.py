"""Consent of the subscriber, stored on the order before money moves and repeated by the receipt."""

from dataclasses import dataclass
from datetime import datetime

from payments.models import Order


@dataclass(frozen=True)
class Consent:
    """Consent as it was given beside the button that obliges to pay."""

    terms: str
    """Version of the terms that were accepted; empty if the site has none."""
    renews: bool
    """True if later periods may be charged to the same method."""


def store_consent(order: Order, consent: Consent, now: datetime) -> None:
    """Store the consent on an order that waits for money, in place of an earlier one.

    Its instant is stored even if nothing was to be ticked: the charger leaves whoever is at the page alone.
    """
    given = {"terms": consent.terms, "renews": consent.renews, "consented_at": now}
    if Order.objects.unfinished().filter(pk=order.pk).update(**given):
        order.terms, order.renews, order.consented_at = consent.terms, consent.renews, now
