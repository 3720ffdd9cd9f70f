"""Client of the SDK, made for each call: it holds no connection."""

import stripe
from django.conf import settings
from stripe import StripeClient, V1Services

from payments.providers.stripe.keys import is_safe
from payments.providers.stripe.transport import Transport

stripe.enable_telemetry = False


class UnsafeAddress(ValueError):
    """STRIPE_API_BASE leads off this machine, or a live key would be sent to it."""


def v1() -> V1Services:
    """Return the services of Stripe's API, in the version that the SDK was made for. Raises UnsafeAddress."""
    base, key = settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY
    if base and not is_safe(base, key):
        raise UnsafeAddress("STRIPE_API_BASE is for a local provider and a test key. Unset it.")
    return StripeClient(
        key,
        http_client=Transport(),
        max_network_retries=0,  # a repetition is the order's next attempt
        base_addresses={"api": base} if base else {},
    ).v1
