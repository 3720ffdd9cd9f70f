"""Round of payments: subscribers act on the pages, a job charges and refunds, and both books are compared."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.expected_results import Comparison
from infra.local.payment_provider import PaymentProvider
from infra.local.payments_demo.books import Books, paid_once
from infra.local.payments_demo.history import begin_period_that_ends, create_subscribers
from infra.local.payments_demo.subscriber import PayingSubscriber
from payments.models import Order, OrderState
from subscriptions.models import Plan

NEW = ["mary", "dorothy"]
RENEWING = ["evelyn", "joyce", "karen"]

GOOD_CARD, SECOND_GOOD_CARD = "pm_card_visa", "pm_card_mastercard"
DECLINED_LATER = "pm_card_chargeCustomerFail"

FIRST_REPETITION_SECONDS = 6
"""Time after which the provider has sent a message again that was lost."""

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class PaymentRound:
    """Round of payments on the site at this address. `process_payments` runs that job once."""

    provider: PaymentProvider
    site_url: str
    process_payments: Callable[[], object]

    def run(self, now: datetime, *, is_first: bool) -> list[Comparison]:
        """Let the subscribers act if it is the first round of this data, run the job, and compare."""
        ours, ledger = Books.ours(), Books.of_ledger(self._ledger())
        lost = self._act(now) if is_first else []
        self.process_payments()
        self._wait_for(lambda: Books.ours().since(ours) == Books.of_ledger(self._ledger()).since(ledger))
        report = self._ledger()
        return [
            *_comparisons(Books.ours().since(ours), Books.of_ledger(report).since(ledger)),
            Comparison("answer lost and paid once", len(lost), paid_once(lost, report)),
            Comparison("charged twice", 0, len(report["charged_twice"])),
        ]

    def _act(self, now: datetime) -> list[Order]:
        """Let everybody act. Return the orders whose answer was lost."""
        users = create_subscribers(NEW + RENEWING)
        subscribers = [PayingSubscriber(user, self.site_url) for user in users]
        for subscriber in subscribers:
            subscriber.sign_in()
        mary, dorothy, *renewing = subscribers
        monthly = Plan.objects.get(name="Monthly")
        mary.withdraw(mary.pay_after_a_decline(monthly))
        return [self._lose(dorothy, monthly), self._renew(renewing, now)]

    def _lose(self, subscriber: PayingSubscriber, plan: Plan) -> Order:
        """Pay without an answer, and wait until the provider has repeated its message. Return the order."""
        order = subscriber.pay_without_an_answer(plan)
        self.provider.control("clock", advance=FIRST_REPETITION_SECONDS)
        self._wait_for(lambda: Order.objects.filter(pk=order.pk, state=OrderState.PAID).exists())
        return order

    def _renew(self, subscribers: list[PayingSubscriber], now: datetime) -> Order:
        """Renew three periods: one charge succeeds, the answer to one is lost, and one is declined.

        Return the order of the lost answer. A card that is replaced is charged at once.
        """
        weekly = Plan.objects.get(name="Weekly")
        for subscriber in subscribers:
            begin_period_that_ends(subscriber.user, weekly, now)
            subscriber.save_card(GOOD_CARD)
        self.process_payments()
        evelyn, joyce, karen = subscribers
        self.provider.control("faults", plan="lost_after", of="/confirm")
        joyce.save_card(SECOND_GOOD_CARD)
        self.process_payments()
        evelyn.save_card(SECOND_GOOD_CARD)
        karen.save_card(DECLINED_LATER)
        return Order.objects.get(user=joyce.user.pk, kind=Order.Kind.RENEWAL)

    def _ledger(self) -> Any:
        return self.provider.control("ledger")

    @staticmethod
    def _wait_for(agree: Callable[[], bool]) -> None:
        """Wait for messages on their way. The comparison says what has not come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not agree() and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)


def _comparisons(ours: Books, ledger: Books) -> list[Comparison]:
    return [
        Comparison("orders paid", ours.orders_paid, ledger.orders_paid),
        Comparison("payments", ours.payments, ledger.payments),
        Comparison("periods renewed", ours.periods_renewed, ledger.periods_renewed),
        Comparison("declined", ours.declined, ledger.declined),
        Comparison("refunded", ours.refunded, ledger.refunded),
        Comparison("cents that moved", ours.cents, ledger.cents),
    ]
