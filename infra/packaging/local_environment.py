"""What a shell may hold for a deployment must not be taken for local settings: here it is put aside."""

import os

DEPLOYMENT_VARIABLES = (
    "ALLOWED_HOSTS",
    "LOG_LEVEL",
    "SECRET_KEY",
    "SES_CONFIGURATION_SET",
    "SES_FROM_ADDRESS",
    "SES_SEND_RATE",
    "SITE_URL",
    "SNS_TOPIC_ARN",
)


LOOPBACK = ("127.0.0.1", "localhost")
"""The hosts of the local stack, which no proxy leads to."""


def be_local(**variables: str) -> None:
    """Leave config.settings with its local defaults, and with `variables`. Call it before Django reads them."""
    for name in DEPLOYMENT_VARIABLES:
        os.environ.pop(name, None)
    bypass = ",".join(filter(None, [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), *LOOPBACK]))
    os.environ.update({"DJANGO_LOCAL": "1", "NO_PROXY": bypass, "no_proxy": bypass} | variables)
