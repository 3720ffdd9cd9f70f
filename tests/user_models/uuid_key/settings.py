"""Test settings with another user model."""

from tests.settings import *  # noqa: F403

AUTH_USER_MODEL = "uuid_key.Person"
INSTALLED_APPS = ["tests.user_models.uuid_key", *INSTALLED_APPS]  # noqa: F405
