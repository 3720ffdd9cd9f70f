"""Customers that a provider has created for users whose try failed, so that no payment method leads to them."""

from datetime import datetime

from foundation.orm.key import Key
from payments.methods.forgetting import forgotten_fields
from payments.models import PaymentMethod
from subscriptions.locks import lock_owner


def keep_customer(provider: str, customer: str, user_id: Key, tried_at: datetime, now: datetime) -> None:
    """Keep a customer that is not known yet, for the user's next page and for their erasure.

    It is a removed method whose token is the customer's name, so that nothing is charged to it. Nothing is kept of a
    try after which the user has removed their methods. Raises UnknownUser.
    """
    lock_owner(user_id)  # an erasure is over, or sees the customer
    forgotten = forgotten_fields(user_id, now)
    users = PaymentMethod.objects.filter(user_id=user_id)
    if not forgotten and users.filter(forget_requested_at__gt=tried_at).exists():
        return
    if not PaymentMethod.objects.filter(provider=provider, customer=customer).exists():
        kept = {"user_id": user_id, "customer": customer, "saved_at": now, "removed_at": now}
        PaymentMethod.objects.get_or_create(provider=provider, token=customer, defaults=kept | forgotten)
