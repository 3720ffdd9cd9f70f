"""Keyed hashes of suppressed addresses, which outlive the erasure of the addresses' owners.

The key is SECRET_KEY. A hash by a former key is found as long as that is in SECRET_KEY_FALLBACKS.
"""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac

PREFIX = "hmac-sha256:"
SALT = "notifications.suppression"


def digest(address: str, secret: str | None = None) -> str:
    """Return what replaces the normalised address, by the present key unless another is given."""
    return PREFIX + salted_hmac(SALT, address, secret=secret, algorithm="sha256").hexdigest()


def digests(address: str) -> set[str]:
    """Return the hashes of the normalised address by all keys."""
    return {digest(address, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def by_stored_form(addresses: Iterable[str]) -> dict[str, str]:
    """Return the normalised addresses by each form in which a suppression may store them."""
    return {form: address for address in addresses for form in {address, *digests(address)}}


def stored_forms(address: str) -> Collection[str]:
    """Return the forms in which a suppression may store the normalised address."""
    return by_stored_form([address])
