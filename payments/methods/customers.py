"""Customers that a provider has created for users whose try failed, so that no payment method leads to them."""

from datetime import datetime

from accounts.profiles import is_erased
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from payments.methods.owners import lock_if_known
from payments.models import PaymentMethod


def keep_customer(provider: str, customer: str, user_id: Key, tried_at: datetime, now: datetime) -> None:
    """Keep a customer that is not known yet, for the user's next page and for their erasure.

    It is a removed method whose token is the customer's name, so that nothing is charged to it. If the user is erased
    or has removed their methods after the try, the provider is to delete the customer as well.
    """
    if not lock_if_known(user_id) or PaymentMethod.objects.filter(provider=provider, customer=customer).exists():
        return
    removed = PaymentMethod.objects.filter(any_of("user", [user_id]), forget_requested_at__gt=tried_at)
    forgotten = is_erased(user_id) or removed.exists()
    kept = {"user_id": user_id, "customer": customer, "saved_at": now, "removed_at": now}
    PaymentMethod.objects.get_or_create(
        provider=provider, token=customer, defaults=kept | {"forget_requested_at": now if forgotten else None}
    )
