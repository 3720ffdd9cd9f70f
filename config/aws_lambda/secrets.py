"""Function secret: one JSON object in Secrets Manager, loaded into the environment before the settings are read."""

import json
from collections.abc import Mapping, MutableMapping
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

VARIABLES = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "DATABASE_URL",
    "DJANGO_SUPERUSER_PASSWORD",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "PAYMENT_PROVIDER_KEY",
    "PAYMENT_PROVIDER_WEBHOOK_SECRETS",
)
"""Keys that become environment variables. Others are ignored, so that a secret cannot set PYTHONPATH and the like."""

DATABASE_PARTS = ("username", "password", "host", "port", "dbname")
"""Keys that RDS writes into the secret of a database, and changes on rotation.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
"""

PROXY = "DATABASE_HOST"
"""Variable that holds the host name of a database proxy, which RDS does not write into the secret.

A deployment sets it from the output of data.yaml.
"""

REQUIRED = ("SECRET_KEY", "DATABASE_URL")


class UnusableSecret(ImproperlyConfigured):
    """The secret is unavailable or lacks a key. The message names keys but no value."""


def load_secret(environment: MutableMapping[str, str]) -> None:
    """Load the secret named by `SECRET_ARN` into the environment, overriding existing values.

    Does nothing without `SECRET_ARN`. Raises UnusableSecret.
    """
    arn = environment.get("SECRET_ARN", "")
    if not arn:
        return
    # Imported late: a laptop need not load it.
    from config.aws_lambda.secrets_manager import SecretUnavailable, get_secret_value  # noqa: PLC0415

    try:
        variables = read_variables(get_secret_value(arn, environment), environment.get(PROXY, ""))
    except SecretUnavailable as error:
        raise UnusableSecret(str(error)) from error
    missing = [name for name in REQUIRED if not (variables.get(name) or environment.get(name))]
    if missing:
        raise UnusableSecret(
            f"The secret in SECRET_ARN has no {' and no '.join(missing)}. "
            f"DATABASE_URL may also be given as {', '.join(DATABASE_PARTS)}. See docs/secrets.md."
        )
    environment.update(variables)


def read_variables(text: str, host: str = "") -> dict[str, str]:
    """Return the variables in a secret's JSON, without the empty ones. Raises UnusableSecret.

    A non-empty `host` replaces the database host that RDS wrote.
    """
    try:
        document = json.loads(text)
    except ValueError:
        document = None  # the error itself would carry the secret into the log
    if not isinstance(document, dict):
        raise UnusableSecret("The secret in SECRET_ARN is not a JSON object")
    named = {name: _text(document[name]) for name in VARIABLES if document.get(name)}
    if "DATABASE_URL" not in named and all(document.get(part) for part in DATABASE_PARTS):
        named["DATABASE_URL"] = database_url(document | ({"host": host} if host else {}))
    return named


def database_url(parts: Mapping[str, object]) -> str:
    """Return RDS's parts as a database URL with TLS."""
    user, password, host, port, name = (quote(str(parts[part]), safe="") for part in DATABASE_PARTS)
    return f"postgres://{user}:{password}@{host}:{port}/{name}?sslmode=require"


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
