"""Users in the paths of the admin, whatever their model's primary key."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404

User = get_user_model()


def user_or_404(key: str) -> AbstractUser:
    """Return the user with this primary key. Raises Http404."""
    try:
        return get_object_or_404(User._base_manager, pk=User._meta.pk.to_python(key))
    except ValidationError as error:
        raise Http404 from error
