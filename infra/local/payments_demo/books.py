"""Sums of our books and of the provider's ledger, and what has come to both."""

from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any, Self

from django.db.models import Sum

from payments.models import Order, OrderState, Payment, WebhookMessage
from payments.providers.stripe.adapter import NAME
from subscriptions.models import Transition

CENTS = 100


@dataclass(frozen=True)
class Books:
    """Sums of one side's books."""

    orders_paid: int
    payments: int
    periods_renewed: int
    declined: int
    refunded: int
    cents: int
    """All that moved, in EUR."""

    @classmethod
    def ours(cls) -> Self:
        """Read our database."""
        rows = Payment.objects.filter(provider=NAME)
        payments = rows.filter(kind=Payment.Kind.PAYMENT)
        moved = rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        return cls(
            orders_paid=Order.objects.filter(state=OrderState.PAID, provider=NAME).count(),
            payments=payments.count(),
            periods_renewed=payments.filter(event__transition=Transition.RENEWED).count(),
            declined=WebhookMessage.objects.filter(type="payment_intent.payment_failed").count(),
            refunded=rows.filter(kind=Payment.Kind.REFUND).count(),
            cents=int(moved * CENTS),
        )

    @classmethod
    def of_ledger(cls, ledger: Any) -> Self:
        """Read the report of the provider's ledger."""
        kinds = [movement["kind"] for movement in ledger["movements"]]
        renewals = Order.objects.filter(kind=Order.Kind.RENEWAL, pk__in=[int(order) for order in ledger["orders"]])
        return cls(
            orders_paid=len(ledger["orders"]),
            payments=kinds.count("success"),
            periods_renewed=renewals.count(),
            declined=len(ledger["declined"]),
            refunded=kinds.count("refund"),
            cents=ledger["sums"].get("eur", {}).get("total", 0),
        )

    def since(self, before: Self) -> Self:
        """Return the difference."""
        return type(self)(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))


def paid_once(orders: list[Order], ledger: Any) -> int:
    """Return the number of orders with exactly one success in the ledger, which is our only payment for it."""
    return sum(ledger["orders"].get(str(order.pk)) == _transactions(order) for order in orders)


def _transactions(order: Order) -> list[str]:
    """Return the only transaction of the order; [] if it has none or several."""
    found = list(order.payments.filter(kind=Payment.Kind.PAYMENT).values_list("transaction_id", flat=True))
    return found if len(found) == 1 else []
