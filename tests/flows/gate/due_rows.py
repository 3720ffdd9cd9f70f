"""Instants at which each marker's jobs find work if nothing more is committed: row by row, in Python.

Each table is read whole, and no query of the code takes part.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import Profile
from notifications.models import ChannelStatus, Notification, NotificationPreferences
from payments.models import Dispute, Order, Payment, PaymentMethod, PriceChange, Refund, Renewal, WebhookMessage
from subscriptions.models import AccessAuditRun, Subscription, SubscriptionEvent
from tests.support.ledger_provider import LedgerProvider

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OURS = LedgerProvider.name
PATIENCE, BANK_DAYS, SHOWN = 30 * MINUTE, 14 * DAY, 7 * DAY
"""Times after which, or for which, `docs/explanation/payments.md` wants an operator's attention."""
BEFORE_A_CHARGE = 2 * DAY
"""Whoever is charged is reminded by then at the latest."""


def due(now: datetime) -> dict[str, list[datetime]]:
    """Return the instants by marker: the first, and perhaps later ones. Those that are past are due."""
    return {
        "sweep": [*ends(), *deliveries(now), *payments(now), *attention(now)],
        "remind": [mark for mark in [now, *marks(now)] if is_anybody_reminded(mark)],
        "audit": [next_audit(now)],
        "erase": list(erasures(now)),
    }


def ends() -> Iterator[datetime]:
    """Yield the end of access of each subscription that no sweep has expired."""
    for row in Subscription.objects.all():
        if row.expired_at is None:
            yield end_of_access(row)


def end_of_access(row: Subscription) -> datetime:
    return max(row.end_date, row.grace_until or row.end_date)


def deliveries(now: datetime) -> Iterator[datetime]:
    """Yield now for whatever keeps the outbox awake: an unfinished notification, or a pause."""
    yield from (now for sent in Notification.objects.all() if sent.finished_at is None)
    yield from (now for status in ChannelStatus.objects.all() if status.paused_until is not None)


def payments(now: datetime) -> Iterator[datetime]:
    """Yield the instants at which the job of payments has a row to work on."""
    for message in WebhookMessage.objects.all():
        if message.outcome == "pending" and message.provider == OURS:
            yield message.received_at + pause(message.attempts)
    for refund in Refund.objects.select_related("payment"):
        if refund.finished_at is None and refund.payment.provider == OURS and refund.due_at:
            yield refund.due_at
    for order in Order.objects.all():
        yield from calls(order, now)
    yield from (now for change in PriceChange.objects.all() if change.finished_at is None)
    yield from (now for method in PaymentMethod.objects.all() if is_to_be_forgotten(method))
    yield from openings(now)


def calls(order: Order, now: datetime) -> Iterator[datetime]:
    """Yield the instant at which an order is charged, asked about, closed, or taken from a charger that died."""
    if order.state == "claimed" and order.lease_until:
        yield order.lease_until
    if order.provider not in ("", OURS):
        return
    if order.finished_at is None and order.due_at:
        yield order.due_at
    if order.finished_at is not None and order.close_requested_at:
        yield now


def is_to_be_forgotten(method: PaymentMethod) -> bool:
    return bool(method.forget_requested_at and not method.forgotten_at and method.provider == OURS)


def pause(attempts: int) -> timedelta:
    """Return the time from the receipt to the try after this many: doubled each time, at half a day from ten on."""
    doubled: int = 2 ** min(attempts, 9) - 1
    return doubled * MINUTE + max(attempts - 9, 0) * 12 * HOUR


def openings(now: datetime) -> Iterator[datetime]:
    """Yield a day before the end for each subscription that renews by a charge that no order makes yet."""
    for renewal in Renewal.objects.select_related("subscription__user", "method"):
        row, method = renewal.subscription, renewal.method
        renews = renewal.auto_renew and method and method.removed_at is None and method.provider == OURS
        goes_on = row.status == "active" and row.expired_at is None and row.end_date > now and row.user.is_active
        if renews and goes_on and not any(is_charged(order, row) for order in Order.objects.all()):
            yield row.end_date - DAY


def is_charged(order: Order, row: Subscription) -> bool:
    """Return True for an order of the next period that is charged, or was; one that waits for a visit is adopted."""
    is_next = order.kind == "renewal" and (order.subscription_id, order.period_start) == (row.pk, row.end_date)
    waits = order.state == "open" and order.due_at is None and order.close_requested_at is None
    return is_next and order.state != "void" and not waits


def attention(now: datetime) -> Iterator[datetime]:
    """Yield the instants from which money needs an operator, of whatever provider."""
    for message in WebhookMessage.objects.all():
        if message.outcome == "pending":
            yield message.received_at + PATIENCE
    for refund in Refund.objects.all():
        if refund.finished_at is None:
            yield refund.requested_at + (BANK_DAYS if refund.state == "pending" else PATIENCE)
        elif refund.finished_at >= now - SHOWN and (refund.code == "twice" or is_refused_for_good(refund)):
            yield now
    yield from uncollected()
    yield from customers(now)
    yield from (now for dispute in Dispute.objects.all() if dispute.state == "open")
    yield from (now for payment in Payment.objects.all() if payment.surplus and is_kept(payment))


def uncollected() -> Iterator[datetime]:
    """Yield the instants from which an order's outcome is unknown for long, or its period began without a try."""
    for order in Order.objects.all():
        if order.state == "unknown" and order.unknown_since:
            yield order.unknown_since + PATIENCE
        if order.period_start and is_untried(order):
            yield order.period_start


def is_untried(order: Order) -> bool:
    """Return True for a renewal that is to be charged by an agreement, and of which no try has an outcome."""
    is_planned = order.state == "open" and order.way == "charge" and order.due_at and not order.close_requested_at
    agreed = order.subscription is not None and is_agreed(order.subscription)
    return bool(order.kind == "renewal" and is_planned and agreed and order.user.is_active and not order.tries.count())


def customers(now: datetime) -> Iterator[datetime]:
    """Yield the instants from which an operator must delete the customers of erased users."""
    for method in PaymentMethod.objects.all():
        if method.forget_requested_at and not method.forgotten_at:
            yield method.forget_requested_at + DAY if method.provider == OURS else now


def is_refused_for_good(refund: Refund) -> bool:
    """Return True if no later request gave money of the payment back."""
    done = [each for each in Refund.objects.all() if each.payment_id == refund.payment_id and each.state == "done"]
    last = max((each.finished_at for each in done if each.finished_at), default=None)
    return refund.state == "refused" and not (last and refund.finished_at and last > refund.finished_at)


def is_kept(payment: Payment) -> bool:
    """Return True for a surplus that nobody has settled and of which nothing is gone."""
    return payment.settled is None and not sum(
        each.amount for each in Payment.objects.all() if each.of_id == payment.pk
    )


def erasures(now: datetime) -> Iterator[datetime]:
    """Yield the end of the last live subscription of each user who leaves; now where there is none."""
    for profile in Profile.objects.all():
        if profile.leaving_since and not profile.erased_at:
            owned = Subscription.objects.filter(user=profile.pk)
            live = [end_of_access(row) for row in owned if row.expired_at is None and end_of_access(row) > now]
            yield max(live, default=now)


def next_audit(now: datetime) -> datetime:
    """Return the night after the last audit; now if it left something, a later one did not end, or a group is gone."""
    if not any(group.name == "Subscribers" for group in Group.objects.all()):
        return now
    runs = list(AccessAuditRun.objects.all())
    last = max((run for run in runs if run.finished_at), key=lambda run: run.finished_at or now, default=None)
    if last is None or last.finished_at is None or last.failed or last.held or not last.complete:
        return now
    died = any(run.finished_at is None and run.started_at > last.started_at - 15 * MINUTE for run in runs)
    night = last.finished_at.replace(hour=3, minute=20, second=0, microsecond=0)
    return now if died else night + DAY * (night <= last.finished_at)


def marks(now: datetime) -> list[datetime]:
    """Return the later instants at which a plan reminds its subscribers, whether or not they want it."""
    rows = Subscription.objects.select_related("plan")
    instants = {
        mark for row in rows if row.expired_at is None for day in row.plan.reminder_days for mark in of(row, day)
    }
    return sorted(mark for mark in instants if mark > now)


def of(row: Subscription, day: int) -> Iterator[datetime]:
    """Yield the instant so many days before the end, and for the nearest day that of whoever is charged then."""
    yield row.end_date - day * DAY
    if day == min(row.plan.reminder_days) and is_to_be_charged(row):
        yield row.end_date - BEFORE_A_CHARGE


def is_to_be_charged(row: Subscription) -> bool:
    return row.status == "active" and is_agreed(row)


def is_agreed(row: Subscription) -> bool:
    renewal = Renewal.objects.filter(subscription=row).select_related("method").first()
    if renewal is None or not renewal.auto_renew or renewal.method is None:
        return False
    return renewal.method.removed_at is None and renewal.method.provider == OURS


def is_anybody_reminded(at: datetime) -> bool:
    """Return True if a run at this instant records a reminder."""
    unwanted = {row.user_id for row in NotificationPreferences.objects.all() if not row.reminders}
    for row in Subscription.objects.select_related("plan", "user"):
        goes_on = row.expired_at is None and row.grace_until is None and row.end_date > at
        if goes_on and row.user.is_active and row.user_id not in unwanted and is_reminded(row, at):
            return True
    return False


def is_reminded(row: Subscription, at: datetime) -> bool:
    """Return True if the nearest day that has come is not told yet, and neither is a nearer one."""
    event = begun_by(row)
    if event is None:
        return False
    begun_at = max(event.occurred_at, event.old_end_date or event.occurred_at)
    come = [day for day in row.plan.reminder_days if any(begun_at < mark <= at for mark in of(row, day))]
    told = Notification.objects.filter(event=event, channel="ses").values_list("days_before", flat=True)
    return bool(come) and not any(day is not None and day <= min(come) for day in told)


def begun_by(row: Subscription) -> SubscriptionEvent | None:
    """Return the event that began the present period."""
    events: list[Any] = sorted(SubscriptionEvent.objects.filter(subscription=row), key=lambda event: event.pk)
    begins = [
        event
        for event in events
        if event.transition in ("created", "renewed", "changed")
        and event.old_end_date != event.new_end_date
        and not any(is_taken_back(event, later) for later in events)
    ]
    return begins[-1] if begins else None


def is_taken_back(event: SubscriptionEvent, later: SubscriptionEvent) -> bool:
    """Return True if the later event moved the end back to before the period that the other one began."""
    moved_back = later.transition == "cancelled" and later.old_end_date and later.new_end_date < later.old_end_date
    begin = event.old_end_date
    return bool(moved_back and later.pk > event.pk and begin and later.new_end_date <= begin)
