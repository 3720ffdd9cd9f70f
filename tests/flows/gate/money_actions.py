"""Actions on money: of subscribers, of staff in the admin, and of a provider that tells something, and raw ORM."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from foundation import clock
from payments.models import Dispute, Order, OrderState, Payment, PaymentMethod, Refund, Renewal, WebhookMessage
from payments.orders.opening import open_renewal, withdraw
from payments.plan_changes.change_orders import change_now
from payments.providers.interface import Fact, FactKind
from payments.received_money.recording import MoneyReceived, record_payment
from payments.received_money.surplus import settle_surplus
from payments.refunds.requests import refundable, request_refund
from payments.refunds.returned_money import record_dispute, record_failed_refund, record_refund
from payments.renewal.price_changes import decide_price, notice
from subscriptions.models import Plan, Subscription
from subscriptions.terms import UNSEEN
from tests.flows.gate.actions import NUMBER, Action, live, nth
from tests.payments.charging.renewal_orders import agree, make_method
from tests.payments.opened_orders import first_order
from tests.support.ledger_provider import LedgerProvider

MINUTE = timedelta(minutes=1)
OURS = LedgerProvider.name
TOKENS = ["ok", "declined", "second", "lost", "authentication", "sepa"]


def some_minutes(later: timedelta) -> timedelta:
    """Return up to 44 minutes: half an hour is the patience with what is unknown."""
    return later.days % 45 * MINUTE


def unfinished(number: int) -> Any:
    return nth(Order.objects.filter(finished_at=None), number)


def paid(number: int) -> Any:
    return nth(Payment.objects.filter(kind="payment"), number)


def order_first(number: int, later: timedelta) -> None:
    first_order(nth(Plan.objects, number), clock.now())


def order_renewal(number: int, later: timedelta) -> None:
    open_renewal(live(number), clock.now(), UNSEEN)


def order_change(number: int, later: timedelta) -> None:
    change_now(live(number), nth(Plan.objects, later.days), clock.now(), UNSEEN)


def withdraw_order(number: int, later: timedelta) -> None:
    withdraw(nth(Order.objects, number), clock.now())


def buy(number: int, later: timedelta) -> None:
    record(first_order(nth(Plan.objects, number), clock.now()), OURS)


def record_transfer(number: int, later: timedelta) -> None:
    """Record a transfer, which is a surplus for an order that is finished."""
    record(nth(Order.objects, number), "manual")


def record(order: Order, provider: str) -> None:
    money = MoneyReceived(provider, f"money-{next(NUMBER)}", order.amount, order.currency, clock.now())
    record_payment(order, money, now=clock.now())


def settle(number: int, later: timedelta) -> None:
    settle_surplus(nth(Payment.objects.filter(surplus=True), number), "gave days", now=clock.now(), actor=None)


def ask_for_refund(number: int, later: timedelta) -> None:
    payment = paid(number)
    amount = min(refundable(payment), Decimal(1)) if later.days % 2 else refundable(payment)
    request_refund(payment, amount, "they asked", ends_now=bool(number % 2), now=clock.now(), actor=None)


def answer_refund(number: int, later: timedelta) -> None:
    """Let the provider's answer be that it is on its way, or unknown; it was asked for some time ago."""
    refund = nth(Refund.objects.filter(finished_at=None), number)
    state = Refund.State.PENDING if number % 2 else Refund.State.UNKNOWN
    asked_at = clock.now() - some_minutes(later)
    Refund.objects.filter(pk=refund.pk).update(state=state, due_at=clock.now() + later, requested_at=asked_at)


def refund_arrives_or_fails(number: int, later: timedelta) -> None:
    refund = nth(Refund.objects.filter(payment__provider=OURS), number)
    told = record_failed_refund if later.days % 3 == 0 else record_refund
    told(OURS, fact(FactKind.REFUNDED, refund.payment, refund.amount, str(refund.key)), clock.now())


def dispute(number: int, later: timedelta) -> None:
    """Let a payment be disputed, or a dispute be won or lost, before or after its beginning is told."""
    payment = nth(Payment.objects.filter(kind="payment", provider=OURS), number)
    kinds = [FactKind.DISPUTED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST, FactKind.DISPUTE_WON]
    record_dispute(OURS, fact(kinds[later.days % 4], payment, payment.amount), clock.now())


def win_disputes(number: int, later: timedelta) -> None:
    Dispute.objects.filter(state=Dispute.State.OPEN).update(state=Dispute.State.WON)


def fact(kind: FactKind, payment: Payment, amount: Decimal, reference: str = "") -> Fact:
    return Fact(
        kind,
        clock.now(),
        reference=reference,
        transaction_id=f"{'refund' if reference else 'dispute'}-{reference or payment.pk}",
        of=payment.transaction_id,
        amount=amount,
        currency=payment.currency,
    )


def change_price(number: int, later: timedelta) -> None:
    plan = nth(Plan.objects, number)
    Plan.objects.filter(pk=plan.pk).update(price=plan.price + 1)
    decide_price(plan, clock.now() + notice() + later, "costs more", now=clock.now(), actor=None)


def agree_to_renew(number: int, later: timedelta) -> None:
    subscription = nth(Subscription.objects.filter(renewal=None), number)
    agree(subscription, make_method(subscription.user, TOKENS[later.days % len(TOKENS)]))


def turn_renewal_off_or_on(number: int, later: timedelta) -> None:
    Renewal.objects.filter(pk=nth(Renewal.objects, number).pk).update(auto_renew=bool(later.days % 2))


def remove_or_keep_method(number: int, later: timedelta) -> None:
    removed_at = clock.now() if later.days % 2 else None
    PaymentMethod.objects.filter(pk=nth(PaymentMethod.objects, number).pk).update(removed_at=removed_at)


def plan_a_charge(number: int, later: timedelta) -> None:
    Order.objects.filter(pk=unfinished(number).pk).update(due_at=clock.now() + later)


def lose_answer(number: int, later: timedelta) -> None:
    """Leave an order as a charger does that gets no answer."""
    since = clock.now() - some_minutes(later)
    due_at = clock.now() + later
    Order.objects.filter(pk=unfinished(number).pk).update(
        state=OrderState.UNKNOWN, unknown_since=since, due_at=due_at, provider=OURS
    )


def die_while_charging(number: int, later: timedelta) -> None:
    """Leave an order as a charger does that dies, with a lease that is over."""
    order = unfinished(number)
    lease = {"lease_token": uuid.uuid4(), "lease_until": clock.now() - timedelta(days=365)}
    Order.objects.filter(pk=order.pk).update(state=OrderState.CLAIMED, due_at=clock.now(), **lease)


def ask_to_close(number: int, later: timedelta) -> None:
    """Ask the charger to close a finished order at the provider, where nothing is known of it."""
    order = nth(Order.objects.exclude(finished_at=None), number)
    Order.objects.filter(pk=order.pk).update(close_requested_at=clock.now())


def receive_a_message(number: int, later: timedelta) -> None:
    WebhookMessage.objects.create(
        provider=OURS if later.days % 4 else "another",
        message_id=f"message-{next(NUMBER)}",
        type="x",
        made_at=clock.now(),
        received_at=clock.now() - some_minutes(later),
        body={},
        attempts=3 * number,
    )


def understand_messages(number: int, later: timedelta) -> None:
    WebhookMessage.objects.update(outcome=WebhookMessage.Outcome.APPLIED)


MONEY_ACTIONS: list[Action] = [
    order_first, order_renewal, order_change, withdraw_order, buy, buy, record_transfer, settle, ask_for_refund,
    answer_refund, refund_arrives_or_fails, dispute, win_disputes, change_price, agree_to_renew, agree_to_renew,
    turn_renewal_off_or_on, remove_or_keep_method, plan_a_charge, lose_answer, die_while_charging, ask_to_close,
    receive_a_message, understand_messages,
]  # fmt: skip
