"""Outcomes of calls, written under the lease. Money that moved is recorded whoever holds the lease."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from payments.announcements import announce_failed
from payments.charging.claims import Claim
from payments.charging.first_calls import is_near
from payments.charging.tries import next_after, next_chance
from payments.isolation import apart
from payments.models import Attempt, Order, OrderState, Payment, Renewal
from payments.orders import fence
from payments.orders.grace import end_extension, grace_until, take_back
from payments.orders.opening import finish, lock, void
from payments.providers.interface import Outcome, OutcomeKind
from payments.received_money.settling import settle
from subscriptions.locks import lock_owner

CALL_AGAIN = timedelta(minutes=5)
"""Until an order is claimed again whose call had no effect, so that a provider's outage is not made worse."""

ASK_AGAIN = timedelta(minutes=1)
"""Until a provider is asked again what became of a call without an answer."""

LONGEST_CODE = 100

MONEY = (OutcomeKind.SUCCEEDED, OutcomeKind.PENDING)
FOR_THE_SUBSCRIBER = (OutcomeKind.REQUIRES_ACTION, OutcomeKind.DECLINED_FOR_GOOD)
"""Outcomes that no further try of the same method changes."""


@dataclass(frozen=True)
class Recorder:
    """Recorder of the outcomes of one claim, at `now`."""

    claim: Claim
    now: datetime
    kinds: Counter[OutcomeKind]
    """Counts the outcomes of the run."""

    @contextmanager
    def apart(self, order: Order) -> Iterator[None]:
        """Keep an error of this order from all others; the provider is then asked about it again."""
        with apart(order=order.pk) as failures:
            yield
        if failures:
            self.unknown(order)

    def attempts(self, outcomes: Mapping[Order, Outcome]) -> None:
        """Write the attempts by which money moved, in one statement and before it is recorded."""
        moved = [self._attempt(order, outcome) for order, outcome in outcomes.items() if outcome.kind in MONEY]
        _write(attempt for attempt in moved if attempt.number)

    def money(self, order: Order, outcome: Outcome) -> None:
        """Record money that has moved, or is on its way."""
        self.kinds[outcome.kind] += 1
        with transaction.atomic():
            payment = settle(order, outcome, self.now)
            if payment and payment.surplus:
                self._surplus(order, payment)

    def failed(self, order: Order, outcome: Outcome, *, is_news: bool = True) -> None:
        """Record that nothing was taken, plan the next try, and tell the subscriber, once for each try.

        Where no try follows, or none can succeed, the order waits for the subscriber until access ends, and is then
        given up.
        """
        self.kinds[outcome.kind] += 1
        with transaction.atomic():
            renews = self._renews(order)
            if order.state != OrderState.OPEN:  # else no money was on its way
                end_extension(order, self.now)
            due_at = self._next_try(order, outcome) if renews else None
            if self._give_back(order, due_at) and is_news:
                if order.attempts:
                    self._write_failure(order, outcome)
                announce_failed(order, outcome.code[:LONGEST_CODE], due_at, self.now)
            if not renews and order.subscription_id:
                take_back(order.subscription_id)

    def unknown(self, order: Order) -> None:
        """Record that a call may have had its effect, so that the provider is asked before anything else."""
        self.kinds[OutcomeKind.UNKNOWN] += 1
        self.claim.release(order, OrderState.UNKNOWN, self.now + ASK_AGAIN)

    def nothing_happened(self, order: Order) -> None:
        """Give back an order whose charge was not tried."""
        self.kinds[OutcomeKind.NOTHING_HAPPENED] += 1
        self.claim.release(order, OrderState.OPEN, self.now + CALL_AGAIN)

    def closed(self, order: Order) -> None:
        """Drop a charge that the provider cancelled by itself, so that the next claim prepares another."""
        fence.take_way(order, order.way, order.provider)
        self.claim.release(order, OrderState.OPEN, self.now)

    def unchanged(self, order: Order) -> None:
        """Give the order back as it was claimed, for another look."""
        self.claim.release(order, OrderState(order.state), self.now + CALL_AGAIN)

    def left_to_the_page(self, order: Order, until: datetime) -> None:
        """Give back an order that its subscriber is about to pay, or has taken from the charger.

        One that only they can pay waits for them, however long they are there. One that is to be closed stays due.
        """
        if order.close_requested_at:
            self.unchanged(order)
        elif order.state == OrderState.NEEDS_SUBSCRIBER:
            self.claim.release(order, OrderState.NEEDS_SUBSCRIBER, None)
        else:
            self.claim.release(order, OrderState.OPEN, until)

    def rests(self, order: Order, *, waits_for_user: bool = False) -> None:
        """Give back an order that only its subscriber can pay, or that is not to be charged yet.

        One that waits for its deactivated user has another chance. One that waited for money is one of the page, whose
        debit did not arrive: that is told, once.
        """
        is_collected = order.kind == Order.Kind.RENEWAL and is_near(order, self.now)
        with transaction.atomic():
            renews = self._renews(order)
            if order.state == OrderState.PENDING:
                end_extension(order, self.now)
            until = next_chance(order, grace_until(order), self.now) if waits_for_user else None
            state = OrderState.NEEDS_SUBSCRIBER if is_collected and until is None else OrderState.OPEN
            if self._rested(order, state, until) and order.state == OrderState.PENDING:
                announce_failed(order, "", until, self.now)
            if is_collected and not renews and order.subscription_id:
                take_back(order.subscription_id)

    def void(self, order: Order) -> None:
        """Make an order void that was to be closed, and of which nothing is open any more."""
        with transaction.atomic():
            void(order, self.now)
            Order.objects.filter(pk=order.pk).update(close_requested_at=None)
            _take_grace_back(order)

    def _surplus(self, order: Order, payment: Payment) -> None:
        """Make an order void for which no period can be given: its reference has taken its one success.

        One whose money is of another amount, and that was not to be closed, waits for an operator.
        """
        lock(order)
        is_in_full = (payment.amount, payment.currency) == (order.amount, order.currency)
        if order.is_open and (order.close_requested_at or is_in_full):
            finish(order, OrderState.VOID, self.now)
            _take_grace_back(order)
        else:
            self.claim.release(order, OrderState.NEEDS_SUBSCRIBER, None)

    def _renews(self, order: Order) -> bool:
        """Lock the owner, and return True if the order's subscription renews by itself."""
        lock_owner(order.user_id)
        return Renewal.objects.filter(subscription=order.subscription_id, auto_renew=True).exists()

    def _give_back(self, order: Order, due_at: datetime | None) -> bool:
        if due_at is None and order.subscription is not None and order.subscription.expired_at is not None:
            return self.claim.give_up(order, self.now)
        return self.claim.release(order, OrderState.OPEN if due_at else OrderState.NEEDS_SUBSCRIBER, due_at)

    def _rested(self, order: Order, state: OrderState, until: datetime | None) -> bool:
        """Give the order back, or give it up if it was to change a plan whose time is over."""
        over = order.subscription is not None and order.subscription.expired_at is not None
        if order.kind == Order.Kind.CHANGE and over:
            return self.claim.give_up(order, self.now)
        return self.claim.release(order, state, until)

    def _write_failure(self, order: Order, outcome: Outcome) -> None:
        """Write the failed attempt; under a number of its own after money was on its way under the present one."""
        if Attempt.objects.filter(order=order, number=order.attempts).exists():
            order.attempts += 1
            Order.objects.filter(pk=order.pk).update(attempts=order.attempts)
        _write([self._attempt(order, outcome)])

    def _next_try(self, order: Order, outcome: Outcome) -> datetime | None:
        if outcome.kind in FOR_THE_SUBSCRIBER:
            return None
        return next_after(order, grace_until(order), self.now)

    def _attempt(self, order: Order, outcome: Outcome) -> Attempt:
        return Attempt(
            order=order,
            number=order.attempts,
            way=order.way,
            reference=order.reference,
            begun_at=order.submitted_at or self.now,
            ended_at=self.now,
            outcome=outcome.kind,
            code=outcome.code[:LONGEST_CODE],
        )


def _take_grace_back(order: Order) -> None:
    if order.kind == Order.Kind.RENEWAL and order.subscription_id:
        take_back(order.subscription_id)


def _write(attempts: Iterable[Attempt]) -> None:
    """Write each attempt once: a charger that asks later may tell what another was not told."""
    Attempt.objects.bulk_create(attempts, ignore_conflicts=True)
