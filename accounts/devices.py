"""Browsers that an account has been entered with, which others' guesses do not lock out.

The cookie is OWASP's device cookie: signed, with keyed hashes of the names that it stands for.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import unicodedata
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

COOKIE = "device"
LIFETIME = timedelta(days=365)
SALT = "accounts.devices"
RANDOM_CHARACTERS = 22
"""128 bits."""


def normalised_name(typed: str) -> str:
    """Return the name as Django's form compares it; otherwise each spelling would have its own counter."""
    return unicodedata.normalize("NFKC", typed.strip()).casefold()


def remember_device(response: HttpResponse, *names: str) -> None:
    """Let the browser keep that it has entered the account with these names."""
    content = [get_random_string(RANDOM_CHARACTERS), *(_hash(name) for name in names if name)]
    response.set_cookie(
        COOKIE,
        signing.dumps(content, salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_device(request: HttpRequest, name: str) -> str:
    """Return the random name of the browser, or "" if it never entered the account of this name."""
    try:
        device, *names = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError):
        return ""
    return str(device) if _hash(name) in names else ""


def _hash(name: str) -> str:
    return salted_hmac(SALT, normalised_name(name), algorithm="sha256").hexdigest()
