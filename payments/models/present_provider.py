"""The provider that the setting PAYMENT_PROVIDER names. It alone charges, and only the methods that bear its name."""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from payments.models.payment import BY_STAFF

PATHS = {"stripe": "payments.providers.stripe.adapter.StripeProvider"}
"""Dotted paths of the adapters by their short names."""

NOT_ASKED = ("", BY_STAFF)
"""Values under which no provider is asked: payments are off, or recorded by staff."""


def provider_class() -> Any:
    """Return the class of the present provider; None if none is asked. Raises ImproperlyConfigured for a wrong path."""
    name = settings.PAYMENT_PROVIDER
    return None if name in NOT_ASKED else _imported(PATHS.get(name, name))


def provider_name() -> str:
    """Return the name of the present provider, as rows bear it; empty, as none does, if none is asked."""
    found = provider_class()
    return found.name if found else ""


@cache
def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"PAYMENT_PROVIDER cannot be imported: {error}") from error
