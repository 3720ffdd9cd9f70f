"""Part of the notifications in a user's export and erasure."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from accounts.overwriting import erased_address
from foundation.email_addresses import address_of, spellings
from foundation.mail import mail_kinds
from foundation.orm.any_of import any_of
from foundation.personal_data import Erasure, Exported, PersonalData
from foundation.redaction import mentions, redact
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
from notifications.ses.events import written_to
from notifications.ses.feedback import NOTHING

ERASED = "the user was erased"
NO_TEXT = {"stored_subject": "", "stored_text": "", "stored_html": "", "reply_to": ""}
"""Columns of a stored mail, emptied."""


class NotificationData(PersonalData):
    """Mails and their feedback. Rows stay as figures; suppressed addresses stay as keyed hashes."""

    def export(self, user: AbstractBaseUser) -> Exported:
        mails = _mails(user, spellings(address_of(user))).select_related("event__subscription").order_by("pk")
        return {
            "notification_preferences": {"reminders": wants_reminders(user.pk)},
            "notifications": [_exported(mail) for mail in mails],
        }

    def former_addresses(self, user: AbstractBaseUser) -> Collection[str]:
        """Return the addresses to which mails to the user went, and those that SES reports of these."""
        unproven = [kind.name for kind in mail_kinds() if not kind.is_to_own_address]
        mails = _mails(user, ()).exclude(account_kind__in=unproven)
        feedback = Feedback.objects.filter(notification__in=mails)
        bounced = Suppression.objects.filter(feedback__in=feedback)
        reported = (address for raw in feedback.values_list("raw", flat=True) for address in written_to(raw))
        found = {*mails.values_list("address", flat=True), *bounced.values_list("address", flat=True), *reported}
        return {address for address in found if address and not address.startswith(hashed_addresses.PREFIX)}

    def erase(self, erasure: Erasure) -> None:
        mails = _lock(erasure)
        rows = Notification.objects.filter(any_of("pk", mails))
        rows.filter(state=State.PENDING).update(state=State.OBSOLETE, finished_at=database_time(), error=ERASED)
        rows.filter(event__isnull=True).update(address=erased_address(erasure.pseudonym), **NO_TEXT)
        _hash_suppressions(erasure, mails)
        _clear_feedback(erasure, mails)
        _redact_texts(erasure)
        NotificationPreferences.objects.filter(user=erasure.user.pk).delete()


def _mails(user: AbstractBaseUser, addresses: Collection[str]) -> Any:
    """Return the mails about the user's subscriptions, and all others to the user or one of the addresses."""
    others = Notification.objects.filter(event__isnull=True)
    keys = list(others.filter(user_key=str(user.pk)).values_list("pk", flat=True))
    for address in filter(None, addresses):
        keys += others.filter(address__iexact=address).values_list("pk", flat=True)
    of_subscriptions = Q(event__subscription__user=user.pk)
    return Notification.objects.filter(of_subscriptions | Q(any_of("pk", keys)), channel=Channel.SES)


def _lock(erasure: Erasure) -> list[int]:
    """Lock the user's mails, so that feedback which is being stored is seen here, and later feedback sees this."""
    rows = _mails(erasure.user, erasure.addresses).order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(rows.values_list("pk", flat=True))


def _redact_texts(erasure: Erasure) -> None:
    """Replace the old values in mails to others, and in what SES reports of these, such as their subjects."""
    redact(Notification.objects.filter(event__isnull=True), list(NO_TEXT), erasure)
    redact(Feedback.objects.all(), ["raw"], erasure)


def _hash_suppressions(erasure: Erasure, mails: list[int]) -> None:
    """Hash the user's address, and former ones, to which the user's mails bounced."""
    known = Q(address__in=erasure.addresses) | Q(feedback__notification__in=mails)
    for row in Suppression.objects.filter(known).exclude(address__startswith=hashed_addresses.PREFIX):
        digest = hashed_addresses.digest(row.address)
        is_there = Suppression.objects.live().filter(address=digest, reason=row.reason).exists()
        if is_there and row.lifted_at is None:
            row.delete()
        else:
            Suppression.objects.filter(pk=row.pk).update(address=digest)


def _clear_feedback(erasure: Erasure, mails: list[int]) -> None:
    """Clear the feedback of the mails, and that of no known mail which holds the user's address."""
    Feedback.objects.filter(notification__in=mails).update(raw=NOTHING)
    if erasure.addresses:
        nobodys = Feedback.objects.filter(notification__isnull=True)
        nobodys.filter(mentions("raw", erasure.addresses)).update(raw=NOTHING)


def _exported(mail: Notification) -> dict[str, Any]:
    return {
        "kind": mail.kind,
        "subscription": mail.event.subscription_id if mail.event else None,
        **({"address": mail.address, "subject": mail.stored_subject, "text": mail.stored_text} if mail.address else {}),
        "state": mail.state,
        "created_at": mail.created_at,
        "finished_at": mail.finished_at,
    }


PARTS = (NotificationData(),)
