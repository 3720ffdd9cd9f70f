"""Unused paid value of a subscription: what a change of plan credits."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from payments.models import Payment, Refund
from payments.orders.opening import purchase_of
from payments.plan_changes import proration
from payments.plan_changes.proration import PaidPeriod
from subscriptions.calendar_months import anchor_of
from subscriptions.errors import CurrencyDiffers
from subscriptions.models import BEGINS_A_PERIOD, Subscription, SubscriptionEvent, Transition


def unused_value(subscription: Subscription, at: datetime, currency: str) -> Decimal:
    """Return what was paid and is not used at an instant, in whole minor units of the currency.

    What went back, or was asked to, is deducted. Time that nobody paid for has no value. Raises CurrencyDiffers.
    """
    running = [event for event in _events(subscription, at) if event.new_end_date > at]
    periods = [(event, _period(event, subscription)) for event in running]
    if foreign := {event.currency for event, period in periods if period.value} - {currency}:
        raise CurrencyDiffers(
            f"{subscription} was paid in {', '.join(sorted(foreign))} and not in {currency}; "
            "change the plan at the end of the period"
        )
    return proration.credit((period for _event, period in periods), at, currency)


def _events(subscription: Subscription, at: datetime) -> list[SubscriptionEvent]:
    """Return the events that had begun periods at an instant, since the latest one that replaced or ended others.

    What was taken back since counts for nothing, as what went back since does.
    """
    events = subscription.events.filter(occurred_at__lte=at).order_by("pk")
    ended = Q(transition=Transition.EXPIRED)
    replaced = Q(transition=Transition.CHANGED) & BEGINS_A_PERIOD
    last = events.filter(ended | replaced).last()
    since = events.filter(pk__gte=last.pk) if last else events
    return list(since.periods().select_related("payment__order", "plan").order_by("pk"))


def _period(event: SubscriptionEvent, subscription: Subscription) -> PaidPeriod:
    payment: Payment | None = getattr(event, "payment", None)
    if event.transition == Transition.CHANGED:
        begin = event.old_end_date or event.occurred_at
        earlier = Payment.objects.filter(subscription=subscription, event__lt=event)
        returned = returned_of(earlier, begin) + (returned_of(Payment.objects.filter(event=event)))
        return PaidPeriod(begin, event.new_end_date, event.price, returned)
    if payment is None:
        return PaidPeriod(event.occurred_at, event.new_end_date, Decimal(0))
    returned = returned_of(Payment.objects.filter(pk=payment.pk))
    return PaidPeriod(begin_of(event, payment, subscription), event.new_end_date, payment.amount, returned)


def begin_of(event: SubscriptionEvent, payment: Payment, subscription: Subscription) -> datetime:
    """Return the begin of a period that was paid: at the old end, even if it was paid late, or when it was given."""
    old_end = event.old_end_date
    if old_end is None or payment.order is None:
        return event.occurred_at
    if old_end >= event.occurred_at:
        return old_end
    sold = purchase_of(payment.order).applied_to(event.plan)
    is_late = sold.end_after(old_end, anchor_of(old_end, subscription.anchor_day)) == event.new_end_date
    return old_end if is_late else event.occurred_at


def returned_of(payments: QuerySet[Payment], since: datetime | None = None) -> Decimal:
    """Return what went back of the payments, and what was asked to go back and has not gone yet.

    Since an instant, it is less what was deducted then already: a request that was open. One that fails afterwards is
    still owed as money, and never becomes value again.
    """
    back = Payment.objects.filter(of__in=payments)
    asked = Refund.objects.filter(payment__in=payments, finished_at__isnull=True)
    if since is None:
        return _sum(asked) - _sum(back)
    later = _by_payment(asked.filter(requested_at__gt=since), "payment")
    gone = _by_payment(back.filter(recorded_at__gt=since), "of")
    deducted = _by_payment(_finished_since(payments, since), "payment")
    returned = (later[key] - gone[key] - deducted[key] for key in later.keys() | gone.keys())
    return sum((amount for amount in returned if amount > 0), Decimal(0))


def _finished_since(payments: QuerySet[Payment], since: datetime) -> QuerySet[Refund]:
    """Return the requests that were open at an instant, and are finished by now."""
    same = {"of": OuterRef("payment"), "transaction_id": OuterRef("transaction_id")}
    recorded = Payment.objects.filter(recorded_at__lte=since, **same)  # which may have failed since
    untold = Q(state=Refund.State.REFUSED, attempts=0)  # a refund of the dashboard, of which only its failure was told
    finished = Refund.objects.filter(payment__in=payments, requested_at__lte=since, finished_at__gt=since)
    return finished.exclude(untold).exclude(Exists(recorded))


def _by_payment(amounts: QuerySet[Payment] | QuerySet[Refund], key: str) -> defaultdict[int, Decimal]:
    return defaultdict(Decimal, amounts.order_by().values_list(key).annotate(sum=Sum("amount")))


def _sum(amounts: QuerySet[Payment] | QuerySet[Refund]) -> Decimal:
    return amounts.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
