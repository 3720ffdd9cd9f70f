"""Orders and payments in the export and the erasure of a user's data."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from foundation.personal_data import Erasure, Exported, PersonalData
from payments.models import Order, Payment
from payments.orders import void


class Payments(PersonalData):
    """Amounts, dates and transactions stay, as bookkeeping asks for. They name nobody once the user's row does not."""

    def export(self, user: AbstractBaseUser) -> Exported:
        """Return orders and payments, oldest first."""
        orders = Order.objects.filter(user_id=user.pk).select_related("plan").order_by("pk")
        payments = Payment.objects.filter(order__user=user.pk).order_by("pk")
        return {"orders": [_order(order) for order in orders], "payments": [_payment(each) for each in payments]}

    def erase(self, erasure: Erasure) -> None:
        """Make open orders void."""
        _void_open(erasure.user, erasure.now)

    def leave(self, user: AbstractBaseUser, now: datetime) -> None:
        """Make open orders void, so that nothing begins or goes on."""
        _void_open(user, now)


def _void_open(user: AbstractBaseUser, now: datetime) -> None:
    for order in Order.objects.filter(user_id=user.pk, state=Order.State.OPEN):
        void(order, now)


def _order(order: Order) -> Exported:
    return {
        "id": order.pk,
        "kind": order.kind,
        "state": order.state,
        "plan": order.plan.name,
        "amount": order.amount,
        "currency": order.currency,
        "opened_at": order.opened_at,
        "finished_at": order.finished_at,
    }


def _payment(payment: Payment) -> Exported:
    return {
        "id": payment.pk,
        "order": payment.order_id,
        "provider": payment.provider,
        "transaction_id": payment.transaction_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "paid_at": payment.paid_at,
        "surplus": payment.surplus,
    }


PARTS = (Payments(),)
