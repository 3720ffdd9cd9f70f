"""Endpoint of a user, and of the id by which a service knows them."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Profile
from accounts.models.profile import LONGEST_EXTERNAL_USER_ID
from accounts.profiles import profile_of
from foundation.api.documentation import (
    CHALLENGE,
    ETAG,
    IF_MATCH,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    RETRY_AFTER,
    documented,
    problem,
    problems,
)
from foundation.api.examples import example
from foundation.api.permissions import require_permission
from foundation.api.preconditions import entity_tag, is_conditional, require_match, tagged, tagged_unless_known
from foundation.api.serializers import StrictSerializer, TextField
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import PrivateEndpoint
from foundation.orm.key import in_json
from subscriptions.api.scopes import USERS_READ, USERS_WRITE
from subscriptions.api.users import user_in_path

CHANGE = "accounts.change_profile"
USER_ID = OpenApiParameter(
    "id", str, OpenApiParameter.PATH, description="the user's id, or `external:` and their `external_user_id`"
)


class ExternalUserIdTaken(APIException):
    """Another user has the id."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "Another user has this external_user_id. Give theirs up first: PATCH it with null."
    problem = "external-user-id-taken"


@example({"id": 7, "external_user_id": "crm-7"})
class UserSerializer(serializers.Serializer[Any]):
    """A user, without personal data."""

    id = serializers.JSONField(help_text="the user's id")
    external_user_id = serializers.CharField(allow_null=True)


@example({"external_user_id": "crm-7"})
class UserChangeSerializer(StrictSerializer):
    """What a service knows a user by."""

    external_user_id = TextField(
        max_length=LONGEST_EXTERNAL_USER_ID, allow_null=True, help_text="unique; null for none"
    )


class UserDetail(PrivateEndpoint):
    """A user."""

    http_method_names = ["get", "head", "patch"]
    throttle_classes = [ChangeThrottle]
    scopes = {"GET": USERS_READ, "PATCH": USERS_WRITE}

    @documented(
        operation_id="users_retrieve",
        parameters=[USER_ID, ETAG, IF_NONE_MATCH, CHALLENGE],
        responses={200: UserSerializer} | NOT_MODIFIED | problems(401, 403, 404),
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the API's path
        """Return a user by id, or by `external:` and the id by which a service knows them."""
        return tagged_unless_known(request, user_as_json(user_in_path(self.user, id)))

    @documented(
        operation_id="users_update",
        parameters=[USER_ID, ETAG, IF_MATCH, CHALLENGE, RETRY_AFTER],
        request=UserChangeSerializer,
        responses={200: UserSerializer}
        | problems(400, 401, 403, 404, 412, 413, 415, 429)
        | problem(409, "Another user has this external_user_id: `external-user-id-taken`."),
    )
    def patch(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the API's path
        """Set the id by which a service knows the user. Needs the permission to change profiles."""
        wish = UserChangeSerializer.accept(request.data)
        require_permission(self.user, CHANGE)
        user = user_in_path(self.user, id)
        profile_of(user)
        try:
            with transaction.atomic():
                _set_external_user_id(request, user, wish["external_user_id"] or None)
        except IntegrityError as error:
            raise ExternalUserIdTaken from error
        return tagged(user_as_json(user))


def _set_external_user_id(request: Request, user: AbstractUser, external: str | None) -> None:
    """Write the id if the user is as the request expects. Raises Http404 for one who was erased meanwhile."""
    profiles = Profile.objects.filter(user=user.pk, erased_at__isnull=True)
    if is_conditional(request):
        profiles.select_for_update().first()
        require_match(request, entity_tag(user_as_json(user)))
    if not profiles.update(external_user_id=external):
        raise Http404


def user_as_json(user: AbstractUser) -> dict[str, Any]:
    external = Profile.objects.filter(user=user.pk).values_list("external_user_id", flat=True).first()
    return {"id": in_json(user.pk), "external_user_id": external}
