"""Fieldsets of Django's user admin for user models with other fields."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import FieldDoesNotExist

AS_DJANGO_HAS_IT: Any = UserAdmin
"""Attributes may be much else by their types, but are lists of names here."""

Section = tuple[Any, tuple[str, ...]]
"""A heading and the names of its fields."""


def user_pages(model: type[AbstractUser]) -> dict[str, Any]:
    """Return the attributes by which `UserAdmin` describes Django's own user model, for this one.

    Fields that it lacks are left out, fields of its own stand among the personal ones.
    """
    return {
        "fieldsets": [(title, {"fields": names}) for title, names in _sections(model) if names],
        "add_fieldsets": [(None, {"classes": ("wide",), "fields": (*_required(model), *PASSWORDS)})],
        "list_display": _known(model, AS_DJANGO_HAS_IT.list_display),
        "ordering": (model.USERNAME_FIELD,),
    }


PASSWORDS = ("usable_password", "password1", "password2")
"""Password fields of the form that creates a user."""


def has_field(model: type[AbstractUser], name: str) -> bool:
    """Return True if the model has a field of this name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _sections(model: type[AbstractUser]) -> list[Section]:
    login, personal, *others = [
        (title, _known(model, options["fields"])) for title, options in AS_DJANGO_HAS_IT.fieldsets
    ]
    elsewhere = {name for _title, names in (login, *others) for name in names}
    own = [name for name in dict.fromkeys((*personal[1], *_editable(model))) if name not in elsewhere]
    return [login, (personal[0], tuple(own)), *others]


def _known(model: type[AbstractUser], names: Iterable[str]) -> tuple[str, ...]:
    here = {"username": model.USERNAME_FIELD, "email": model.get_email_field_name()}
    found = dict.fromkeys(here.get(name, name) for name in names)
    return tuple(name for name in found if has_field(model, name))


def _required(model: type[AbstractUser]) -> tuple[str, ...]:
    names = (model.USERNAME_FIELD, *model.REQUIRED_FIELDS)
    return tuple(field.name for field in model._meta.concrete_fields if field.name in names and not field.blank)


def _editable(model: type[AbstractUser]) -> list[str]:
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    return [field.name for field in fields if field.editable and not field.primary_key]
