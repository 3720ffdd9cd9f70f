"""Judge of the campaign, in a process of its own: the provider's ledger against our database.

python -m tests.proofs.payment_chaos.judge; prints each broken promise, and the figures as the last line.
"""

import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:  # models load only once Django is set up
    from payments.models import Payment
    from tests.support.ledger_provider import LedgerProvider

Problems = Iterator[str]


def main(now: str) -> int:
    """Print what is wrong, and the figures; return 1 if anything is wrong."""
    django.setup()
    # Models load only once Django is set up.
    from payments.models import Order, Payment  # noqa: PLC0415
    from tests.support.ledger_provider import LedgerProvider  # noqa: PLC0415

    provider = LedgerProvider(Path(os.environ["LEDGER_PROVIDER_FILE"]))
    charged = Counter(order for order, _reference in provider.successes())
    payments = list(Payment.objects.select_related("order__plan", "event"))
    problems = [
        *(f"order {order} was charged {times} times" for order, times in charged.items() if times > 1),
        *_unmatched(provider, payments),
        *_unequal_sums(provider, payments),
        *_wrong_periods(payments),
        *_wrong_terms(payments),
        *_needless_surplus(payments),
        *_untrue_attempts(provider),
        *_forgotten(),
        *_wrong_access(datetime.fromisoformat(now)),
    ]
    figures = {
        "orders": Order.objects.count(),
        "orders charged": len(charged),
        "charged twice": sum(times > 1 for times in charged.values()),
        "payments": len(payments),
        "surplus": sum(payment.surplus for payment in payments),
    }
    print(*problems, json.dumps(figures), sep="\n")
    return 1 if problems else 0


def _unmatched(provider: "LedgerProvider", payments: list["Payment"]) -> Problems:
    """Yield each success that is not exactly one payment, and each payment without a success."""
    successes = Counter(f"tx_{reference}" for _order, reference in provider.successes())
    recorded = Counter(payment.transaction_id for payment in payments)
    for transaction in successes.keys() | recorded.keys():
        if successes[transaction] != 1 or recorded[transaction] != 1:
            yield f"{transaction}: {successes[transaction]} in the ledger, {recorded[transaction]} payments"


def _unequal_sums(provider: "LedgerProvider", payments: list["Payment"]) -> Problems:
    ours: dict[str, Decimal] = defaultdict(Decimal)
    theirs: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        ours[payment.currency] += payment.amount
    for fact in provider.since(datetime.min.replace(tzinfo=UTC)):
        theirs[fact.currency] += fact.amount or 0
    if ours != theirs:
        yield f"sums differ: {dict(ours)} and {dict(theirs)}"


def _wrong_periods(payments: list["Payment"]) -> Problems:
    """Yield each subscription that was renewed more or less often than it was paid for."""
    from subscriptions.models import SubscriptionEvent  # noqa: PLC0415 - models load late

    bought = Counter(payment.subscription_id or 0 for payment in payments if not payment.surplus)
    events = SubscriptionEvent.objects.filter(transition="renewed").values_list("subscription_id", flat=True)
    renewed: Counter[int] = Counter(events)
    for subscription in bought.keys() | renewed.keys():
        if bought[subscription] != renewed[subscription]:
            yield f"subscription {subscription}: paid {bought[subscription]}, renewed {renewed[subscription]} times"


def _wrong_terms(payments: list["Payment"]) -> Problems:
    """Yield each payment whose period is not the one that was ordered, at its price.

    It begins where the last one ended; recorded after the grace period, when access may have ended, it may begin then.
    """
    for payment in payments:
        order, event = payment.order, payment.event
        if payment.surplus or order is None or order.period_start is None:
            continue
        length, grace = timedelta(days=order.duration_days), timedelta(days=order.plan.grace_days)
        ends = {order.period_start + length}
        if payment.recorded_at >= order.period_start + grace:
            ends.add(payment.recorded_at + length)
        is_ordered = event and event.old_end_date == order.period_start and event.new_end_date in ends
        if not is_ordered or (payment.amount, payment.currency) != (order.amount, order.currency):
            given = (event.old_end_date, event.new_end_date) if event else None
            yield f"order {order.pk}: {payment.amount} {payment.currency} bought {given} instead of {sorted(ends)}"


def _needless_surplus(payments: list["Payment"]) -> Problems:
    """Yield each surplus of an order for which nothing else was paid: its subscription was there to be renewed."""
    used = {payment.order_id for payment in payments if not payment.surplus}
    for payment in payments:
        if payment.surplus and payment.order_id not in used:
            yield f"order {payment.order_id}: {payment.transaction_id} is a surplus, and nothing else was paid"


def _untrue_attempts(provider: "LedgerProvider") -> Problems:
    """Yield each attempt that says of money what the ledger does not."""
    from payments.models import Attempt  # noqa: PLC0415 - models load late

    declined, taken = provider.declines(), {reference for _order, reference in provider.successes()}
    for attempt in Attempt.objects.exclude(outcome="pending"):
        if attempt.reference not in (taken if attempt.outcome == "succeeded" else declined):
            yield f"order {attempt.order_id}: attempt {attempt.number} says {attempt.outcome}; the ledger does not"


def _forgotten() -> Problems:
    """Yield each order of which nobody has found out what became of its money."""
    from payments.models import Order  # noqa: PLC0415 - models load late

    for order in Order.objects.unfinished().filter(state__in=["claimed", "unknown", "pending"]):
        yield f"order {order.pk} was left {order.state}"


def _wrong_access(now: datetime) -> Problems:
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - models load late

    from subscriptions.models import Subscription  # noqa: PLC0415

    live = set(Subscription.objects.live(now).values_list("user_id", flat=True))
    members = set(get_user_model()._base_manager.filter(groups__name="Subscribers").values_list("pk", flat=True))
    if live != members:
        yield f"{len(live - members)} live without access, {len(members - live)} with access and not live"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
