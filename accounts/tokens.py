"""API tokens for programs. The database holds only their hashes.

Django-rest-knox keeps the tokens. Scopes, name and last use are in a table beside, `accounts.TokenDetails`, which the
release before this one does not read. That release would let a token do everything that its user may, so tokens with
scopes have hashes that it does not find: after a rollback they are refused, not overpowered.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from knox.crypto import create_token_string, hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS

from accounts.models import TokenDetails
from foundation import clock

LIFETIME_DAYS = 365
LONGEST_LIFETIME_DAYS = 3650
MOST_TOKENS = 50
"""Tokens that a user may create on the account page."""

PREFIX = "sub_"
"""Beginning of each token, by which people and scanners for leaked secrets recognise it."""
DOMAIN = "scoped "
"""Hashed in front of a token with scopes."""

LAST_USE_PRECISION = timedelta(minutes=1)
"""Age of the recorded last use at which it is written again, so that reading does not write with every request."""


def make_token(
    user: AbstractBaseUser,
    days: int,
    *,
    name: str = "",
    scopes: Collection[str] | None = None,
    personal: bool = False,
) -> tuple[AuthToken, str]:
    """Create a token that expires after `days`. Return its row, and the token itself, which is not stored.

    Without `scopes` it has those of the tokens from before scopes. `personal` records that its owner made it: with a
    changed password earlier releases end those alone.
    """
    secret = PREFIX + create_token_string()
    token = AuthToken(
        digest=digest_of(secret),
        token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH],
        user=user,
        expiry=clock.now() + timedelta(days=days),
    )
    details = TokenDetails(token=token, name=name, scopes=None if scopes is None else sorted(scopes), personal=personal)
    with transaction.atomic():
        token.save(force_insert=True)
        details.save(force_insert=True)
    return token, secret


def digest_of(secret: str) -> str:
    """Return the hash by which a token is stored."""
    return str(hash_token(DOMAIN + secret if secret.startswith(PREFIX) else secret))


def details_of(token: AuthToken) -> TokenDetails:
    """Return the token's details; new ones, not saved, for a token that the release before this one made."""
    details: TokenDetails | None = getattr(token, "details", None)
    return details or TokenDetails(token=token)


def record_use(details: TokenDetails, now: datetime) -> None:
    """Record the token's last use, at most once per LAST_USE_PRECISION."""
    if details.last_used_at and details.last_used_at > now - LAST_USE_PRECISION:
        return
    details.last_used_at = now
    TokenDetails.objects.bulk_create(
        [details], update_conflicts=True, unique_fields=["token"], update_fields=["last_used_at"]
    )


def tokens_of(user: AbstractBaseUser) -> Any:
    """Return the tokens of a user with their details, newest first."""
    return AuthToken.objects.select_related("details").filter(user=user.pk).order_by("-created")


def end_tokens(user: AbstractBaseUser) -> None:
    """Delete all tokens of the user, whoever created them and in whichever release."""
    AuthToken.objects.filter(user=user.pk).delete()
