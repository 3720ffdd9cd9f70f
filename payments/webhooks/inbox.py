"""Inbox of webhook messages: each is stored once, and its facts are applied in a transaction of their own."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from payments.errors import Forged, NothingToIgnore, PaymentError
from payments.facts import apply
from payments.models import WebhookMessage
from payments.models.webhook_message import MESSAGE_ID_LENGTH, TYPE_LENGTH
from payments.providers.interface import Message, Provider

logger = logging.getLogger(__name__)

Outcome = WebhookMessage.Outcome

LONGEST_ERROR = 500

MOST_DOUBLINGS = 9
LONGEST_PAUSE = timedelta(hours=12)
"""Pause between two tries of a message that has failed often. It begins with a minute and doubles nine times."""

RESERVE = timedelta(seconds=20)
"""Time left of the invocation below which no other message begins."""


def refuse_unstorable(message: Message) -> None:
    """Raise Forged for an id or a type that has no place in a row. No query is made."""
    if not 0 < len(message.message_id) <= MESSAGE_ID_LENGTH:
        raise Forged(f"the message's id has not 1 to {MESSAGE_ID_LENGTH} characters")
    if not 0 < len(message.type) <= TYPE_LENGTH:
        raise Forged(f"the message's type has not 1 to {TYPE_LENGTH} characters")


def store(provider: str, message: Message, now: datetime) -> int:
    """Store the message, unless it is stored already. Return the row's key."""
    row, _new = WebhookMessage.objects.get_or_create(
        provider=provider,
        message_id=message.message_id,
        defaults={"type": message.type, "made_at": message.made_at, "received_at": now, "body": dict(message.body)},
    )
    return row.pk


def process(provider: Provider, key: int, now: datetime) -> bool:
    """Apply the facts of a pending message in one transaction; return True if they are applied now.

    Whatever fails leaves it pending, with the error, for the next try.
    """
    try:
        with transaction.atomic():
            return _apply(provider, key, now)
    except PaymentError as error:
        logger.warning("webhook message waits", extra={"webhook_message": key, "reason": str(error)})
        _note(key, f"{type(error).__name__}: {error}")
    except Exception as error:
        logger.exception("the facts of a webhook message could not be applied", extra={"webhook_message": key})
        _note(key, type(error).__name__)  # the text of others' errors may hold personal data
    return False


def process_pending(provider: Provider, now: datetime, time_left: Callable[[], timedelta]) -> dict[str, int]:
    """Try the pending messages that are due, oldest first. Return the numbers applied, failed and still pending."""
    applied = failed = 0
    for key in _due(provider.name, now):
        if time_left() < RESERVE:
            break
        if process(provider, key, now):
            applied += 1
        else:
            failed += 1
    return {"applied": applied, "failed": failed, "pending": pending().filter(provider=provider.name).count()}


def pending() -> QuerySet[WebhookMessage]:
    """Return the messages whose facts are not applied."""
    return WebhookMessage.objects.filter(outcome=Outcome.PENDING)


def ignore(key: int, reason: str) -> None:
    """Give up a message whose facts can never be applied, and keep the reason as its error. Raises NothingToIgnore."""
    with transaction.atomic():
        row = WebhookMessage.objects.select_for_update(no_key=True).get(pk=key)  # a try of it ends first
        if row.outcome != Outcome.PENDING:
            raise NothingToIgnore(f"{row} is {row.outcome}; only a pending one is ignored")
        logger.warning("a webhook message is ignored", extra={"webhook_message": key, "error": row.error})
        row.outcome, row.error = Outcome.IGNORED, reason
        row.save(update_fields=["outcome", "error"])


def pause_after(attempts: int) -> timedelta:
    """Return the time from the receipt of a message to the try that follows this many failures."""
    doubled = timedelta(minutes=2 ** min(attempts, MOST_DOUBLINGS) - 1)
    return doubled + max(attempts - MOST_DOUBLINGS, 0) * LONGEST_PAUSE


def _apply(provider: Provider, key: int, now: datetime) -> bool:
    rows = WebhookMessage.objects.select_for_update(skip_locked=True, no_key=True)
    row = rows.filter(pk=key, outcome=Outcome.PENDING).first()
    if row is None:  # applied, or another process is at it
        return False
    facts = provider.facts(Message(row.message_id, row.type, row.made_at, row.body))
    for fact in facts:
        apply(provider.name, fact, now)
    row.outcome, row.error = (Outcome.APPLIED if facts else Outcome.IGNORED), ""
    row.save(update_fields=["outcome", "error"])
    return True


def _note(key: int, error: str) -> None:
    pending().filter(pk=key).update(error=error[:LONGEST_ERROR], attempts=F("attempts") + 1)


def next_try(provider: str) -> datetime | None:
    """Return the instant of the next try of a pending message; None if there is none."""
    return min((instant for _key, instant in _tries(provider)), default=None)


def _due(provider: str, now: datetime) -> Iterator[int]:
    return (key for key, instant in _tries(provider) if instant <= now)


def _tries(provider: str) -> Iterator[tuple[int, datetime]]:
    rows = pending().filter(provider=provider).order_by("pk")
    for key, received_at, attempts in rows.values_list("pk", "received_at", "attempts"):
        yield key, received_at + pause_after(attempts)
