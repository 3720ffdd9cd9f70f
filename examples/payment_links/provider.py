"""Payment links: a provider without an API. It is told by a link what to take, and tells by webhooks what it took.

A link names order, amount, currency and its last instant, and is signed, so that nobody pays another amount, or later.
It cannot be closed: time closes it. PAYMENT_PROVIDER_URL says where the links lead. PAYMENT_PROVIDER_KEY, by which they
are signed, and PAYMENT_PROVIDER_WEBHOOK_SECRETS are in the function's secret (docs/secrets.md).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from examples.payment_links.signatures import verify
from foundation import clock
from payments.errors import Forged, ProviderRefused
from payments.models import Order, Payment, PaymentMethod
from payments.providers.interface import Fact, FactKind, Message, Outcome, OutcomeKind, Page

LASTS = timedelta(hours=1)
"""Time for which a link can be paid."""

MESSAGES_TAKE = timedelta(hours=1)
"""Time after the end of a link in which its message may still be on the way, so that no other link is opened."""

KEPT = ("reference", "payment", "refund", "amount", "currency")
"""Members of a message's data that are stored: nothing that names a person."""


class PaymentLinks:
    """Provider by links. A reference is the order's key and the last instant of its link."""

    name = "payment-links"
    charges_itself = True  # there is nothing that this service could charge

    @property
    def origin(self) -> str:
        return str(settings.PAYMENT_PROVIDER_URL)

    def begin(self, order: Order, return_url: str, cancel_url: str) -> Page:
        reference = order.reference or f"{order.pk}-{int((clock.now() + LASTS).timestamp())}"
        what = {"reference": reference, "amount": f"{order.amount:f}", "currency": order.currency}
        query = urlencode(what | {"return_url": return_url, "cancel_url": cancel_url})
        key = settings.PAYMENT_PROVIDER_KEY.encode()
        signed = urlencode({"signature": hmac.new(key, query.encode(), hashlib.sha256).hexdigest()})
        return Page(reference, f"{self.origin}/pay?{query}&{signed}")

    def save_method(self, user_id: str, customer: str, return_url: str, cancel_url: str) -> Page:
        raise ProviderRefused("payment links save no payment methods")

    def close(self, reference: str) -> Outcome:
        return self.ask(reference)

    def prepare(self, order: Order, method: PaymentMethod, number: int) -> str:
        raise ProviderRefused("payment links charge no saved methods")

    def charge(self, reference: str, method: PaymentMethod, number: int) -> Outcome:
        return Outcome(OutcomeKind.NOTHING_HAPPENED)

    def ask(self, reference: str) -> Outcome:
        past_end = clock.now().timestamp() - int(reference.partition("-")[2])
        if past_end < 0:
            return Outcome(OutcomeKind.OPEN)
        still_told = past_end < MESSAGES_TAKE.total_seconds()
        return Outcome(OutcomeKind.UNKNOWN if still_told else OutcomeKind.CLOSED)

    def refund(self, payment: Payment, amount: Decimal, key: str) -> Outcome:
        return Outcome(OutcomeKind.DECLINED, code="refund_it_at_the_provider")

    def message(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Message:
        message_id = verify(headers, body, settings.PAYMENT_PROVIDER_WEBHOOK_SECRETS, now)
        try:
            told = json.loads(body)
            kept = {name: str(told["data"][name]) for name in KEPT if name in told["data"]}
            return Message(message_id, told["type"], datetime.fromisoformat(told["timestamp"]), kept)
        except (LookupError, TypeError, ValueError) as error:
            raise Forged(f"the message lacks what every message has: {type(error).__name__}") from error

    def facts(self, message: Message) -> tuple[Fact, ...]:
        reader = READERS.get(message.type)
        return (reader(message.body, message.made_at),) if reader else ()

    def since(self, instant: datetime) -> None:
        return None  # it has no list

    def forget(self, customer: str) -> None:
        """Know no customers."""


def _payment(told: Mapping[str, Any], made_at: datetime) -> Fact:
    order_id = int(told["reference"].partition("-")[0])
    named = {"reference": told["reference"], "transaction_id": told["payment"]}
    return Fact(FactKind.SUCCEEDED, made_at, order_id=order_id, **named, **_money(told))


def _refund(told: Mapping[str, Any], made_at: datetime) -> Fact:
    return Fact(FactKind.REFUNDED, made_at, transaction_id=told["refund"], of=told["payment"], **_money(told))


def _money(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"amount": Decimal(told["amount"]), "currency": told["currency"]}


READERS = {"payment.succeeded": _payment, "refund.succeeded": _refund}
