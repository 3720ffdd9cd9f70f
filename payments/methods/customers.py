"""Customers that a provider has created for users whose try failed, so that no payment method leads to them."""

from datetime import datetime

from django.db.models import Max

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
    kept = {"user_id": user_id, "customer": customer, "saved_at": now, "removed_at": now}
    forgotten = {"forget_requested_at": now if is_erased(user_id) else _removed_since(user_id, tried_at)}
    PaymentMethod.objects.get_or_create(provider=provider, token=customer, defaults=kept | forgotten)


def _removed_since(user_id: Key, tried_at: datetime) -> datetime | None:
    """Return when the user removed their methods after the try; None if they did not.

    It is that instant and not the present one, because a method which they have entered since is to be kept.
    """
    removed = PaymentMethod.objects.filter(any_of("user", [user_id]), forget_requested_at__gt=tried_at)
    at: datetime | None = removed.aggregate(at=Max("forget_requested_at"))["at"]
    return at
