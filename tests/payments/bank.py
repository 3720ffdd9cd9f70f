"""A provider with a ledger of its own, in memory: keys, refunds, and answers that get lost on demand."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from payments.models import Payment
from payments.providers.interface import Fact, FactKind, Outcome, OutcomeKind
from tests.support.factories import NOW

NAME = "bank"


class Bank:
    """Bank that executes each key once, and says what it is told to say."""

    name = NAME
    charges_itself = True

    def __init__(self) -> None:
        self.refunds: dict[str, tuple[str, Decimal]] = {}
        self.calls = 0
        self.losing: list[OutcomeKind] = []
        """Outcomes that the next calls get instead of the true one. The effect happens but for NOTHING_HAPPENED."""
        self.refusing = ""
        self.code = ""
        """Reason that a lost answer names."""
        self.listed: list[Fact] = []

    def refund(self, payment: Payment, amount: Decimal, key: str) -> Outcome:
        """Give back, once for each key."""
        assert not transaction.get_connection().in_atomic_block or _in_a_test_case(), "a call inside a transaction"
        self.calls += 1
        lost = self.losing.pop(0) if self.losing else None
        if lost is OutcomeKind.NOTHING_HAPPENED:
            return Outcome(lost, code=self.code)
        if self.refusing:
            return Outcome(OutcomeKind.DECLINED, code=self.refusing)
        if key not in self.refunds:
            self.refunds[key] = (payment.transaction_id, amount)
        if lost:
            return Outcome(lost)
        number = list(self.refunds).index(key)
        return Outcome(
            OutcomeKind.SUCCEEDED,
            transaction_id=f"re-{number}",
            amount=amount,
            currency=payment.currency,
            paid_at=NOW,
        )

    def since(self, instant: datetime) -> Iterable[Fact]:
        """Yield what the test has put into the list."""
        return [fact for fact in self.listed if fact.made_at >= instant]

    def forget(self, customer: str) -> None:
        """Know nobody."""

    def facts(self, message: Any) -> tuple[Fact, ...]:
        """Tell nothing."""
        return ()


def _in_a_test_case() -> bool:
    """Return True inside pytest-django's own transaction, which is the only one."""
    return len(transaction.get_connection().savepoint_ids) == 0


def paid(order_id: int | None, transaction_id: str = "pi_1", amount: str = "9.90", at: datetime = NOW) -> Fact:
    """Return the fact that an order is paid."""
    return Fact(
        FactKind.SUCCEEDED, at, order_id=order_id, transaction_id=transaction_id, amount=Decimal(amount), currency="EUR"
    )
