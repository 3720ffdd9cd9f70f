"""Permissions that endpoints ask for by name."""

from django.contrib.auth.models import AbstractUser
from rest_framework.exceptions import PermissionDenied


class MissingPermission(PermissionDenied):
    """The user lacks the permission, which the problem names."""

    def __init__(self, permission: str) -> None:
        detail = f"The user lacks the permission {permission}. An administrator can grant it."
        super().__init__(detail, "missing-permission")
        self.extensions = {"permission": permission}


def require_permission(user: AbstractUser, permission: str) -> None:
    """Raise MissingPermission unless the user has it."""
    if not user.has_perm(permission):
        raise MissingPermission(permission)
