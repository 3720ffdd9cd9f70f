"""Stripe as a provider, watched: what happens beside its calls, and whether a transaction is open."""

from typing import Any

from django.db import connection

from payments.models import Order
from payments.providers.interface import Page
from payments.providers.stripe.adapter import StripeProvider


class InBetween(StripeProvider):
    """Stripe, and something that happens while it makes a page."""

    def __init__(self, happens: Any) -> None:
        self.happens = happens

    def begin(self, order: Order, return_url: str, cancel_url: str) -> Page:
        page = super().begin(order, return_url, cancel_url)
        self.happens()
        return page


class OutsideTransactions(StripeProvider):
    """Stripe, whose calls fail where a transaction is open."""

    calls = 0

    def __getattribute__(self, name: str) -> Any:
        if name in {"begin", "ask", "close"}:
            assert not connection.in_atomic_block
            OutsideTransactions.calls += 1
        return super().__getattribute__(name)
