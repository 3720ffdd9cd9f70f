"""Refunds that are not finished in time."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from payments.models import Refund

PATIENCE = timedelta(minutes=30)
"""Time in which what has no answer, such as a refund, settles itself."""

BANK_DAYS = timedelta(days=14)
"""Time for which the bank explains that money is on its way: ten business days.

https://support.stripe.com/embedded-connect/questions/refunds-faq; who withdraws is to have it back in as many days:
https://eur-lex.europa.eu/eli/dir/2011/83/oj, article 13
"""


def overdue_refunds(now: datetime) -> QuerySet[Refund]:
    """Return the refunds that are not finished in time, also those whose provider is not the present one."""
    on_its_way = Q(state=Refund.State.PENDING)
    in_time = Q(requested_at__gte=now - PATIENCE) | on_its_way & Q(requested_at__gte=now - BANK_DAYS)
    return Refund.objects.filter(finished_at__isnull=True).exclude(in_time)
