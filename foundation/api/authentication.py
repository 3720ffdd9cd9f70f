"""Token authentication of the API. Session authentication is Django REST framework's own."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from knox import auth
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from foundation import clock


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc]
    """Authenticate by `Authorization: Token …`, hashed at rest. `manage.py create_api_token` creates a token.

    Looking up the hash takes one query and no write, and accepts any bytes. Knox's own look-up reads all tokens of the
    user, deletes expired ones, and raises UnicodeDecodeError for a token that is not UTF-8.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[AbstractBaseUser, AuthToken]:
        """Return the token's user and the token.

        Raises AuthenticationFailed if the token is unknown or expired, or the user inactive.
        """
        digest = hash_token(token.decode("latin-1"))
        found = AuthToken.objects.select_related("user").filter(digest=digest).first()
        if found is None or (found.expiry is not None and found.expiry <= clock.now()):
            raise AuthenticationFailed("The token is unknown or has expired.")
        authenticated: tuple[Any, AuthToken] = self.validate_user(found)
        return authenticated
