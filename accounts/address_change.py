"""Change of an address, once its owner has confirmed it."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction

from accounts.daily_counts import Counted, count
from accounts.forms import EMAIL
from accounts.links import AddressChange, read_change
from accounts.mail_limits import lock_address
from accounts.mails import tell_of_changed_address
from accounts.profiles import count_address_change
from foundation.email_addresses import address_of


@transaction.atomic
def change_address(token: str, now: datetime) -> AddressChange:
    """Give the user the address of a link, and tell the old one.

    Raises BadLink; UsedLink if another change came first, or another account has the address.
    """
    change = read_change(token)
    lock_address(change.address)
    get_user_model()._base_manager.select_for_update(no_key=True).filter(pk=change.user.pk).first()
    change = read_change(token)  # again, under the locks
    old = address_of(change.user)
    setattr(change.user, EMAIL, change.address)
    change.user.save(update_fields=[EMAIL])
    count_address_change(change.user)
    tell_of_changed_address(change.user, old)
    count(Counted.ADDRESSES_CHANGED, now)
    return change
