"""Outcomes of PaymentIntents, refunds and the SDK's errors, each by one table. What no table knows is unknown."""

from dataclasses import replace
from datetime import UTC, datetime

import stripe
from stripe import (
    AuthenticationError,
    CardError,
    Charge,
    InvalidRequestError,
    PaymentIntent,
    PaymentMethod,
    RateLimitError,
    Refund,
    StripeError,
)

from payments.errors import KeyRefused, ProviderRefused, ProviderUnavailable
from payments.providers.interface import MethodDetails, Outcome, OutcomeKind
from payments.providers.stripe.amounts import from_minor_units
from payments.providers.stripe.expiry import end_of_month
from payments.providers.stripe.transport import NeverConnected

Kind = OutcomeKind

OF_INTENTS = {
    "requires_confirmation": Kind.OPEN,
    "requires_payment_method": Kind.OPEN,  # or declined, if its last error says so
    "requires_action": Kind.REQUIRES_ACTION,
    "processing": Kind.PENDING,
    "succeeded": Kind.SUCCEEDED,
    "canceled": Kind.CLOSED,
}
"""By status: https://docs.stripe.com/payments/paymentintents/lifecycle"""

OF_REFUNDS = {
    "succeeded": Kind.SUCCEEDED,
    "pending": Kind.PENDING,
    "requires_action": Kind.PENDING,
    "failed": Kind.DECLINED,
    "canceled": Kind.DECLINED,
}
"""By status: https://docs.stripe.com/api/refunds/object#refund_object-status"""

RETURNING = ("succeeded", "pending", "requires_action")
"""Status of refunds whose money counts as given back."""

DECLINED_FOR_GOOD = {
    "fraudulent",
    "highest_risk_level",
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
    "stop_payment_order",
    "transaction_not_allowed",
}
"""Decline codes after which the card networks forbid another try, or which no try changes.

https://docs.stripe.com/billing/revenue-recovery/smart-retries, "Non-retryable decline codes", and
https://docs.stripe.com/declines/codes
"""

NEEDS_AUTHENTICATION = {
    "authentication_required",
    "authentication_not_handled",
    "payment_intent_authentication_failure",
}
"""Codes of payments that the bank wants its customer to confirm, or that the customer did not confirm.

https://docs.stripe.com/error-codes and https://docs.stripe.com/declines/codes
"""

KEY_REFUSED = (AuthenticationError, stripe.PermissionError)
"""Errors of a key that is revoked or wrong (401), or lacks a right (403)."""

HAD_NO_EFFECT = (NeverConnected, RateLimitError, *KEY_REFUSED)
"""Errors of calls that Stripe did not execute: never reached it, 429, 401, 403.

https://docs.stripe.com/error-low-level and https://docs.stripe.com/rate-limits
"""

WRONG = (400, 404)
"""Status of a request that Stripe refused before it did anything."""

ALREADY_REFUNDED = "charge_already_refunded"
"""Code of a refund of a payment of which nothing is left: this refund may have been made before, or others."""

IN_USE = 409
"""Status of a call that met another with the same key or object; it was not executed itself."""


def explained(error: StripeError) -> ProviderUnavailable | ProviderRefused:
    """Return the error of a call that takes no money, as the interface has it."""
    if isinstance(error, InvalidRequestError):
        return ProviderRefused(f"Stripe refuses the request: {error.code or error.param}")
    kind = KeyRefused if isinstance(error, KEY_REFUSED) else ProviderUnavailable
    return kind(f"Stripe cannot be used: {error.code or type(error).__name__}")


def of_error(error: StripeError) -> Outcome:
    """Return the outcome of a call that raised this error."""
    if isinstance(error, CardError):
        return _declined(*_codes(error))
    if isinstance(error, HAD_NO_EFFECT) or error.http_status == IN_USE:
        code = error.code or type(error).__name__
        return Outcome(Kind.NOTHING_HAPPENED, code=code, key_refused=isinstance(error, KEY_REFUSED))
    if error.code == "resource_missing" and getattr(error, "param", "") == "payment_method":
        return Outcome(Kind.DECLINED_FOR_GOOD, code="payment_method_missing")
    return Outcome(Kind.UNKNOWN, code=error.code or type(error).__name__)


def of_refused_refund(error: StripeError) -> Outcome:
    """Return the outcome of a refund that raised this error. A request that is wrong stays so, and had no effect."""
    if isinstance(error, InvalidRequestError) and error.http_status in WRONG and error.code != ALREADY_REFUNDED:
        return Outcome(Kind.DECLINED, code=error.code or type(error).__name__)
    return of_error(error)


def of_intent(intent: PaymentIntent) -> Outcome:
    """Return the outcome of a PaymentIntent whose `latest_charge` and `payment_method` are expanded."""
    kind = OF_INTENTS.get(intent.status, Kind.UNKNOWN)
    if kind is Kind.OPEN and (failure := intent.last_payment_error):
        return _declined(_text(failure, "code"), _text(failure, "decline_code"))
    charge = intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
    succeeded = kind is Kind.SUCCEEDED
    return Outcome(
        kind,
        transaction_id=intent.id,
        amount=from_minor_units(intent.amount_received if succeeded else intent.amount, intent.currency),
        currency=intent.currency.upper(),
        paid_at=_instant(charge.created if charge else intent.created) if succeeded else None,
        method=saved_method(intent),
        action_url=_action_url(intent),
        receipt_url=_text(charge, "receipt_url"),
    )


def of_refund(refund: Refund) -> Outcome:
    """Return the outcome of a refund."""
    return Outcome(
        OF_REFUNDS.get(refund.status or "", Kind.UNKNOWN),
        transaction_id=refund.id,
        amount=from_minor_units(refund.amount, refund.currency),
        currency=refund.currency.upper(),
        paid_at=_instant(refund.created),
        code=_text(refund, "failure_reason"),
    )


def saved_method(intent: PaymentIntent) -> MethodDetails | None:
    """Return the method that the subscriber agreed to have charged later; None if there is none.

    Checkout creates the intent when its page is submitted, and no message tells of the charge's instant.
    """
    if intent.setup_future_usage != "off_session" or not isinstance(intent.payment_method, PaymentMethod):
        return None
    return replace(described(intent.payment_method, _id(intent.customer)), entered_at=_instant(intent.created))


def described(method: PaymentMethod, customer: str) -> MethodDetails:
    """Return the method as its owner recognises it."""
    if method.type == "card" and (card := method.card):
        expires = end_of_month(card.exp_year, card.exp_month)
        return MethodDetails(customer, method.id, _text(card, "brand") or "card", _text(card, "last4"), expires)
    return MethodDetails(customer, method.id, method.type, _text(getattr(method, method.type, None), "last4"))


def _declined(code: str, decline_code: str) -> Outcome:
    reason = decline_code or code
    if {code, decline_code} & NEEDS_AUTHENTICATION:
        return Outcome(Kind.REQUIRES_ACTION, code="authentication_required")
    kind = Kind.DECLINED_FOR_GOOD if {code, decline_code} & DECLINED_FOR_GOOD else Kind.DECLINED
    return Outcome(kind, code=reason)


def _codes(error: CardError) -> tuple[str, str]:
    return error.code or "", _text(error.error, "decline_code")


def _action_url(intent: PaymentIntent) -> str:
    return _text(getattr(intent.next_action, "redirect_to_url", None), "url")


def _text(of: object, member: str) -> str:
    """Return a member that Stripe leaves out where it does not apply."""
    return getattr(of, member, None) or ""


def _id(of: object) -> str:
    return of if isinstance(of, str) else _text(of, "id")


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
