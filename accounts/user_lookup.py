"""Look-up of the user whom an operator names."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError


def find_user(named: str, *, is_key: bool = False) -> AbstractBaseUser | None:
    """Return the user with this name, or with this primary key as text; None if there is none."""
    model = get_user_model()
    field = "pk" if is_key else model.USERNAME_FIELD
    try:
        value = model._meta.pk.to_python(named) if is_key else named
    except ValidationError:
        return None
    found: AbstractBaseUser | None = model._base_manager.filter(**{field: value}).first()
    return found
