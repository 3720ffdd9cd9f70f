"""Confirmed e-mail addresses.

A user's address is confirmed: signing up and changing an address write it only after its owner has opened the link of
a mail. Addresses that staff, services and commands enter count as confirmed, as do those of earlier releases. So the
address itself is the record, for every user model.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from foundation.email_addresses import address_of


def is_confirmed(user: AbstractBaseUser) -> bool:
    """Return True if the user has an address, which is confirmed."""
    return address_of(user) != ""


def confirmed(prefix: str = "") -> Q:
    """Return the condition of `is_confirmed` for rows that reach the user by this prefix, such as `user__`."""
    field = f"{prefix}{get_user_model().get_email_field_name()}"
    return ~Q(**{field: ""}) & Q(**{f"{field}__isnull": False})
