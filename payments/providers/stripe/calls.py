"""Calls of the adapter, with the SDK's errors translated. Importing this module imports the SDK."""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from stripe import InvalidRequestError, StripeError

from payments.errors import ProviderRefused, ProviderUnavailable
from payments.providers.interface import Outcome, OutcomeKind, Page
from payments.providers.stripe import charges, sessions
from payments.providers.stripe.amounts import UnpayableAmount
from payments.providers.stripe.client import v1
from payments.providers.stripe.outcomes import explained, of_error, of_refused_refund

if TYPE_CHECKING:  # the models would load before Django is ready
    from payments.models import Order, Payment, PaymentMethod

Answer = TypeVar("Answer")

GONE = "resource_missing"

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""Errors of reading an object that lacks what Stripe's API says it has. The call may have had its effect."""

logger = logging.getLogger(__name__)


def begin(order: "Order", return_url: str, cancel_url: str, customer: str, email: str) -> Page:
    """Return the order's page. Raises ProviderUnavailable or ProviderRefused."""
    return _taking_nothing(lambda: sessions.begin(order, return_url, cancel_url, customer, email))


def save_method(user_id: str, return_url: str, cancel_url: str, customer: str) -> Page:
    """Return a page for entering a method. Raises ProviderUnavailable or ProviderRefused."""
    return _taking_nothing(lambda: sessions.save_method(user_id, return_url, cancel_url, customer))


def prepare(order: "Order", method: "PaymentMethod", number: int) -> str:
    """Return the reference of a charge. Raises ProviderUnavailable or ProviderRefused."""
    return _taking_nothing(lambda: charges.prepare(order, method, number))


def charge(reference: str, method: "PaymentMethod", number: int) -> Outcome:
    """Return the outcome of a try to take the money."""
    return _attempted(lambda: charges.charge(reference, method, number))


def ask(reference: str) -> Outcome:
    """Return what is known of a session or an intent."""
    resource = sessions if reference.startswith(sessions.PREFIX) else charges
    return _attempted(lambda: resource.ask(reference))


def close(reference: str) -> Outcome:
    """Cancel a session or an intent; if that is refused, return what is known of it."""
    if reference.startswith(sessions.PREFIX):
        outcome = _attempted(lambda: sessions.expire(reference))
    else:
        outcome = _attempted(lambda: charges.cancel(reference))
    return _asked(reference, outcome) if outcome.kind is OutcomeKind.UNKNOWN else outcome


def refund(payment: "Payment", amount: Decimal, key: str) -> Outcome:
    """Return the outcome of a refund. DECLINED for what Stripe did not execute and would not execute later."""
    try:
        return charges.refund(payment, amount, key)
    except UnpayableAmount:
        return Outcome(OutcomeKind.DECLINED_FOR_GOOD, code="unpayable_amount")
    except StripeError as error:
        return of_refused_refund(error)
    except UNREADABLE as error:
        return _unreadable(error)


def forget(customer: str) -> None:
    """Delete the customer; one that is gone is deleted. Raises ProviderUnavailable or ProviderRefused."""
    try:
        _taking_nothing(lambda: v1().customers.delete(customer))
    except ProviderRefused as error:
        if not isinstance(error.__cause__, InvalidRequestError) or error.__cause__.code != GONE:
            raise


def _asked(reference: str, unknown: Outcome) -> Outcome:
    """Return what is known of a reference after a call; still unknown if the question had no effect, not the call."""
    outcome = ask(reference)
    return unknown if outcome.kind is OutcomeKind.NOTHING_HAPPENED else outcome


def _attempted(call: Callable[[], Outcome]) -> Outcome:
    try:
        return call()
    except StripeError as error:
        return of_error(error)
    except UNREADABLE as error:
        return _unreadable(error)


def _taking_nothing(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except UnpayableAmount as error:
        raise ProviderRefused(str(error)) from error
    except StripeError as error:
        raise explained(error) from error
    except UNREADABLE as error:
        raise ProviderUnavailable(f"Stripe gave an unreadable answer: {type(error).__name__}") from error


def _unreadable(error: Exception) -> Outcome:
    logger.error("Stripe gave an unreadable answer", extra={"error": type(error).__name__})
    return Outcome(OutcomeKind.UNKNOWN, code="unreadable")
