"""Token authentication of the API. Session authentication is Django REST framework's own."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from knox.models import AuthToken
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.tokens import details_of, digest_of, record_use
from foundation import clock
from foundation.api.scopes import TokenCredentials

SCHEMES = {b"token": "Token", b"bearer": "Bearer"}


class TokenAuthentication(BaseAuthentication):
    """Authenticate by `Authorization: Bearer …` or `Token …`, hashed at rest.

    Looking up the hash takes one query, and at most one write per minute and token; it accepts any bytes. Knox's own
    look-up reads all tokens of the user, deletes expired ones, and raises UnicodeDecodeError for a token that is not
    UTF-8.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, TokenCredentials] | None:
        """Return the token's user and the credentials, or None for another scheme. Raises AuthenticationFailed."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        if len(words) != len(["scheme", "token"]):
            raise AuthenticationFailed("Send `Authorization: Bearer ` and the token, which has no spaces.")
        return _authenticated(words[1].decode("latin-1"), clock.now())

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401: the scheme that was sent, or else Token."""
        words = get_authorization_header(request).split()
        return SCHEMES.get(words[0].lower(), "Token") if words else "Token"


def _authenticated(secret: str, now: datetime) -> tuple[Any, TokenCredentials]:
    found = AuthToken.objects.select_related("user", "details").filter(digest=digest_of(secret)).first()
    if found is None or (found.expiry is not None and found.expiry <= now):
        raise AuthenticationFailed("The token is unknown or has expired.")
    if not found.user.is_active:
        raise AuthenticationFailed("The account is not active.")
    details = details_of(found)
    record_use(details, now)
    scopes = None if details.scopes is None else frozenset(details.scopes)
    return found.user, TokenCredentials(found.token_key, details.name, scopes, found.expiry)
