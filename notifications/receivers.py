"""Receivers: notifications of a transition, and the notice to a subscriber whose mail bounces."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Value
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.email_addresses import address_of
from foundation.orm.any_of import any_of
from foundation.orm.insert_select import insert_select
from foundation.web.notices import Notice, NoticeAction
from notifications import bounced_address, channel_registry
from notifications.models import Notification
from payments.models import PaymentEvent
from subscriptions.models import SubscriptionEvent


def record_notifications(*, event_ids: list[int], **kwargs: Any) -> None:
    """Insert a notification per event and channel in the transition's transaction, by one statement."""
    events = SubscriptionEvent._base_manager.filter(any_of("pk", event_ids)).order_by()
    per_channel = [events.values_list("pk", Value(name)) for name in channel_registry.names()]
    if per_channel:
        first, *others = per_channel
        # In the order of the events, which the order of mails follows.
        insert_select(Notification, ["event", "channel"], first.union(*others, all=True).order_by("pk"))


def record_payment_notifications(*, event: PaymentEvent, **kwargs: Any) -> None:
    """Insert a notification of the payment event for each channel that tells of payments, in its transaction."""
    names = channel_registry.names_telling_of_payments()
    Notification.objects.bulk_create([Notification(payment_event=event, channel=name) for name in names])


def bounce_notice(*, user: AbstractBaseUser, **kwargs: Any) -> Notice | None:
    """Return a notice for a user whose address is suppressed because mail to it bounced, with what they can do."""
    if not bounced_address.is_suppressed(user):
        return None
    actions = [NoticeAction(_("Change the address"), reverse("address"))]
    if bounced_address.may_lift(user):
        actions.append(NoticeAction(_("It works again"), reverse("address_works"), posts=True))
    text = _("Mail to %(address)s comes back, so we no longer write to it.") % {"address": address_of(user)}
    return Notice(text, actions)
