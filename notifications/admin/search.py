"""Search of notifications by user, address or subscription."""

from typing import Any

from django.db.models import QuerySet

from foundation.admin import LONGEST_NUMBER, find_users
from foundation.email_addresses import holds_address
from notifications.models import Notification


def find_notifications(term: str) -> QuerySet[Any]:
    """Return the keys of notifications of the users with this name or address, of mails to it, or of a subscription.

    As a union, because an OR across tables makes PostgreSQL read all of them.
    """
    users = find_users(term)
    keys = Notification.objects.order_by().values("pk")
    if term.isdecimal() and len(term) <= LONGEST_NUMBER and not users:
        return keys.filter(event__subscription=int(term))
    direct = keys.filter(event__isnull=True)
    of_users = keys.filter(event__subscription__user__in=users)  # type: ignore[misc] # django-stubs knows our own user model only
    with_key = direct.filter(user_key__in=[str(user) for user in users]).exclude(user_key="")
    return of_users.union(direct.filter(holds_address("address", term)), with_key)
