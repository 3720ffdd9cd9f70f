"""Processing of SES feedback: each event is stored once and updates the state of its mail."""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.overwriting import ERASED_DOMAIN
from foundation.jobs.sqs_batch import MessageBatch
from foundation.orm.text_by_key import TextByKey
from notifications import measurement
from notifications.errors import UnreadableFeedback
from notifications.models import Channel, EventType, Feedback, Notification, State, database_time
from notifications.ses import suppression
from notifications.ses.events import SesEvent, read_event
from notifications.ses.feedback_ranks import STATES, Rank, below, rank

logger = logging.getLogger(__name__)

NOTHING = "{}"
"""Replaces the text of an SES event, which holds the address."""


def handle(batch: MessageBatch) -> None:
    """Process a batch of the feedback queue; messages that are no SES events are returned to the queue."""
    read = batch.each(read_event, UnreadableFeedback)
    new = Counter(event.type for event in record([event for event in read if event is not None]))
    summary = {"recorded": new.total(), "refused": batch.failures}
    summary |= {event_type.name.lower(): new[event_type] for event_type in EventType}
    logger.info("feedback handled", extra=summary)
    measurement.emit_reached({State.BOUNCED: new[EventType.BOUNCE], State.COMPLAINED: new[EventType.COMPLAINT]})


def record(events: Sequence[SesEvent]) -> list[SesEvent]:
    """Store the new events and update their mails; return them. Any number may run at once.

    The number of queries does not depend on the number of events, but for mails that somebody else is writing to. Those
    are waited for one by one: a deliverer changes many rows by one statement, in no order, and whoever held some of
    them and waited for others would in the end wait for one that waits for them.
    """
    keys = {event.notification for event in events if event.notification is not None}
    with transaction.atomic():
        mails = _lock_mails(keys, skip_locked=True)
        busy = _mails(keys - mails)
        new = _take_in([event for event in events if event.notification not in busy], mails)
    for event in events:
        if event.notification in busy:
            with transaction.atomic():
                new += _take_in([event], _lock_mails({event.notification}))
    return new


def _take_in(events: Iterable[SesEvent], mails: Collection[int]) -> list[SesEvent]:
    """Yield in a transaction that locks these mails, so that no other job processes their events."""
    new = _unrecorded(events)
    nameless = _of_erased_users(mails)
    _keep(new, mails, nameless)
    _settle(event for event in new if event.notification in mails)
    suppression.suppress(new, nameless)
    return new


def _of_erased_users(mails: Collection[int]) -> set[int]:
    """Return the mails to users who were erased after they were sent. The caller's locks keep this true."""
    of_events = Q(event__subscription__user__profile__erased_at__isnull=False)
    erased = Notification.objects.filter(of_events | Q(address__endswith=f"@{ERASED_DOMAIN}"), pk__in=mails)
    return set(erased.values_list("pk", flat=True)) if mails else set()


def _lock_mails(keys: Collection[int], *, skip_locked: bool = False) -> set[int]:
    rows = Notification.objects.filter(pk__in=keys, channel=Channel.SES).select_for_update(
        no_key=True, skip_locked=skip_locked
    )
    return set(rows.values_list("pk", flat=True)) if keys else set()


def _mails(keys: Collection[int]) -> set[int]:
    rows = Notification.objects.filter(pk__in=keys, channel=Channel.SES)
    return set(rows.values_list("pk", flat=True)) if keys else set()


def _unrecorded(events: Iterable[SesEvent]) -> list[SesEvent]:
    """Return one event per SNS message that is not stored yet, in the order of the messages' ids."""
    by_message = {event.sns_message_id: event for event in events}
    recorded = Feedback.objects.filter(sns_message_id__in=by_message).values_list("sns_message_id", flat=True)
    return [by_message[message] for message in sorted(by_message.keys() - set(recorded))]


def _keep(events: Iterable[SesEvent], mails: Collection[int], nameless: Collection[int]) -> None:
    """Store the events, those of nameless mails without their text.

    Another invocation may store the same event without a mail, which no lock prevents.
    """
    rows = [
        Feedback(
            sns_message_id=event.sns_message_id,
            event_type=event.type,
            notification_id=event.notification if event.notification in mails else None,
            message_id=event.message_id,
            occurred_at=event.occurred_at,
            raw=NOTHING if event.notification in nameless else event.raw,
        )
        for event in events
    ]
    Feedback.objects.bulk_create(rows, ignore_conflicts=True)


def _settle(events: Iterable[SesEvent]) -> None:
    """Move each mail to the highest rank of its events, by one UPDATE per rank.

    The lease goes as well: a deliverer that holds the row sends nothing any more, and records nothing.
    """
    proved: dict[Rank, dict[int, SesEvent]] = defaultdict(dict)
    for event in events:
        found = rank(event)
        if found is not None and event.notification is not None:
            proved[found].setdefault(event.notification, event)
    for found, by_mail in sorted(proved.items(), reverse=True):
        below(found).filter(pk__in=by_mail).update(
            state=STATES[found],
            finished_at=Coalesce("finished_at", database_time()),
            lease_token=None,
            lease_until=None,
            message_id=TextByKey("pk", {key: event.message_id for key, event in by_mail.items()}),
            error=TextByKey("pk", {key: event.reason for key, event in by_mail.items()}),
        )
