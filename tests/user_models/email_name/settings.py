"""Test settings with another user model."""

from tests.settings import *  # noqa: F403

AUTH_USER_MODEL = "email_name.Account"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.user_models.email_name"]  # noqa: F405
