"""Limits of mails to an address that anybody can type: at most three within a period, by the database's time."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from accounts.models import MailLimit
from foundation.email_addresses import normalised


def bucket(kind: str, address: str) -> str:
    """Return the key of the limit, the same for all spellings of the address."""
    named = f"{kind} {normalised(address)}"
    return salted_hmac("accounts.mail_limits", named, algorithm="sha256").hexdigest()


@transaction.atomic
def use_allowance(kind: str, address: str, period: timedelta) -> bool:
    """Count a mail and return True, or return False if three have been counted within the period.

    The condition is part of the UPDATE, so that of any number of requests at once three succeed. The row is inserted or
    written before, which locks it, or else the retention might delete an old one in between.
    """
    limit = MailLimit(bucket=bucket(kind, address), language=get_language() or "")
    MailLimit.objects.bulk_create([limit], update_conflicts=True, unique_fields=["bucket"], update_fields=["language"])
    is_free = Q(third_last__isnull=True) | Q(third_last__lte=Now() - period)
    shifted = {"last": Now(), "second_last": F("last"), "third_last": F("second_last")}
    return MailLimit.objects.filter(is_free, bucket=limit.bucket).update(**shifted) == 1


def language_of_request(kind: str, address: str) -> str:
    """Return the language of the page on which a mail was asked for last, or an empty string."""
    languages = MailLimit.objects.filter(bucket=bucket(kind, address)).values_list("language", flat=True)
    return languages.first() or ""


def lock_address(address: str) -> None:
    """Lock the address until the end of the transaction, against another account for it.

    One statement inserts or writes the row, so that the retention never deletes it in between.
    """
    lock = MailLimit(bucket=bucket("lock", address), last=Now())
    MailLimit.objects.bulk_create([lock], update_conflicts=True, unique_fields=["bucket"], update_fields=["last"])
