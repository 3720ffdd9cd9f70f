"""Part of the notifications in a user's export and erasure."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from foundation.personal_data import Erasure, Exported, PersonalData
from foundation.redaction import mentions
from notifications.models import (
    Channel,
    Feedback,
    Notification,
    NotificationPreferences,
    State,
    Suppression,
    database_time,
)
from notifications.preferences import wants_reminders
from notifications.ses import hashed_addresses
from notifications.ses.feedback import NOTHING

ERASED = "the user was erased"


class NotificationData(PersonalData):
    """Mails and their feedback. Rows stay as figures; suppressed addresses stay as keyed hashes."""

    def export(self, user: AbstractBaseUser) -> Exported:
        mails = _mails(user).select_related("event__subscription").order_by("pk")
        return {
            "notification_preferences": {"reminders": wants_reminders(user.pk)},
            "notifications": [_exported(mail) for mail in mails],
        }

    def erase(self, erasure: Erasure) -> None:
        mails = _lock(erasure.user)
        _mails(erasure.user).filter(state=State.PENDING).update(
            state=State.OBSOLETE, finished_at=database_time(), error=ERASED
        )
        _hash_suppressions(erasure, mails)
        _clear_feedback(erasure, mails)
        NotificationPreferences.objects.filter(user=erasure.user.pk).delete()


def _mails(user: AbstractBaseUser) -> Any:
    return Notification.objects.filter(channel=Channel.SES, event__subscription__user=user.pk)


def _lock(user: AbstractBaseUser) -> list[int]:
    """Lock the user's mails, so that feedback which is being stored is seen here, and later feedback sees this."""
    rows = _mails(user).order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(rows.values_list("pk", flat=True))


def _hash_suppressions(erasure: Erasure, mails: list[int]) -> None:
    """Hash the user's address, and former ones, to which the user's mails bounced."""
    known = Q(address__in=erasure.old_values) | Q(feedback__notification__in=mails)
    for row in Suppression.objects.filter(known).exclude(address__startswith=hashed_addresses.PREFIX):
        digest = hashed_addresses.digest(row.address)
        is_there = Suppression.objects.live().filter(address=digest, reason=row.reason).exists()
        if is_there and row.lifted_at is None:
            row.delete()
        else:
            Suppression.objects.filter(pk=row.pk).update(address=digest)


def _clear_feedback(erasure: Erasure, mails: list[int]) -> None:
    """Clear the feedback of the mails, and that of no known mail which names the user."""
    Feedback.objects.filter(notification__in=mails).update(raw=NOTHING)
    if erasure.old_values:
        nobodys = Feedback.objects.filter(notification__isnull=True)
        nobodys.filter(mentions("raw", erasure.old_values)).update(raw=NOTHING)


def _exported(mail: Notification) -> dict[str, Any]:
    return {
        "kind": mail.kind,
        "subscription": mail.event.subscription_id,
        "state": mail.state,
        "created_at": mail.created_at,
        "finished_at": mail.finished_at,
    }


PARTS = (NotificationData(),)
