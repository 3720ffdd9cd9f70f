"""Keys of Stripe's API, and the addresses that may see them."""

from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_live(key: str) -> bool:
    """Return True if the key takes money: https://docs.stripe.com/keys"""
    return "_live_" in key


def is_safe(base: str, key: str) -> bool:
    """Return True for an address on this machine and a test key."""
    return urlsplit(base).hostname in LOOPBACK and not is_live(key)
