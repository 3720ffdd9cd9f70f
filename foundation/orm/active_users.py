"""Condition on the users who are not deactivated."""

from django.contrib.auth import get_user_model
from django.db.models import Q


def active_users(path: str) -> Q:
    """Return the condition that the user at the path is active; none where the user model has no column for it."""
    has_column = any(field.name == "is_active" for field in get_user_model()._meta.concrete_fields)
    return Q(**{f"{path}__is_active": True}) if has_column else Q()
