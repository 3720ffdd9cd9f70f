"""Addresses that are not written to: how they get onto the list, what they do not get, and how they leave it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from foundation.email_addresses import normalised
from notifications.models import EventType, Feedback, Reason, Suppression, database_time
from notifications.ses.events import SesEvent


def suppress(events: Iterable[SesEvent]) -> None:
    """Put those on the list to whom mail bounced for good, or who complained; their events must be recorded by now."""
    found = {
        (address, reason, event.sns_message_id)
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
    """Why some of these normalised addresses are on the list."""
    found: dict[str, set[Reason]] = defaultdict(set)
    for address, reason in Suppression.objects.live().filter(address__in=addresses).values_list("address", "reason"):
        found[address].add(Reason(reason))
    return found


def stopping(kind: str, found: Collection[Reason]) -> Reason | None:
    """Which of the reasons stops a mail of this kind: a bounce every one, a complaint those of COMPLAINT_STOPS."""
    if Reason.BOUNCE in found:
        return Reason.BOUNCE
    return Reason.COMPLAINT if Reason.COMPLAINT in found and kind in settings.COMPLAINT_STOPS else None


def lift(keys: Collection[int], operator: AbstractBaseUser) -> int:
    """Take those of the suppressions off the list that are still on it; return how many."""
    live = Suppression.objects.live().filter(pk__in=keys)
    return live.update(lifted_at=database_time(), lifted_by=operator)


def _reason(event: SesEvent) -> Reason | None:
    if event.type == EventType.COMPLAINT:
        return Reason.COMPLAINT
    return Reason.BOUNCE if event.type == EventType.BOUNCE and event.is_permanent else None
