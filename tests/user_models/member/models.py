"""Django's own user under another name."""

from django.contrib.auth.models import AbstractUser


class Member(AbstractUser):
    """User model that differs in its name only, and so in the columns that refer to it."""
