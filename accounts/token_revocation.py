"""Revocation of a user's tokens when their password changes."""

from django.contrib.auth.models import AbstractBaseUser

from accounts.tokens import end_tokens


class TokenRevocation:
    """Password validator that accepts every password and ends the user's tokens when one is saved.

    Django calls `password_changed` for every way to change a password: pages, admin, command and code. An upgrade of
    the hash at a sign-in is no change. A service account has no password, so its tokens stay.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept the password."""

    def get_help_text(self) -> str:
        """Return no text: there is no rule to follow."""
        return ""

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """End the user's tokens."""
        if user is not None and user.pk is not None:
            end_tokens(user)
