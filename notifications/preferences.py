"""Preferences for reminders. Receipts are always sent."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from notifications.errors import UnknownUser
from notifications.models import NotificationPreferences


def wants_reminders(user_id: Key) -> bool:
    """Return False if the user has turned reminders off."""
    return not turned_off().filter(any_of("user", [user_id])).exists()


def turned_off() -> QuerySet[NotificationPreferences]:
    """Return the preferences of users who want no reminders."""
    return NotificationPreferences.objects.filter(reminders=False)


def without_reminders(user_ids: Collection[Key]) -> set[Key]:
    """Return the keys of those users who want no reminders."""
    return set(turned_off().filter(any_of("user", user_ids)).values_list("user", flat=True))


def set_reminders(user_id: Key, *, wanted: bool, now: datetime) -> None:
    """Turn reminders on or off. Raises UnknownUser."""
    if not get_user_model()._base_manager.filter(any_of("pk", [user_id])).exists():
        raise UnknownUser(f"there is no user {user_id}")
    NotificationPreferences.objects.bulk_create(
        [NotificationPreferences(user_id=user_id, reminders=wanted, changed_at=now)],  # type: ignore[misc] # django-stubs knows our own user model only
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["reminders", "changed_at"],
    )
