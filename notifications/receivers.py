"""What a transition leaves in the outbox, and what a subscriber is told who cannot be told by mail."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from foundation.email_addresses import address_of, normalised
from foundation.orm.insert_product import insert_product
from notifications.models import Channel, Notification, Reason
from notifications.ses import suppression


def record_notifications(*, event_ids: list[int], **kwargs: Any) -> None:
    """Insert a notification for each event and channel, in the transition's transaction, by one statement."""
    insert_product(Notification, {"event": event_ids, "channel": Channel.values})


def tell_that_mail_bounces(*, user: AbstractBaseUser, **kwargs: Any) -> str | None:
    """A sentence for somebody whose address is suppressed because mail to it bounced."""
    given = address_of(user)
    address = normalised(given)
    if not address or Reason.BOUNCE not in suppression.reasons([address]).get(address, frozenset()):
        return None
    return _(
        "Mail to %(address)s comes back, so we no longer write to it. "
        "Give us another address, or tell us when this one works again."
    ) % {"address": given}
