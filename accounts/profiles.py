"""Profiles, which are made on demand."""

from django.contrib.auth.models import AbstractBaseUser

from accounts.models import Profile


def profile_of(user: AbstractBaseUser) -> Profile:
    """Return the user's profile, and create it if they have none."""
    profile, _created = Profile.objects.get_or_create(user_id=user.pk)
    return profile
