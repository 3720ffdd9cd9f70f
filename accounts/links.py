"""Signed links of mails. They are made when a mail is sent, and nothing of them is stored.

The paths are written out, because a warm function remembers the stage prefix of the request before; tests compare them
with the URLs.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.address_holders import address_holders
from accounts.models import User
from foundation.email_addresses import address_of

CONFIRMATION_LIFETIME = timedelta(days=3)
"""Longer than the day over which confirmation mails are counted: whoever is refused another one has a valid link."""

SIGN_UP, CHANGE = "accounts.links.sign_up", "accounts.links.change"


class BadLink(ValueError):
    """Base of the errors of a link. Ask for a new one."""


class ExpiredLink(BadLink):
    """The link is older than it is valid. Ask for a new one."""


class ForgedLink(BadLink):
    """The link is incomplete, or was never made here. Copy all of it, or ask for a new one."""


class UsedLink(BadLink):
    """The link was used, or what it asked for has changed since. Ask for a new one if it is still wanted."""


@dataclass(frozen=True)
class AddressChange:
    """A change of a user's address that the link confirms."""

    user: User
    address: str


def sign_up_url(address: str) -> str:
    """Return the link by which the owner of an address without an account confirms it."""
    return f"{settings.SITE_URL}/sign-up/{signing.dumps(address, salt=SIGN_UP)}/"


def read_sign_up(token: str) -> str:
    """Return the address that the token confirms. Raises ExpiredLink and ForgedLink."""
    return str(read_token(token, SIGN_UP))


def change_url(user: User, address: str) -> str:
    """Return the link by which the owner of an address makes it that of the user."""
    content = [str(user.pk), address, _state(user)]
    return f"{settings.SITE_URL}/account/address/{signing.dumps(content, salt=CHANGE)}/"


def read_change(token: str) -> AddressChange:
    """Return the change that the token confirms.

    Raises ExpiredLink, ForgedLink, and UsedLink, also if another account has the address.
    """
    key, address, state = read_token(token, CHANGE)
    others = Exists(address_holders(address).exclude(pk=OuterRef("pk")))
    try:
        users = get_user_model()._base_manager.select_related("profile")
        user = users.filter(~others, pk=key, is_active=True).first()
    except (ValidationError, ValueError) as error:  # a key of another user model
        raise ForgedLink from error
    if user is None or not constant_time_compare(state, _state(user)):
        raise UsedLink
    return AddressChange(user, address)


def proven_address(token: str) -> str:
    """Return the address whose owner has the link of a change, whatever became of it. Raises as `read_token`."""
    _key, address, _state_then = read_token(token, CHANGE)
    return str(address)


def reset_url(user: User) -> str:
    """Return Django's link by which the user chooses a new password, once."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{settings.SITE_URL}/password-reset/{key}/{default_token_generator.make_token(user)}/"


def read_token(token: str, salt: str, lifetime: timedelta = CONFIRMATION_LIFETIME) -> Any:
    """Return what `signing.dumps` made a token of. Raises ExpiredLink and ForgedLink."""
    try:
        return signing.loads(token, salt=salt, max_age=lifetime)
    except signing.SignatureExpired as error:
        raise ExpiredLink from error
    except (signing.BadSignature, ValueError) as error:
        raise ForgedLink from error


def _state(user: User) -> str:
    """Return what ends the validity of a change: another address, even for a while, or another password."""
    changes = user.profile.address_changes if hasattr(user, "profile") else 0
    parts = [address_of(user), user.password, *([str(changes)] if changes else [])]
    return salted_hmac(CHANGE, " ".join(parts), algorithm="sha256").hexdigest()[:32]
