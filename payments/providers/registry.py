"""The provider that the setting PAYMENT_PROVIDER names."""

import re
from functools import cache

from django.core.exceptions import ImproperlyConfigured

from payments.models.present_provider import provider_class
from payments.providers.interface import Provider

NAME = re.compile(r"[\w.-]{1,50}")
"""What fits into rows and into the webhook's address."""


def current() -> Provider | None:
    """Return the provider that takes money; None if there is none. Raises ImproperlyConfigured for a wrong path."""
    found = provider_class()
    return _made(found) if found else None


def is_asked(name: str) -> bool:
    """Return True if the provider of this name is the present one. A former one is never called."""
    provider = current()
    return provider is not None and provider.name == name


@cache
def _made(found: type[Provider]) -> Provider:
    provider = found()
    if not NAME.fullmatch(provider.name):
        path = f"{found.__module__}.{found.__qualname__}"
        raise ImproperlyConfigured(f"the name of the payment provider {path} does not match {NAME.pattern}")
    return provider
