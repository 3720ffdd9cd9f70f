"""Who calls the API: by token. (By session is Django REST framework's own.)"""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from knox import auth
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from foundation import clock


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Token …`, hashed at rest. Make one with `manage.py create_api_token`.

    Looking up the hash is one query and no write, and takes any bytes. Knox's own look-up reads all the tokens of the
    user, deletes the expired ones on the way, and raises UnicodeDecodeError for a token that is not UTF-8.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[AbstractBaseUser, AuthToken]:
        """The token's user. Raises AuthenticationFailed where it is unknown, has expired, or the user is inactive."""
        digest = hash_token(token.decode("latin-1"))
        found = AuthToken.objects.select_related("user").filter(digest=digest).first()
        if found is None or (found.expiry is not None and found.expiry <= clock.now()):
            raise AuthenticationFailed("The token is not known, or has expired.")
        authenticated: tuple[Any, AuthToken] = self.validate_user(found)
        return authenticated
