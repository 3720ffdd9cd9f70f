"""Users as the API names them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Profile
from accounts.models.profile import LONGEST_EXTERNAL_USER_ID
from foundation.api.pagination import PageParameters
from foundation.api.permissions import require_permission
from foundation.api.serializers import StrictSerializer, TextField
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from subscriptions.errors import UnknownUser
from subscriptions.models import Subscription
from subscriptions.models.subscription import SubscriptionQuerySet

ALL = "all"
USER_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
WITHOUT_NUL = r"^[^\x00]*$"
"""Text that a database can hold, which Django REST framework refuses otherwise without saying so in the schema."""
VIEW = "subscriptions.view_subscription"


EXTERNAL = "external:"
"""Beginning of a path segment that names a user by their `external_user_id`."""


@extend_schema_field({"type": ["integer", "string"], "minimum": 1, "minLength": 1, "maxLength": 64, "example": 7})
class UserKeyField(serializers.Field[Any, Any, Any, Any]):
    """Primary key of a user in a JSON body: a number, or a text where the user model has one."""

    default_error_messages = {"invalid": "State a number or a text."}

    def to_internal_value(self, data: Any) -> str:
        """Return the key as a text. Raises ValidationError. JSON has a single number type, so 7.0 is accepted."""
        is_whole = isinstance(data, float) and data.is_integer()
        if type(data) not in (int, str) and not is_whole:
            self.fail("invalid")
        return str(int(data) if is_whole else data)


ONE_NAME = {"not": {"required": ["user", "external_user_id"], "properties": {"user": {}, "external_user_id": {}}}}
"""Schema's rule for a body that names a user. Without `properties`, linters take the names for misspelt ones."""


class NamedUserSerializer(StrictSerializer):
    """Body that names the user it is for, once; a service names others."""

    schema_rule: Mapping[str, Any] = ONE_NAME
    user = UserKeyField(required=False, help_text="the user who gets it; left out: you")
    external_user_id = TextField(
        required=False,
        max_length=LONGEST_EXTERNAL_USER_ID,
        help_text="the user whom a service knows by this id, instead of `user`",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two names for the user."""
        if "user" in attrs and "external_user_id" in attrs:
            raise serializers.ValidationError({"external_user_id": ["Name the user once."]})
        return attrs


class UserFilters(PageParameters):
    """Query parameters of a list of what belongs to users. Names of one user narrow it together."""

    user = serializers.RegexField(
        USER_PATTERN, required=False, help_text="a user's id, or `all`; others' need the permission to view them"
    )
    external_user_id = serializers.RegexField(
        WITHOUT_NUL,
        required=False,
        trim_whitespace=False,
        max_length=LONGEST_EXTERNAL_USER_ID,
        help_text="the user whom a service knows by this id",
    )


def read_key(text: str) -> Key | None:
    """Return the primary key that the text stands for, or None if no user can have it."""
    try:
        key: Key = get_user_model()._meta.pk.to_python(text)
    except (ValidationError, ValueError):
        return None
    return None if isinstance(key, int) and not 1 <= key < 2**63 else key


def find_user(key: Key | None) -> AbstractUser:
    """Return the user. Raises UnknownUser, also for one who was erased, and for the key that nobody can have: None."""
    users = get_user_model()._base_manager.exclude(profile__erased_at__isnull=False)
    user: AbstractUser | None = users.filter(any_of("pk", _keys(key))).first()
    if user is None:
        raise UnknownUser("no user has this id; GET /api/v1/users/external:ID finds one by your own id")
    return user


def _keys(key: Key | None) -> list[Key]:
    return [] if key is None else [key]


def key_of_external(external_user_id: str) -> Key | None:
    """Return the primary key of the user whom a service knows by this id, or None."""
    known = Profile.objects.filter(external_user_id=external_user_id).values_list("user_id", flat=True)
    return known.first()


def find_external_user(external_user_id: str) -> AbstractUser:
    """Return the user whom a service knows by this id. Raises UnknownUser."""
    key = key_of_external(external_user_id)
    if key is None:
        raise UnknownUser(f"no user has the external_user_id {external_user_id}; set it by PATCH /api/v1/users/ID")
    return find_user(key)


def user_named(caller: AbstractUser, named: str | None, external: str | None, permission: str) -> AbstractUser:
    """Return the user whom a body names, by default the caller.

    Raises UnknownUser, and MissingPermission for others without the permission.
    """
    key = caller.pk if named is None else read_key(named)
    if external or key != caller.pk:
        require_permission(caller, permission)
    if external:
        return find_external_user(external)
    return caller if key == caller.pk else find_user(key)


def user_in_path(caller: AbstractUser, text: str) -> AbstractUser:
    """Return the user whom a path names: the caller, or anybody for holders of VIEW. Raises Http404."""
    is_external = text.startswith(EXTERNAL) and "\0" not in text
    key = key_of_external(text.removeprefix(EXTERNAL)) if is_external else read_key(text)
    if key is None or (key != caller.pk and not caller.has_perm(VIEW)):
        raise Http404
    try:
        return find_user(key)
    except UnknownUser as error:
        raise Http404 from error


def subscriptions_of(caller: AbstractUser, wanted: str | None, external: str | None = None) -> SubscriptionQuerySet:
    """Return the subscriptions of the user whom all the names stand for, of all users, or by default the caller's own.

    An id that nobody has finds none. Raises MissingPermission for others' without VIEW.
    """
    return owned_by(Subscription.objects.all(), caller, wanted, external, permission=VIEW)


Rows = TypeVar("Rows", bound=QuerySet[Any])


def owned_by(
    rows: Rows, caller: AbstractUser, wanted: str | None, external: str | None, *, permission: str, path: str = "user"
) -> Rows:
    """Return the rows of the user whom all the names stand for, of all users, or by default the caller's own.

    An id that nobody has finds none. `path` leads from a row to its user. Raises MissingPermission for others' without
    the permission.
    """
    named = str(caller.pk) if wanted is None and external is None else wanted or ALL
    key = None if named == ALL else read_key(named)
    if external is not None or key != caller.pk:
        require_permission(caller, permission)
    if external is not None:
        rows = rows.filter(**{f"{path}__profile__external_user_id": external})
    return rows if named == ALL else rows.filter(any_of(path, _keys(key)))
