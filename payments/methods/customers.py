"""Customers whom a provider has made of users who never paid, so that nothing else leads to them."""

from datetime import datetime

from foundation.orm.key import Key
from payments.methods.forgetting import forgotten_fields
from payments.models import PaymentMethod
from subscriptions.locks import lock_owner


def keep_customer(provider: str, customer: str, user_id: Key, now: datetime) -> None:
    """Keep a customer that is not known yet, for the user's next page and for their erasure.

    It is a removed method that has the customer's name for its token: nothing can be charged to it.
    """
    if PaymentMethod.objects.filter(provider=provider, customer=customer).exists():
        return
    lock_owner(user_id)  # an erasure is over, or sees the customer
    kept = {"user_id": user_id, "customer": customer, "saved_at": now, "removed_at": now}
    PaymentMethod.objects.get_or_create(
        provider=provider, token=customer, defaults=kept | forgotten_fields(user_id, now)
    )
