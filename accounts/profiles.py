"""Profiles, which are made on demand."""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, QuerySet

from accounts.models import Profile
from foundation.orm.any_of import any_of
from foundation.orm.key import Key


def profile_of(user: AbstractBaseUser) -> Profile:
    """Return the user's profile, and create it if they have none."""
    profile, _created = Profile.objects.get_or_create(user_id=user.pk)
    return profile


def count_address_change(user: AbstractBaseUser) -> None:
    """Count a change of the user's address, so that no link of a change made before it works again."""
    profile_of(user)
    Profile.objects.filter(user=user.pk).update(address_changes=F("address_changes") + 1)


def erased(key: Key) -> QuerySet[Profile]:
    """Return the record of the erasure of the user with this key, if they were erased: at most one row."""
    return Profile.objects.filter(any_of("user", [key]), erased_at__isnull=False)


def is_erased(key: Key) -> bool:
    """Return True if the user with this key has been erased."""
    return erased(key).exists()
