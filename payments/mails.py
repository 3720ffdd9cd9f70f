"""Mails of payments, asked for in the transaction of what they tell and rendered when they are sent."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from foundation.email_addresses import address_of
from payments.models import PaymentEvent

PAYMENT_FAILED = "payment_failed"
PAYMENT_REFUNDED = "payment_refunded"
REFUND_FAILED = "refund_failed"
CARD_REMOVED = "card_removed"

PLAN_CHANGE_PLANNED = "plan_change_planned"

KINDS = {
    PaymentEvent.Kind.FAILED: PAYMENT_FAILED,
    PaymentEvent.Kind.REFUNDED: PAYMENT_REFUNDED,
    PaymentEvent.Kind.REFUND_FAILED: REFUND_FAILED,
}
"""Kinds of mail by kind of event. Money that arrived is told by the mail about the period, which is the receipt."""


def tell_the_subscriber(*, event: PaymentEvent, **kwargs: Any) -> None:
    """Send the event's own mail, if it has one, to the subscriber's address."""
    if kind := KINDS.get(PaymentEvent.Kind(event.kind)):
        _send(kind, event.order.user, about=str(event.pk))


def tell_of_plan_change(user: AbstractBaseUser) -> None:
    """Send what the user's subscriptions renew to, after a change of plan was planned or undone."""
    _send(PLAN_CHANGE_PLANNED, user)


def tell_of_removed_card(user: AbstractBaseUser) -> None:
    """Send which of the user's subscriptions end because the provider removed the card that they renewed by."""
    _send(CARD_REMOVED, user)


def _send(kind: str, user: AbstractBaseUser, *, about: str = "") -> None:
    if address := address_of(user):
        from foundation.mail import AccountMail  # noqa: PLC0415 - the mail package, which a start need not load

        AccountMail(kind, address, str(user.pk), about=about).send()
