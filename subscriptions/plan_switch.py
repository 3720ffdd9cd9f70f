"""The transition `changed`: a subscription goes over to another plan."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Value

from subscriptions import signals
from subscriptions.announcements import announce_on_commit
from subscriptions.locks import change
from subscriptions.models import Plan, Subscription
from subscriptions.recording import Record


def switch_plan(
    sender: type, changed: Subscription, plan: Plan, record: Record, *, end: datetime | None = None, anchor_day: int = 0
) -> None:
    """Move the locked subscription to the locked plan, and write and announce the transition.

    With `end`, a period of the new plan begins at the record's `old_end_date` in place of what was left. Without it
    the end stays. What was planned is cleared.
    """
    old_plan = changed.plan
    fields = _begun(changed, end, anchor_day) if end else {}
    if changed.next_plan_id not in (None, plan.pk):
        signals.plan_change_planned.send(sender, subscription=changed, plan=None, actor=record.actor, now=record.now)
    sold = record.sold if end else Plan(price=0, currency=plan.currency)  # nothing is sold where the end stays
    change(changed, plan=plan, next_plan=None, **fields)
    announce_on_commit(signals.subscription_changed, sender, [changed], old_plan=old_plan, new_plan=plan)
    replace(record, sold=sold, old_plan=old_plan).write(sender, [changed])


def _begun(changed: Subscription, end: datetime, anchor_day: int) -> dict[str, object]:
    return {
        "status": Subscription.Status.ACTIVE,
        "end_date": end,
        "anchor_day": anchor_day,
        "grace_until": None,
        "expired_at": None,
        "exempt": changed.exempt and changed.expired_at is None,  # it may overlap another until they are joined
    }


def instant(value: datetime | None) -> Value:
    """Return the instant as the history stores an end."""
    return Value(value, output_field=Subscription._meta.get_field("end_date"))
