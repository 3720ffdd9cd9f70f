"""Payment methods of a user: the one that is charged, its replacement and its removal, and the renewals it pays for."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from payments.errors import MethodInUse
from payments.models import Order, OrderState, PaymentMethod, Renewal
from payments.orders.consents import end_agreements
from payments.providers.interface import MethodDetails
from subscriptions.locks import lock_owner
from subscriptions.models import Subscription

COLLECTED = Q(kind=Order.Kind.RENEWAL) & ~Q(state=OrderState.PENDING) & Q(close_requested_at=None)

UNPLANNED = Q(state=OrderState.OPEN, due_at=None)
"""Orders that subscribers opened themselves, and that are not to be charged yet."""


def method_of(user: AbstractBaseUser) -> PaymentMethod | None:
    """Return the method that the user's renewals are charged to: the last one that was saved and can be charged."""
    return last_chargeable(kept_methods(user))


def kept_methods(user: AbstractBaseUser) -> list[PaymentMethod]:
    """Return the methods of the user that nobody removed, also those of former providers, as they were saved."""
    return list(PaymentMethod.objects.usable().filter(user_id=user.pk).order_by("saved_at", "pk"))


def last_chargeable(kept: Sequence[PaymentMethod]) -> PaymentMethod | None:
    """Return the last one that can be charged; None if none can."""
    return next((method for method in reversed(kept) if method.is_chargeable), None)


def renewals_of(user: AbstractBaseUser, now: datetime) -> QuerySet[Renewal]:
    """Return the agreements on the user's subscriptions that may still renew."""
    live = Subscription.objects.live(now).filter(user_id=user.pk, status="active")
    agreed = Renewal.objects.filter(subscription__in=live)
    return agreed.select_related("subscription__plan", "subscription__next_plan", "method").order_by("pk")


def replace_method(
    user: AbstractBaseUser, provider: str, details: MethodDetails, now: datetime, entered_at: datetime | None = None
) -> PaymentMethod:
    """Charge the user's renewals to this method from now on, and those that are due at once.

    `entered_at` is when the user entered it, if that was before `now`. Its message may have come before its user: what
    it was charged for, and declined, is not tried again at once.
    """
    with transaction.atomic():
        lock_owner(user.pk)
        before = method_of(user)
        method, _new = PaymentMethod.objects.update_or_create(
            provider=provider,
            token=details.token,
            defaults={
                "user_id": user.pk,
                "customer": details.customer,
                **{name: value for name, value in details.description().items() if value},  # a message may tell less
                "saved_at": entered_at or now,
                "removed_at": None,
            },
        )
        Renewal.objects.filter(subscription__user_id=user.pk).update(method=method, expiry_told_for=None)
        if method != before:
            _charge_at_once(user, now)
    return method


def _charge_at_once(user: AbstractBaseUser, now: datetime) -> None:
    # Those of the page too for which no charge is planned any more; the charger leaves alone who is there.
    collected = Q(way__in=["", Order.Way.CHARGE]) | Q(state=OrderState.NEEDS_SUBSCRIBER)
    waiting = Order.objects.unfinished().filter(COLLECTED, collected, user_id=user.pk)
    waiting.exclude(state=OrderState.CLAIMED).exclude(UNPLANNED).update(due_at=now)
    waiting.filter(state=OrderState.NEEDS_SUBSCRIBER).update(state=OrderState.OPEN)


def remove_method(user: AbstractBaseUser, now: datetime) -> None:
    """Remove the user's methods, so that nothing renews automatically; the provider is asked to forget the customer.

    Raises MethodInUse while a renewal is being collected: what is owed is paid, or the subscription cancelled, first.
    """
    with transaction.atomic():
        lock_owner(user.pk)
        if Order.objects.unfinished().filter(COLLECTED, user_id=user.pk).exists():
            raise MethodInUse("a renewal is being collected; pay it, or cancel the subscription, first")
        end_agreements(user)
        # Those that were removed before as well: the customer of a failed try is one of them.
        at = {name: Coalesce(name, Value(now)) for name in ("removed_at", "forget_requested_at")}
        known = PaymentMethod.objects.filter(user_id=user.pk, forgotten_at=None)
        known.update(**at, brand="", last4="", expires=None)
