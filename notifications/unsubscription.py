"""Links that turn reminders off without signing in (RFC 8058)."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer

from foundation.orm.key import Key
from notifications.errors import UnknownLink

SIGNATURE_LENGTH = 22
"""Characters of base64: 132 of HMAC-SHA-256's 256 bits, where RFC 2104, section 5, wants at least half.

The link stands in a header, of which RFC 5322, section 2.1.1, would have no line longer than 78 characters.
"""


ONE_CLICK = {"List-Unsubscribe": "One-Click"}
"""Body of the POST. https://www.rfc-editor.org/rfc/rfc8058#section-3.2"""


class ShortSigner(Signer):
    """Signer for this purpose alone; keys of SECRET_KEY_FALLBACKS still verify."""

    def __init__(self) -> None:
        super().__init__(sep=".", salt="notifications.unsubscription")

    def signature(self, value: bytes | str, key: bytes | str | None = None) -> str:
        """Return the first characters of the signature."""
        return super().signature(value, key)[:SIGNATURE_LENGTH]


def link_of(user: Any) -> str:
    """Return the link for a user's mails."""
    # Not reversed: a warm function remembers the stage prefix of the request before.
    return f"{settings.SITE_URL}/u/{ShortSigner().sign(user._meta.pk.value_to_string(user))}/"


def user_of(token: str) -> Key:
    """Return the primary key of the user whose link ends in this token. Raises UnknownLink."""
    try:
        key: Key = get_user_model()._meta.pk.to_python(ShortSigner().unsign(token))
    except (BadSignature, ValidationError) as error:
        raise UnknownLink("the link is not one of ours, or was cut") from error
    return key
