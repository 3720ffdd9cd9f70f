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
    "WAKE_UP_QUEUE_URL",
)


def be_local(**variables: str) -> None:
    """Leave config.settings with its local defaults, and with `variables`. Call it before Django reads them."""
    for name in DEPLOYMENT_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update({"DJANGO_LOCAL": "1"} | variables)
