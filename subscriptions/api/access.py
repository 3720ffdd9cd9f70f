"""Endpoints that tell what a user has access to, and who the caller is."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Profile
from accounts.profiles import profile_of
from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented, problem, problems
from foundation.api.examples import example
from foundation.api.permissions import require_permission
from foundation.api.scopes import ANY_SCOPE, TokenCredentials
from foundation.api.serializers import StrictSerializer, TextField
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import PrivateEndpoint
from subscriptions.api.scopes import USERS_READ, USERS_WRITE
from subscriptions.api.serializers import SUBSCRIPTION, SubscriptionSerializer
from subscriptions.api.timestamps import with_timestamps
from subscriptions.api.users import in_json, user_in_path
from subscriptions.models import Subscription

CHANGE = "accounts.change_profile"
USER_ID = OpenApiParameter(
    "id", str, OpenApiParameter.PATH, description="the user's id, or `external:` and their `external_user_id`"
)
REASONS = {
    "live": "a subscription is live",
    "ended": "the last subscription has ended",
    "none": "there has never been a subscription",
    "deactivated": "the account is deactivated",
}


class ExternalUserIdTaken(APIException):
    """Another user has the id."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "Another user has this external_user_id. Give theirs up first: PATCH it with null."
    problem = "external-user-id-taken"


class AccessParameters(StrictSerializer):
    """Query parameters of the access."""

    plan = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="to this plan only")


@example({"user": 7, "access": True, "until": SUBSCRIPTION["end_date"], "reason": "live", "subscription": SUBSCRIPTION})
class AccessSerializer(serializers.Serializer[Any]):
    """Access of a user."""

    user = serializers.JSONField(help_text="the user's id")
    access = serializers.BooleanField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="the first instant without access; the one that has passed if there is none now"
    )
    reason = serializers.ChoiceField(
        choices=list(REASONS), help_text="; ".join(f"`{name}`: {text}" for name, text in REASONS.items())
    )
    subscription = SubscriptionSerializer(
        allow_null=True,
        help_text="the one that decides: of those that are live, or else of all, the one that ends last",
    )


class Access(PrivateEndpoint):
    """Access of a user."""

    scopes = {"GET": USERS_READ}

    @documented(
        operation_id="users_access",
        parameters=[USER_ID, AccessParameters, CHALLENGE],
        responses={200: AccessSerializer} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the API's path
        """Return whether a user has access, until when, and why. Others' need the permission to view subscriptions."""
        query = AccessParameters.accept(request.query_params.dict())
        user = user_in_path(self.user, id)
        now = clock.now()
        found = _deciding(user, query.get("plan"))
        return Response(AccessSerializer(_access(user, found, now), context={"now": now}).data)


def _deciding(user: AbstractUser, plan: int | None) -> Subscription | None:
    """Return the subscription that ends last; one that was ended early has its end moved to that instant."""
    own = Subscription.objects.filter(user=user.pk, **({"plan": plan} if plan else {}))
    return with_timestamps(own.select_related("plan")).order_by("-end_date", "-pk").first()


def _access(user: AbstractUser, subscription: Subscription | None, now: datetime) -> dict[str, Any]:
    live = subscription is not None and subscription.expired_at is None and subscription.end_date > now
    reason = ("live" if live else "ended") if subscription else "none"
    return {
        "user": in_json(user.pk),
        "access": live and user.is_active,
        "until": subscription.end_date if subscription else None,
        "reason": reason if user.is_active else "deactivated",
        "subscription": subscription,
    }


@example({"id": 7, "external_user_id": "crm-7"})
class UserSerializer(serializers.Serializer[Any]):
    """A user, without personal data."""

    id = serializers.JSONField(help_text="the user's id")
    external_user_id = serializers.CharField(allow_null=True)


@example({"external_user_id": "crm-7"})
class UserChangeSerializer(StrictSerializer):
    """What a service knows a user by."""

    external_user_id = TextField(max_length=255, allow_null=True, help_text="unique; null for none")


class UserDetail(PrivateEndpoint):
    """A user."""

    http_method_names = ["get", "head", "patch"]
    throttle_classes = [ChangeThrottle]
    scopes = {"GET": USERS_READ, "PATCH": USERS_WRITE}

    @documented(
        operation_id="users_retrieve",
        parameters=[USER_ID, CHALLENGE],
        responses={200: UserSerializer} | problems(401, 403, 404),
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the API's path
        """Return a user by id, or by `external:` and the id by which a service knows them."""
        return Response(_user(user_in_path(self.user, id)))

    @documented(
        operation_id="users_update",
        parameters=[USER_ID, CHALLENGE, RETRY_AFTER],
        request=UserChangeSerializer,
        responses={200: UserSerializer}
        | problems(400, 401, 403, 404, 413, 415, 429)
        | problem(409, "Another user has this external_user_id: `external-user-id-taken`."),
    )
    def patch(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the API's path
        """Set the id by which a service knows the user. Needs the permission to change profiles."""
        wish = UserChangeSerializer.accept(request.data)
        require_permission(self.user, CHANGE)
        user = user_in_path(self.user, id)
        profile = profile_of(user)
        try:
            with transaction.atomic():
                type(profile).objects.filter(pk=profile.pk).update(external_user_id=wish["external_user_id"] or None)
        except IntegrityError as error:
            raise ExternalUserIdTaken from error
        return Response(_user(user))


def _user(user: AbstractUser) -> dict[str, Any]:
    external = Profile.objects.filter(user=user.pk).values_list("external_user_id", flat=True).first()
    return {"id": in_json(user.pk), "external_user_id": external}


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
        return Response({**_user(user), "username": user.get_username(), "token": shown})


def _token(token: TokenCredentials) -> dict[str, Any]:
    shown = {"name": token.name, "key": token.key, "scopes": token.scope_names(), "expires_at": token.expires_at}
    return dict(TokenSerializer(shown).data)
