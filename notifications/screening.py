"""What is not to be sent although it is due, and why; asked when it is claimed, for all of a claim at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from foundation.email_addresses import address_of, normalised
from notifications import preferences, suppression
from notifications.models import REMINDER, Notification
from notifications.outcomes import Outcome, Verdict

SubscriptionEvent = Notification._meta.get_field("event").related_model

OVERTAKEN_BY: Mapping[str, Set[str]] = {
    "cancelled": {"renewed", "reactivated", "expired"},
    "reactivated": {"cancelled", "expired"},
    "expired": {"renewed"},
    REMINDER: {"renewed", "expired"},
}
"""Which later transition makes a mail untrue. A purchase stays one: `created` and `renewed` are receipts.

`cancelled` and `reactivated` leave the end where it is; a reminder is worded when it is rendered.
"""


def withheld(notifications: Sequence[Notification], now: datetime) -> dict[int, Outcome]:
    """Why some of these mails are not to be sent at `now`, by primary key. At most three queries for all."""
    found = _suppressed(notifications) | _unwanted(notifications)
    return found | _too_late(notifications, now) | _overtaken(notifications)


def _suppressed(notifications: Sequence[Notification]) -> dict[int, Outcome]:
    users = {row.pk: row.event.subscription.user for row in notifications}
    recipients = {key: normalised(address_of(user)) for key, user in users.items()}
    found = suppression.reasons(set(recipients.values()))
    return {
        row.pk: Outcome(Verdict.UNDELIVERABLE, error=f"address suppressed: {reason}")
        for row in notifications
        if (reason := suppression.stopping(row.kind, found.get(recipients[row.pk], frozenset())))
    }


def _unwanted(notifications: Sequence[Notification]) -> dict[int, Outcome]:
    """Reminders of those who have turned them off since they were recorded."""
    reminders = [row for row in notifications if row.kind == REMINDER]
    if not reminders:
        return {}
    refusing = preferences.without_reminders({row.event.subscription.user_id for row in reminders})
    unwanted = Outcome(Verdict.UNDELIVERABLE, error="reminders are turned off")
    return {row.pk: unwanted for row in reminders if row.event.subscription.user_id in refusing}


def _too_late(notifications: Sequence[Notification], now: datetime) -> dict[int, Outcome]:
    """Reminders of an end that has come, though no sweep may have seen it yet."""
    late = Outcome(Verdict.OBSOLETE, error="the end has come")
    return {row.pk: late for row in notifications if row.kind == REMINDER and row.event.new_end_date <= now}


def _overtaken(notifications: Sequence[Notification]) -> dict[int, Outcome]:
    later = _transitions_by_subscription(notifications)
    return {
        row.pk: Outcome(Verdict.OBSOLETE, error=f"overtaken: {overtaken_by}")
        for row in notifications
        if (overtaken_by := _overtaken_by(row, later[row.event.subscription_id]))
    }


def _transitions_by_subscription(notifications: Sequence[Notification]) -> dict[int, list[tuple[int, str]]]:
    """The events after the oldest of these, of the same subscriptions: their ids and transitions, in order."""
    asked = [row for row in notifications if row.kind in OVERTAKEN_BY]
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    if asked:
        events = SubscriptionEvent._base_manager.filter(
            subscription__in={row.event.subscription_id for row in asked}, pk__gt=min(row.event_id for row in asked)
        )
        for subscription, key, transition in events.order_by("pk").values_list("subscription", "pk", "transition"):
            found[subscription].append((key, transition))
    return found


def _overtaken_by(row: Notification, events: Sequence[tuple[int, str]]) -> str | None:
    overtaking = OVERTAKEN_BY.get(row.kind, frozenset())
    return next((transition for key, transition in events if key > row.event_id and transition in overtaking), None)
