"""Django's own user under another name."""

from django.contrib.auth.models import AbstractUser


class Member(AbstractUser):
    """Nothing is different but the name, and with it the columns that refer to it."""
