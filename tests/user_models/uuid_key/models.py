"""User model with a UUID primary key and an address field with another name."""

from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    """User whose primary key is not called `id`."""

    key = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = None  # type: ignore[assignment] # as Django's documentation takes a field out
    contact = models.EmailField(blank=True)

    EMAIL_FIELD = "contact"
    REQUIRED_FIELDS = ["contact"]
