"""Environment in which the deployed adapter calls the local provider."""

from infra.local_provider.provider import SECRET_KEY


def stripe_at(url: str) -> dict[str, str]:
    """Return the variables by which the site uses the local provider at this address."""
    return {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_BASE": url, "STRIPE_SECRET_KEY": SECRET_KEY}
