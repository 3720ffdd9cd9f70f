"""Identifiers as Stripe writes them: a prefix that names the kind of object, and random letters."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits

PREFIXES = {
    "payment_intent": "pi_",
    "setup_intent": "seti_",
    "charge": "ch_",
    "checkout.session": "cs_test_",
    "customer": "cus_",
    "payment_method": "pm_",
    "refund": "re_",
    "dispute": "dp_",
    "event": "evt_",
    "balance_transaction": "txn_",
}


def random_letters(count: int) -> str:
    """Return letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def new_identifier(kind: str) -> str:
    """Return a new identifier for an object of this kind."""
    return PREFIXES[kind] + random_letters(58 if kind == "checkout.session" else 24)
