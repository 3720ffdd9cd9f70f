"""Mails of payments, asked for in the transaction of what they tell and rendered when they are sent."""

from typing import Any

from foundation.email_addresses import address_of
from payments.models import PaymentEvent

PAYMENT_FAILED = "payment_failed"
PAYMENT_REFUNDED = "payment_refunded"

KINDS = {PaymentEvent.Kind.FAILED: PAYMENT_FAILED, PaymentEvent.Kind.REFUNDED: PAYMENT_REFUNDED}
"""Kinds of mail by kind of event. Money that arrived is told by the mail about the period, which is the receipt."""


def tell_the_subscriber(*, event: PaymentEvent, **kwargs: Any) -> None:
    """Send the event's mail, if it has one, to the subscriber's address."""
    kind = KINDS.get(PaymentEvent.Kind(event.kind))
    if kind and (address := address_of(event.order.user)):
        from foundation.mail import AccountMail  # noqa: PLC0415 - the mail package, which a start need not load

        AccountMail(kind, address, str(event.order.user_id)).send()
