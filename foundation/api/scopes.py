"""Scopes: what an API token may be used for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from rest_framework.exceptions import PermissionDenied

from foundation import registries

MISSING_SCOPE = "missing-scope"
ANY_SCOPE = ""
"""Scope of an endpoint that is open to every token."""


@dataclass(frozen=True)
class Scope:
    """One use of a token. Apps register theirs in `foundation.registries.SCOPES`.

    A scope grants nothing: a token may do what its user may do and its scopes include.
    """

    name: str
    """As `subscriptions:read`."""
    description: str | Promise
    permissions: tuple[str, ...] = ()
    """Permissions, as `app.codename`, of which a user needs one for the scope to be of use; empty: none is needed."""
    in_earlier_tokens: bool = False
    """True if tokens from before scopes have it."""


@dataclass(frozen=True)
class TokenCredentials:
    """`request.auth` of a request with a token. `scopes` is None for a token from before scopes."""

    key: str
    """First characters of the token, by which people recognise it."""
    name: str
    scopes: frozenset[str] | None
    expires_at: datetime | None

    def allows(self, scope: str | None) -> bool:
        """Return True if the token has the scope; without one, only tokens from before scopes are allowed."""
        if scope == ANY_SCOPE:
            return True
        return (self.scopes is None and scope is None) or scope in self.scope_names()

    def scope_names(self) -> list[str]:
        """Return the scopes by name."""
        return earlier_scopes() if self.scopes is None else sorted(self.scopes)


class MissingScope(PermissionDenied):
    """The token lacks the scope, which the problem names."""

    def __init__(self, scope: str | None) -> None:
        super().__init__(
            f"The token lacks the scope {scope}. Create a token that has it."
            if scope
            else "The endpoint declares no scope, so only tokens from before scopes may use it.",
            MISSING_SCOPE,
        )
        self.extensions = {"scope": scope}


def all_scopes() -> Iterator[Scope]:
    """Yield the scopes of all apps."""
    return registries.SCOPES.items(Scope)


def earlier_scopes() -> list[str]:
    """Return the names of the scopes that tokens from before scopes have."""
    return [scope.name for scope in all_scopes() if scope.in_earlier_tokens]


def require_scope(credentials: object, scope: str | None) -> None:
    """Raise MissingScope if the credentials are a token without the scope. A session has all."""
    if isinstance(credentials, TokenCredentials) and not credentials.allows(scope):
        raise MissingScope(scope)
