"""Opening of an account for a confirmed address."""

from django.db import transaction

from accounts.address_holders import address_holders
from accounts.forms import CompletionForm
from accounts.links import UsedLink
from accounts.mail_limits import lock_address
from accounts.models import User


@transaction.atomic
def open_account(form: CompletionForm, address: str, password: str) -> User | None:
    """Create the account of a valid form. Return None, with an error on the form, if its name was taken meanwhile.

    Raises UsedLink if an account has the address: whoever confirms it first owns it. The lock makes that true for user
    models whose addresses are not unique.
    """
    lock_address(address)
    if address_holders(address).exists():
        raise UsedLink
    return form.create_account(password)
