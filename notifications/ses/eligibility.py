"""Eligibility of mails that are due, for all mails of a claim at once."""

from collections.abc import Sequence

from foundation.email_addresses import normalised
from notifications import preferences
from notifications.aws.results import Result, ResultKind
from notifications.coverage import Coverage
from notifications.models import REMINDER, Notification
from notifications.ses import suppression
from subscriptions.models import Transition

ABOUT_AN_END_TO_COME = {Transition.CANCELLED.value, Transition.REACTIVATED.value, REMINDER}
"""Mails that say how long a subscription still lasts."""


def withheld(notifications: Sequence[Notification], coverage: Coverage) -> dict[int, Result]:
    """Return the results of the mails that are not sent, by primary key. At most two queries for all."""
    of_events = [row for row in notifications if row.event_id is not None]
    return _suppressed(notifications) | _unwanted(of_events) | _untrue(of_events, coverage)


def _suppressed(notifications: Sequence[Notification]) -> dict[int, Result]:
    recipients = {row.pk: normalised(row.recipient) for row in notifications}
    found = suppression.reasons(set(recipients.values()))
    return {
        row.pk: Result(ResultKind.UNDELIVERABLE, error=f"address suppressed: {reason}")
        for row in notifications
        if (reason := suppression.stopping(row.kind, found.get(recipients[row.pk], frozenset())))
    }


def _unwanted(notifications: Sequence[Notification]) -> dict[int, Result]:
    """Return results of reminders to users who have turned them off, or were deactivated, since."""
    reminders = [row for row in notifications if row.kind == REMINDER]
    if not reminders:
        return {}
    refusing = preferences.without_reminders({row.cause.subscription.user_id for row in reminders})
    unwanted = Result(ResultKind.UNDELIVERABLE, error="reminders are turned off")
    deactivated = Result(ResultKind.UNDELIVERABLE, error="the user is deactivated")
    return {row.pk: unwanted for row in reminders if row.cause.subscription.user_id in refusing} | {
        row.pk: deactivated for row in reminders if not row.cause.subscription.user.is_active
    }


def _untrue(notifications: Sequence[Notification], coverage: Coverage) -> dict[int, Result]:
    return {
        row.pk: Result(ResultKind.OBSOLETE, error=why) for row in notifications if (why := _why_untrue(row, coverage))
    }


def _why_untrue(row: Notification, coverage: Coverage) -> str:
    if overtaken_by := coverage.overtaken_by(row):
        return f"overtaken: {overtaken_by}"
    if coverage.goes_on(row):
        return "another subscription to the plan lasts longer"
    if row.kind == REMINDER and row.cause.subscription.grace_until is not None:
        return "the next period is being charged"
    # Also where no sweep has seen it yet.
    return "the end has come" if row.kind in ABOUT_AN_END_TO_COME and row.cause.new_end_date <= coverage.now else ""
