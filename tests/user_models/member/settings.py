"""Test settings with another user model."""

from tests.settings import *  # noqa: F403

AUTH_USER_MODEL = "member.Member"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.user_models.member"]  # noqa: F405
