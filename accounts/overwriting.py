"""Overwriting of a user's row. It keeps its key, to which history and figures refer."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import (
    CharField,
    DateField,
    DateTimeField,
    Field,
    FileField,
    GenericIPAddressField,
    JSONField,
    TextField,
)

UserModel = get_user_model()
NAME = UserModel.USERNAME_FIELD
EMAIL = UserModel.get_email_field_name()
RIGHTS = ("is_active", "is_staff", "is_superuser")
PERSONAL_FIELDS = (CharField, TextField, DateField, FileField, GenericIPAddressField, JSONField)
"""Kinds of fields that may name a person; a date may be that of birth. Instants and numbers are figures."""

ERASED_DOMAIN = "erased.invalid"
"""Domain of an address that must be there. It never resolves: RFC 2606, section 2."""


def erased_address(pseudonym: str) -> str:
    """Return what replaces an address that must be there."""
    return f"{pseudonym}@{ERASED_DOMAIN}"


def old_values(user: AbstractBaseUser) -> set[str]:
    """Return the name, the address and the other unique texts of the user, by which other rows may name them."""
    named = {NAME, EMAIL, "unconfirmed_email"}
    found = {
        field.value_from_object(user)
        for field in UserModel._meta.concrete_fields
        if _is_personal(field) and (field.name in named or field.unique)
    }
    return {value for value in found if isinstance(value, str) and value}


def overwrite(user: AbstractBaseUser, pseudonym: str) -> None:
    """Replace everything personal in the user's row, and take every right and the password.

    Relations and files stay: an app with such fields registers a part of its own.
    """
    fields = {field.name: field for field in UserModel._meta.concrete_fields}
    values = {name: _replacement(field, pseudonym) for name, field in fields.items() if _is_personal(field)}
    values[NAME] = _name(fields[NAME], pseudonym)
    values |= {name: False for name in RIGHTS if name in fields}
    UserModel._base_manager.filter(pk=user.pk).update(**values, password=make_password(None), last_login=None)
    for relation in ("groups", "user_permissions"):
        if hasattr(user, relation):
            getattr(user, relation).clear()


def _is_personal(field: "Field[Any, Any]") -> bool:
    fixed = field.primary_key or field.is_relation or field.choices or isinstance(field, DateTimeField)
    return isinstance(field, PERSONAL_FIELDS) and not fixed and field.name != "password"


def _replacement(field: "Field[Any, Any]", pseudonym: str) -> Any:
    if field.null:
        return None
    if field.unique or not field.empty_strings_allowed:
        return _name(field, pseudonym) if field.empty_strings_allowed else field.get_default()
    return ""


def _name(field: "Field[Any, Any]", pseudonym: str) -> str:
    name = erased_address(pseudonym) if field.name == EMAIL else pseudonym
    return name[: field.max_length]
