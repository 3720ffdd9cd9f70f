"""Stripe's signature of a webhook: https://docs.stripe.com/webhooks/signature"""

import hashlib
import hmac
from collections.abc import Iterable


def sign(body: bytes, secrets: Iterable[str], timestamp: int) -> str:
    """Return the header Stripe-Signature, with one signature per secret."""
    signed = f"{timestamp}.".encode() + body
    signatures = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])
