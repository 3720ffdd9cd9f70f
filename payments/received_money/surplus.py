"""Surplus: money that no order waits for, until it is refunded or settled otherwise."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from payments.errors import NothingToSettle
from payments.models import Payment, SurplusSettlement


def is_waiting(payment: Payment) -> bool:
    """Return True for a surplus that is not settled, of which nothing has gone back, or is asked to."""
    is_going_back = payment.refunds.filter(finished_at__isnull=True).exists()
    return not is_going_back and Payment.objects.kept_surplus().filter(pk=payment.pk).exists()


def settle_surplus(
    payment: Payment, reason: str, *, now: datetime, actor: AbstractBaseUser | None
) -> SurplusSettlement:
    """Record that the surplus is dealt with otherwise than by a refund, once. Raises NothingToSettle."""
    with transaction.atomic():
        locked = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)  # a refund locks it, too
        if not is_waiting(locked):
            raise NothingToSettle(f"{locked} is no surplus, or nothing of it waits for a decision")
        return SurplusSettlement.objects.create(
            payment=locked, reason=reason, settled_by_id=actor.pk if actor else None, settled_at=now
        )
