"""Mails of accounts, asked for here and rendered by `accounts.mail_texts` when they are sent."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser

from accounts.mail_limits import use_allowance
from accounts.models import User
from foundation.email_addresses import address_of
from foundation.mail import AccountMail

SIGN_UP = "sign_up"
PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail
CHANGE_ADDRESS = "change_address"
ADDRESS_CHANGED = "address_changed"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of mail
TWO_FACTOR_ON = "two_factor_on"
TWO_FACTOR_OFF = "two_factor_off"
SECOND_FACTOR_REMOVED = "second_factor_removed"
NEW_RECOVERY_CODES = "new_recovery_codes"
TOKEN_CREATED = "token_created"  # noqa: S105 - a kind of mail

DAY = timedelta(days=1)
RESET_PERIOD = timedelta(hours=1)
"""As long as a reset link is valid, so that whoever is refused another one has one that works."""


def send_sign_up(address: str) -> None:
    """Ask the owner of an address to confirm it, or tell that it has an account: three times a day at most."""
    if use_allowance(SIGN_UP, address, DAY):
        AccountMail(SIGN_UP, address).send()


def send_password_reset(address: str) -> None:
    """Send links to choose a new password to the accounts that have the address: three mails an hour at most."""
    if use_allowance(PASSWORD_RESET, address, RESET_PERIOD):
        AccountMail(PASSWORD_RESET, address).send()


def send_change_of_address(user: User, address: str) -> None:
    """Ask the owner of an address to confirm it as that of the user: three times a day at most, as at sign-up."""
    if use_allowance(SIGN_UP, address, DAY):
        AccountMail(CHANGE_ADDRESS, address, str(user.pk)).send()


def tell_of_changed_address(user: User, old_address: str) -> None:
    """Tell the old address, if there was one."""
    if old_address:
        AccountMail(ADDRESS_CHANGED, old_address, str(user.pk)).send()


def tell_owner(kind: str, user: AbstractBaseUser) -> None:
    """Tell the user of a change to what guards the account, if they have an address. `kind` is one of the notices."""
    if address := address_of(user):
        AccountMail(kind, address, str(user.pk)).send()
