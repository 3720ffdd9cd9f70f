"""Accounts that hold an address."""

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from accounts.models import User
from foundation.email_addresses import holds_address


def address_holders(address: str) -> QuerySet[User]:
    """Return the accounts with this address in any spelling, deactivated ones included."""
    model = get_user_model()
    accounts: QuerySet[User] = model._base_manager.filter(holds_address(model.get_email_field_name(), address))
    return accounts
