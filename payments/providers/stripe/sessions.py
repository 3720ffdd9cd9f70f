"""Checkout sessions: Stripe's hosted page, for one order or for a payment method."""

from typing import TYPE_CHECKING

from stripe import InvalidRequestError, PaymentIntent, PaymentMethod, SetupIntent
from stripe.checkout import Session

from payments.providers.interface import Outcome, OutcomeKind, Page
from payments.providers.stripe.amounts import to_minor_units
from payments.providers.stripe.client import v1
from payments.providers.stripe.metadata import named
from payments.providers.stripe.outcomes import described, of_intent

if TYPE_CHECKING:  # the models would load before Django is ready, and the zip has no types of parameters
    from stripe.params.checkout import SessionCreateParams

    from payments.models import Order

PREFIX = "cs_"
EXPANDED = ["payment_intent.latest_charge", "payment_intent.payment_method", "setup_intent.payment_method"]
SINGLE_USE = ("bancontact", "ideal", "sofort")
"""Types that pay once: what could be charged later is the SEPA debit that the charge generates, and events of intents
do not name.

https://docs.stripe.com/payments/ideal/save-during-payment
"""

MONEY_MOVES = (OutcomeKind.SUCCEEDED, OutcomeKind.PENDING)


class NotOpen(ValueError):
    """The session that the order refers to takes no money any more. Ask what became of it."""


def begin(order: "Order", return_url: str, cancel_url: str, customer: str, email: str) -> Page:
    """Return the order's page: the one that it refers to, or a new one. Raises NotOpen, StripeError."""
    if order.reference:
        session = v1().checkout.sessions.retrieve(order.reference)
        if session.status != "open" or not session.url:
            raise NotOpen(f"session of order {order.pk} is {session.status}")
        return Page(session.id, session.url)
    return _created_for(_payment(order, return_url, cancel_url), customer, email, keeps_method=order.renews)


def save_method(user_id: str, return_url: str, cancel_url: str, customer: str) -> Page:
    """Return a page on which the user enters a card. Raises StripeError."""
    metadata = named("user", user_id)
    wanted: SessionCreateParams = {
        "mode": "setup",
        "allowed_payment_method_types": ["card"],
        "success_url": return_url,
        "cancel_url": cancel_url,
        "metadata": metadata,
        "setup_intent_data": {"metadata": metadata},
    }
    return _created_for(wanted, customer, "", keeps_method=True)


def ask(reference: str) -> Outcome:
    """Return the outcome of a session. Raises StripeError."""
    return of_session(v1().checkout.sessions.retrieve(reference, {"expand": EXPANDED}))


def expire(reference: str) -> Outcome:
    """Close the page. Return CLOSED, or what happened before. Raises StripeError."""
    return of_session(v1().checkout.sessions.expire(reference, {"expand": EXPANDED}))


def of_session(session: Session) -> Outcome:
    """Return the outcome of a session whose intents are expanded. Money counts, whatever the session says of itself."""
    intent = session.payment_intent
    outcome = of_intent(intent) if isinstance(intent, PaymentIntent) else Outcome(OutcomeKind.UNKNOWN)
    if outcome.kind in MONEY_MOVES:
        return outcome
    if session.status == "expired" or _has_failed(session):
        return Outcome(OutcomeKind.CLOSED, code=outcome.code)
    if session.status == "open":  # the page takes another card after a decline
        return Outcome(OutcomeKind.OPEN, code=outcome.code)
    return _saved(session) if session.mode == "setup" else outcome


def _has_failed(session: Session) -> bool:
    """Return True if the page was left with a debit that failed days later. It takes no other card any more."""
    intent = session.payment_intent
    failed = isinstance(intent, PaymentIntent) and intent.status == "requires_payment_method"
    return session.status == "complete" and failed


def _saved(session: Session) -> Outcome:
    setup = session.setup_intent
    if not isinstance(setup, SetupIntent) or not isinstance(setup.payment_method, PaymentMethod):
        return Outcome(OutcomeKind.UNKNOWN)
    customer = session.customer if isinstance(session.customer, str) else getattr(session.customer, "id", "")
    return Outcome(OutcomeKind.SUCCEEDED, method=described(setup.payment_method, customer))


def _payment(order: "Order", return_url: str, cancel_url: str) -> "SessionCreateParams":
    metadata = named("order", order.pk)
    wanted: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": to_minor_units(order.amount, order.currency),
                    "product_data": {"name": order.plan.name},
                },
            }
        ],
        "success_url": return_url,
        "cancel_url": cancel_url,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        # Whatever the account's defaults are, the page takes exactly what the order says.
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False},
    }
    if order.renews:
        wanted["payment_intent_data"]["setup_future_usage"] = "off_session"
        wanted["excluded_payment_method_types"] = list(SINGLE_USE)
    return wanted


def _created_for(wanted: "SessionCreateParams", customer: str, email: str, *, keeps_method: bool) -> Page:
    """Create the session for a known customer, or for a new one where Stripe no longer has that one.

    A session that keeps no method makes no customer: no row would lead an erasure to it.
    """
    if customer:
        try:
            return _created({**wanted, "customer": customer})
        except InvalidRequestError as error:
            if error.param != "customer":
                raise
    known: SessionCreateParams = {"customer_email": email} if email else {}
    return _created({**wanted, **known, "customer_creation": "always" if keeps_method else "if_required"})


def _created(wanted: "SessionCreateParams") -> Page:
    # Under a new key each time: a session that nobody has seen is paid by nobody, and a known key would bring back a
    # page that was closed meanwhile.
    session = v1().checkout.sessions.create(wanted)
    return Page(session.id, session.url or "")
