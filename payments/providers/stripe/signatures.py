"""Signatures of Stripe's webhooks: the official SDK verifies, and what it does not refuse is refused here.

https://docs.stripe.com/webhooks/signature
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from stripe import SignatureVerificationError, WebhookSignature

from payments.errors import Forged

TOLERANCE = timedelta(seconds=300)
"""Most that the clocks may differ, both ways. The SDK takes any timestamp of the future."""


def verify(header: str, body: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Raise Forged unless one of the secrets signed exactly these bytes within the tolerance around `now`."""
    signed_at = _timestamp(header)
    # Compared and not subtracted: a number of a thousand digits is no float.
    if not (now - TOLERANCE).timestamp() <= signed_at <= (now + TOLERANCE).timestamp():
        raise Forged("the timestamp is too far from now")
    if not any(_is_signed(header, body, secret) for secret in secrets):
        raise Forged("no signature matches")


def _timestamp(header: str) -> int:
    """Return the only timestamp. With two, one could be signed and the other checked."""
    found = [part.split("=", 2)[1:2] for part in header.split(",") if part.split("=", 2)[0] == "t"]
    if len(found) != 1 or not found[0]:
        raise Forged("the signature has no timestamp, or more than one")
    try:
        return int(found[0][0])
    except ValueError as error:
        raise Forged("the timestamp is no number") from error


def _is_signed(header: str, body: bytes, secret: str) -> bool:
    try:
        # The tolerance is checked above, by the service's clock.
        return bool(WebhookSignature.verify_header(body, header, secret, tolerance=None))
    except (SignatureVerificationError, UnicodeError, TypeError):
        # Bodies that are not UTF-8, and signatures beyond ASCII, make the SDK raise errors of Python's.
        return False
