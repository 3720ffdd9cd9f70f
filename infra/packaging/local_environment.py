"""Local environment variables: removes those that a shell may have set for a deployment."""

import os

DEPLOYMENT_VARIABLES = (
    "ALLOWED_HOSTS",
    "DELIVERY_FUNCTION",
    "LOG_LEVEL",
    "METRIC_NAMESPACE",
    "PAYMENT_PROVIDER",
    "PAYMENT_PROVIDER_KEY",
    "PAYMENT_PROVIDER_URL",
    "PAYMENT_PROVIDER_WEBHOOK_SECRETS",
    "SECRET_KEY",
    "SES_CONFIGURATION_SET",
    "SES_FROM_ADDRESS",
    "SES_SEND_RATE",
    "SITE_URL",
    "SNS_TOPIC_ARN",
    "STRIPE_API_BASE",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
)


LOOPBACK = ("127.0.0.1", "localhost")
"""Hosts of the local stack, which bypass any proxy."""


def be_local(**variables: str) -> None:
    """Set `variables`, and leave config.settings its local defaults. Call it before Django reads them."""
    for name in DEPLOYMENT_VARIABLES:
        os.environ.pop(name, None)
    bypass = ",".join(filter(None, [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), *LOOPBACK]))
    os.environ.update({"DJANGO_LOCAL": "1", "NO_PROXY": bypass, "no_proxy": bypass} | variables)
