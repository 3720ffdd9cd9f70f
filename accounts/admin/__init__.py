"""Admin pages of accounts and API tokens; importing this package registers those of the tokens."""

from accounts.admin import tokens

__all__ = ["tokens"]
