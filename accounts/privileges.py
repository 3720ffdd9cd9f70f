"""Accounts that can do more than a subscriber, so that only superusers may change or delete them."""

from django.contrib.auth.models import AbstractUser, Permission

from accounts.managed_groups import managed_group_names


def is_privileged(user: AbstractUser) -> bool:
    """Return True for staff, superusers, and every holder of a permission, whether or not the account is active.

    A permission works without `is_staff` too: the API asks for the same ones as the admin. One that a plan grants is
    what its subscribers pay for, and makes nobody privileged.
    """
    if user.is_staff or user.is_superuser:
        return True
    groups = user.groups.exclude(name__in=managed_group_names())
    return user.user_permissions.exists() or Permission.objects.filter(group__in=groups).exists()
