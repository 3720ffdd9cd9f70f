"""The provider that the setting PAYMENT_PROVIDER names."""

import re
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from payments.models.payment import BY_STAFF
from payments.providers.interface import Provider

PATHS = {"stripe": "payments.providers.stripe.adapter.StripeProvider"}
"""Dotted paths of the adapters by their short names."""

NAME = re.compile(r"[\w.-]{1,50}")
"""What fits into rows and into the webhook's address."""

NOT_ASKED = ("", BY_STAFF)
"""Values under which no provider is asked: payments are off, or recorded by staff."""


def current() -> Provider | None:
    """Return the provider that takes money; None if there is none. Raises ImproperlyConfigured for a wrong path."""
    name = settings.PAYMENT_PROVIDER
    return None if name in NOT_ASKED else _provider(PATHS.get(name, name))


def is_asked(name: str) -> bool:
    """Return True if the provider of this name is the present one. A former one is never called."""
    provider = current()
    return provider is not None and provider.name == name


@cache
def _provider(path: str) -> Provider:
    try:
        provider: Provider = import_string(path)()
    except ImportError as error:
        raise ImproperlyConfigured(f"PAYMENT_PROVIDER cannot be imported: {error}") from error
    if not NAME.fullmatch(provider.name):
        raise ImproperlyConfigured(f"the name of the payment provider {path} does not match {NAME.pattern}")
    return provider
