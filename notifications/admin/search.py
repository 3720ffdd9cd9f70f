"""Search of notifications, and of what belongs to them, by user, address or subscription."""

from typing import Any

from django.db.models import QuerySet

from foundation.admin import LONGEST_NUMBER, find_users
from foundation.email_addresses import holds_address
from notifications.models import Notification


def search(rows: QuerySet[Any], term: str, path: str = "") -> QuerySet[Any]:
    """Return the rows on mails to the users with this name or address, to that address, or of a subscription.

    `path` leads from a row to its notification, and ends with two underscores.
    """
    users = find_users(term)
    if term.isdecimal() and len(term) <= LONGEST_NUMBER and not users:
        # By joins that the list has in any case: a subquery would add its own to them, and PostgreSQL plan them apart.
        return rows.filter(**{f"{path}event__subscription": int(term)})
    # As a union, because an OR across tables makes PostgreSQL read all of them.
    keys = Notification.objects.order_by().values("pk")
    direct = keys.filter(event__isnull=True)
    of_users = keys.filter(event__subscription__user__in=users)  # type: ignore[misc] # django-stubs knows our own user model only
    with_key = direct.filter(user_key__in=[str(user) for user in users]).exclude(user_key="")
    return rows.filter(**{f"{path}pk__in": of_users.union(direct.filter(holds_address("address", term)), with_key)})
