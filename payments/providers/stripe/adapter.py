"""Stripe as a payment provider. Loading this module does not load the SDK; its calls do."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings

from foundation.email_addresses import address_of
from payments.models import PaymentMethod
from payments.providers.interface import Fact, Message, Outcome, Page
from payments.providers.stripe import amounts
from payments.providers.stripe.facts import facts_of

if TYPE_CHECKING:
    from payments.models import Order, Payment

NAME = "stripe"
HOSTED_PAGES = "https://checkout.stripe.com"


class StripeProvider:
    """Charges by PaymentIntents, hosted page by Checkout sessions. A reference is the id of one of the two."""

    name = NAME
    charges_itself = False

    @property
    def origin(self) -> str:
        """Origin of the hosted page: Stripe's, or that of the local provider."""
        return settings.STRIPE_API_BASE or HOSTED_PAGES

    def payable(self, amount: Decimal, currency: str, rounding: str) -> Decimal:
        return amounts.payable(amount, currency, rounding)

    def begin(self, order: "Order", return_url: str, cancel_url: str) -> Page:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.begin(order, return_url, cancel_url, _customer_of(order.user_id), address_of(order.user))

    def save_method(self, user_id: str, customer: str, return_url: str, cancel_url: str) -> Page:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.save_method(user_id, return_url, cancel_url, customer)

    def close(self, reference: str) -> Outcome:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.close(reference)

    def prepare(self, order: "Order", method: PaymentMethod, number: int) -> str:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.prepare(order, method, number)

    def charge(self, reference: str, method: PaymentMethod, number: int) -> Outcome:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.charge(reference, method, number)

    def ask(self, reference: str) -> Outcome:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.ask(reference)

    def refund(self, payment: "Payment", amount: Decimal, key: str) -> Outcome:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        return calls.refund(payment, amount, key)

    def message(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Message:
        from payments.providers.stripe import messages  # noqa: PLC0415 - loads the SDK's verifier

        return messages.read(headers, body, now)

    def facts(self, message: Message) -> tuple[Fact, ...]:
        return facts_of(message)

    def since(self, instant: datetime) -> Iterable[Fact]:
        from payments.providers.stripe import events  # noqa: PLC0415 - loads the SDK

        return events.since(instant)

    def forget(self, customer: str) -> None:
        from payments.providers.stripe import calls  # noqa: PLC0415 - loads the SDK

        calls.forget(customer)


def _customer_of(user_id: Any) -> str:
    """Return the customer that Stripe knows the user as, or ""."""
    known = PaymentMethod.objects.filter(user_id=user_id, provider=NAME, forget_requested_at=None)
    return known.exclude(customer="").order_by("-pk").values_list("customer", flat=True).first() or ""
