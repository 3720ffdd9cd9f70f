"""API tokens for programs. The database holds only their hashes."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from knox.models import AuthToken

LIFETIME_DAYS = 365
LONGEST_LIFETIME_DAYS = 3650


def make_token(user: AbstractBaseUser, days: int) -> tuple[AuthToken, str]:
    """Create a token that expires after `days`. Return its row, and the token itself, which is not stored."""
    made, secret = AuthToken.objects.create(user, expiry=timedelta(days=days))
    return made, str(secret)
