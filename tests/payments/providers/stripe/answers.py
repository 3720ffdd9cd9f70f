"""Stripe's objects, with the members that the adapter reads."""

from typing import Any

CREATED = 1_796_000_000


def intent(status: str = "succeeded", **members: Any) -> dict[str, Any]:
    """Return a PaymentIntent of 9.90 EUR with charge and payment method expanded."""
    return {
        "object": "payment_intent",
        "id": "pi_1",
        "status": status,
        "amount": 990,
        "amount_received": 990 if status == "succeeded" else 0,
        "currency": "eur",
        "created": CREATED,
        "customer": "cus_1",
        "setup_future_usage": None,
        "last_payment_error": None,
        "next_action": None,
        "latest_charge": {"object": "charge", "id": "ch_1", "created": CREATED + 5, "receipt_url": "https://pay/r"},
        "payment_method": {
            "object": "payment_method",
            "id": "pm_1",
            "type": "card",
            "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2027},
        },
        **members,
    }


def session(status: str = "complete", **members: Any) -> dict[str, Any]:
    """Return a Checkout session in payment mode."""
    return {
        "object": "checkout.session",
        "id": "cs_1",
        "status": status,
        "mode": "payment",
        "url": "https://checkout.stripe.com/c/pay/cs_1" if status == "open" else None,
        "payment_intent": None,
        "setup_intent": None,
        "customer": "cus_1",
        **members,
    }


def failure(code: str, decline_code: str = "") -> dict[str, Any]:
    """Return the last error of an intent. Stripe leaves out a decline code that does not apply."""
    return {"code": code, "type": "card_error"} | ({"decline_code": decline_code} if decline_code else {})
