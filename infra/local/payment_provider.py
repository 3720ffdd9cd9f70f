"""Payment provider of `make run`: the deployed Stripe adapter calls a provider on this machine."""

from pathlib import Path

from foundation import clock
from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET, LocalProvider

WEBHOOKS = "/payments/webhooks/stripe"
PORT = 12_111


def provider_for(site_url: str, directory: Path) -> LocalProvider:
    """Return a provider that sends its events to the site, by the local clock. Its ledger is kept in the directory."""
    # Its pages are found again after a restart, if the port is free.
    return LocalProvider(
        port=PORT, file=directory / "provider.sqlite3", now=clock.now, webhook_url=f"{site_url}{WEBHOOKS}"
    )


def variables_for(provider: LocalProvider) -> dict[str, str]:
    """Return the environment by which the site uses the provider."""
    return {
        "PAYMENT_PROVIDER": "stripe",
        "STRIPE_API_BASE": provider.url,
        "STRIPE_SECRET_KEY": SECRET_KEY,
        "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
    }
