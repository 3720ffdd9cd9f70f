"""Browsers that an account has been entered with, which others' guesses do not lock out.

The cookie is OWASP's device cookie: signed, and bound to the account and its password.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from accounts.models import User
from foundation.email_addresses import address_of

COOKIE = "device"
LIFETIME = timedelta(days=365)
SALT = "accounts.devices.of_account"
"""Differs from that of the cookies that named an account by its user name and address, and are unknown now."""
RANDOM_CHARACTERS = 22
"""128 bits."""
VERIFIED = "verified"
"""Last part of the cookie of a browser that has shown the second factor; there is none of other browsers."""


@dataclass(frozen=True)
class KnownDevice:
    """A browser by its random name, and the primary key of the account that it entered."""

    name: str
    account: str
    is_verified: bool
    """True if it has shown the account's second factor. One that has reset the password has not."""


def normalised_name(typed: str) -> str:
    """Return the name as Django's form compares it; otherwise each spelling would have its own counter."""
    return unicodedata.normalize("NFKC", typed.strip()).casefold()


def remember_device(response: HttpResponse, user: User, *, is_verified: bool) -> None:
    """Let the browser keep that it has entered the account, until the password changes.

    `is_verified` says that it has shown the account's second factor.
    """
    content = [get_random_string(RANDOM_CHARACTERS), str(user.pk), _proof(user), *([VERIFIED] if is_verified else [])]
    response.set_cookie(
        COOKIE,
        signing.dumps(content, salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_device(request: HttpRequest, name: str) -> KnownDevice | None:
    """Return the browser if it entered the account that has this name or address today, with its present password.

    The account is looked up by the cookie, not by the name: a browser without one costs no query, and learns nothing.
    """
    try:
        device, key, proof, *marks = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
        user = get_user_model()._base_manager.filter(pk=key, is_active=True).first()
    except (signing.BadSignature, ValidationError, ValueError):  # the latter two: a key of another user model
        return None
    if user is None or not constant_time_compare(proof, _proof(user)):
        return None
    names = {normalised_name(user.get_username()), normalised_name(address_of(user))}
    return KnownDevice(device, key, marks == [VERIFIED]) if normalised_name(name) in names else None


def is_verified_device(request: HttpRequest, user: User) -> bool:
    """Return True if the browser has entered the account with its present password and the second factor before."""
    device = known_device(request, user.get_username())
    return device is not None and device.is_verified


def _proof(user: User) -> str:
    """Return what a changed password changes, as Django's sessions have it."""
    return salted_hmac(SALT, user.password, algorithm="sha256").hexdigest()
