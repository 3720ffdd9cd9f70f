"""Endpoint that tells who the caller is."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.api.documentation import CHALLENGE, documented, problems
from foundation.api.examples import example
from foundation.api.scopes import ANY_SCOPE, TokenCredentials
from foundation.api.views import PrivateEndpoint
from subscriptions.api.user_detail import UserSerializer, user_as_json


@example({"name": "Billing", "key": "sub_0123456789a", "scopes": ["users:read"], "expires_at": "2027-12-01T09:30:00Z"})
class TokenSerializer(serializers.Serializer[Any]):
    """The token of the request."""

    name = serializers.CharField()
    key = serializers.CharField(help_text="how the token begins")
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


@example({"id": 7, "external_user_id": "crm-7", "username": "ada", "token": None})
class CallerSerializer(UserSerializer):
    """The caller. `token` is null for a session."""

    username = serializers.CharField(source="get_username")
    token = TokenSerializer(allow_null=True)


class Me(PrivateEndpoint):
    """The caller."""

    scopes = {"GET": ANY_SCOPE}

    @documented(operation_id="me", parameters=[CHALLENGE], responses={200: CallerSerializer} | problems(401, 403))
    def get(self, request: Request) -> Response:
        """Return who you are, and what your token may be used for."""
        user, token = self.user, request.auth
        shown = _token(token) if isinstance(token, TokenCredentials) else None
        return Response({**user_as_json(user), "username": user.get_username(), "token": shown})


def _token(token: TokenCredentials) -> dict[str, Any]:
    shown = {"name": token.name, "key": token.key, "scopes": token.scope_names(), "expires_at": token.expires_at}
    return dict(TokenSerializer(shown).data)
