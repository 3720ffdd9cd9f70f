"""Suppression of addresses: adding, lifting, and the mails that it stops."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from foundation.email_addresses import normalised
from notifications.models import EventType, Feedback, Reason, Suppression, database_time
from notifications.ses.events import SesEvent
from notifications.ses.hashed_addresses import by_stored_form, digest


def suppress(events: Iterable[SesEvent], nameless: Collection[int] = ()) -> None:
    """Suppress the addresses of permanent bounces and complaints, whose events must be stored.

    Those of `nameless` mails, whose recipients have been erased, are stored as keyed hashes.
    """
    found = {
        (digest(address) if event.notification in nameless else address, reason, event.sns_message_id)
        for event in events
        if (reason := _reason(event))
        for address in map(normalised, event.recipients)
        if address
    }
    if not found:
        return
    recorded = Feedback.objects.filter(sns_message_id__in={message for _, _, message in found})
    keys = dict(recorded.values_list("sns_message_id", "pk"))
    # In one order everywhere, since whoever inserts the same address waits for the other one.
    rows = [
        Suppression(address=address, reason=why, feedback_id=keys[message]) for address, why, message in sorted(found)
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def reasons(addresses: Collection[str]) -> Mapping[str, Set[Reason]]:
    """Return the reasons for which these normalised addresses are suppressed, by address."""
    found: dict[str, set[Reason]] = defaultdict(set)
    stored = by_stored_form(addresses)
    for form, reason in Suppression.objects.live().filter(address__in=stored).values_list("address", "reason"):
        found[stored[form]].add(Reason(reason))
    return found


def stopping(kind: str, found: Collection[Reason]) -> Reason | None:
    """Return the reason that stops a mail of this kind: a bounce stops all, a complaint those of COMPLAINT_STOPS."""
    if Reason.BOUNCE in found:
        return Reason.BOUNCE
    return Reason.COMPLAINT if Reason.COMPLAINT in found and kind in settings.COMPLAINT_STOPS else None


def lift(keys: Collection[int], operator: AbstractBaseUser) -> int:
    """Lift those of the suppressions that still hold; return their number."""
    live = Suppression.objects.live().filter(pk__in=keys)
    return live.update(lifted_at=database_time(), lifted_by=operator)


def _reason(event: SesEvent) -> Reason | None:
    if event.type == EventType.COMPLAINT:
        return Reason.COMPLAINT
    return Reason.BOUNCE if event.type == EventType.BOUNCE and event.is_permanent else None
