"""Opening of an account for a confirmed address."""

from datetime import datetime

from django.db import transaction

from accounts.address_holders import address_holders
from accounts.daily_counts import Counted, count
from accounts.forms import CompletionForm
from accounts.links import UsedLink
from accounts.mail_limits import lock_address
from accounts.models import User


@transaction.atomic
def open_account(form: CompletionForm, address: str, password: str, now: datetime) -> User | None:
    """Create the account of a valid form. Return None, with an error on the form, if its name was taken meanwhile.

    Raises UsedLink if an account has the address: whoever confirms it first owns it. The lock makes that true for user
    models whose addresses are not unique.
    """
    lock_address(address)
    if address_holders(address).exists():
        raise UsedLink
    account = form.create_account(password)
    if account is not None:
        count(Counted.SIGNED_UP, now)
    return account
